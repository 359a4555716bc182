"""The contract of every ToolRuns."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.memory.tool_runs import MemoryToolRuns
from adapters.sql.tool_runs import SqlToolRuns
from ports.cipher import Sealed
from ports.retention import ID_BYTES, REFUSED
from ports.tool_runs import NOT_KEPT, RUN_BYTES, RunBounds, RunState, ToolRunStore, ToolRunsUnavailable
from tests.contracts.artifact_cases import DAY, HERE, ulid
from tests.contracts.tool_run_cases import KEPT, finished, run

TOOL_RUNS: tuple[type[ToolRunStore], ...] = (MemoryToolRuns, SqlToolRuns)


@pytest.fixture
def runs(database) -> ToolRunStore:
    return MemoryToolRuns() if database is None else SqlToolRuns(database)


async def unsettled(runs: ToolRunStore, *turns: int, owner: str = "ann", chat: str = "", limit: int = 100) -> list:
    found = await runs.unsettled(HERE, owner, chat_id=chat, turn_ids=[ulid(turn) for turn in turns], limit=limit)
    return list(found)


async def test_a_run_is_new_once(runs):
    assert await runs.start([run(1, 1), run(1, 2)]) == {"call-1", "call-2"}
    assert await runs.start([run(1, 2), run(1, 3)]) == {"call-3"}


async def test_a_finished_run_is_not_new(runs):
    await runs.start([run(1, 1)])
    await runs.finish([run(1, 1)])
    assert await runs.start([run(1, 1)]) == frozenset()


@pytest.mark.parametrize(
    "changes", [{"arguments_hash": "cd" * 32}, {"turn_id": ulid(2)}, {"namespace": "other"}, {"call_id": "call-2"}]
)
async def test_a_run_with_another_key_is_new(runs, changes):
    await runs.start([run(1, 1)])
    assert len(await runs.start([replace(run(1, 1), **changes)])) == 1


async def test_starting_no_runs_returns_no_new_ones(runs):
    assert await runs.start([]) == frozenset()
    await runs.finish([])


async def test_a_started_run_is_found_as_it_was_stored(runs):
    await runs.start([run(1, 1)])
    assert await unsettled(runs, 1) == [run(1, 1)]


async def test_a_run_passed_as_finished_is_stored_as_started(runs):
    await runs.start([run(1, 1, state=RunState.FINISHED)])
    assert await unsettled(runs, 1) == [run(1, 1)]


async def test_call_ids_that_databases_refuse_stay_distinct(runs):
    odd = [run(1, 1, call_id=call) for call in ("a\0", "a\ud800", "a\\0000", "")]
    assert await runs.start(odd) == {"a\0", "a\ud800", "a\\0000", ""}
    assert await runs.start(odd) == frozenset()
    assert {one.call_id for one in await unsettled(runs, 1)} == {"a\0", "a\ud800", "a\\0000", ""}


async def test_a_run_passed_with_a_result_starts_without_one(runs):
    await runs.start([finished(1, 1)])
    assert await unsettled(runs, 1) == [run(1, 1)]


@pytest.mark.parametrize("kept", [KEPT, NOT_KEPT, Sealed(b"\x00" * 200_000, "odd\0\ud800", 7, 2**40)])
async def test_a_finished_run_is_found_with_its_stored_result(runs, kept):
    await runs.start([run(1, 1), run(1, 2)])
    await runs.finish([finished(1, 2, kept=kept), finished(1, 3)])
    assert await unsettled(runs, 1) == [run(1, 1), finished(1, 2, kept=kept)]


async def test_a_finished_run_without_a_stored_result_is_not_unsettled(runs):
    await runs.start([run(1, 1), run(1, 2)])
    await runs.finish([run(1, 2)])
    assert await unsettled(runs, 1, chat="chat-1") == [run(1, 1)]


async def test_the_first_result_of_a_run_is_kept(runs):
    await runs.start([run(1, 1)])
    await runs.finish([finished(1, 1)])
    await runs.finish([finished(1, 1, kept=NOT_KEPT)])
    assert await unsettled(runs, 1) == [finished(1, 1)]


async def test_runs_of_a_settled_turn_are_not_unsettled_finished_or_not(runs):
    await runs.start([run(1, 1), run(1, 2), run(2, 1), run(1, 3, namespace="other")])
    await runs.finish([finished(1, 1), finished(2, 1)])
    await runs.settle(HERE, ulid(1))
    assert await unsettled(runs, 1, 2, chat="chat-1") == [finished(2, 1)]
    assert len(await runs.unsettled("other", "ann", chat_id="chat-1", turn_ids=[], limit=9)) == 1


async def test_a_settled_run_stays_known_and_settled(runs):
    await runs.start([run(1, 1)])
    await runs.settle(HERE, ulid(1))
    await runs.finish([finished(1, 1)])
    assert await runs.start([run(1, 1)]) == frozenset()
    assert await unsettled(runs, 1) == []


async def test_settling_a_turn_without_runs_changes_nothing(runs):
    await runs.settle(HERE, "\0")
    await runs.settle(HERE, ulid(9))
    assert await unsettled(runs, 9) == []


async def test_finished_runs_are_deleted_with_their_age_their_chat_and_their_owner(runs):
    kept = [finished(1, 1), finished(2, 1, chat_id="chat-2"), finished(3, 1, user_id="bob")]
    await runs.start(kept)
    await runs.finish(kept)
    assert await runs.delete_chat(HERE, "chat-2", 9) == 1
    assert await runs.delete_person(HERE, "bob", 9) == 1
    assert await unsettled(runs, 1, 2, 3) == [finished(1, 1)]
    assert await runs.delete_before(HERE, DAY + timedelta(days=1), 9) == 1
    assert await unsettled(runs, 1, 2, 3) == []


async def test_runs_are_found_by_chat_or_by_turn_each_once_the_oldest_first(runs):
    await runs.start([run(3, 1), run(1, 1, chat_id=""), run(2, 1, chat_id="chat-2"), run(4, 1, chat_id="")])
    found = await unsettled(runs, 1, 3, chat="chat-1")
    assert [one.turn_id for one in found] == [ulid(1), ulid(3)]
    assert [one.turn_id for one in await unsettled(runs, 1, 3, chat="chat-1", limit=1)] == [ulid(3)]


async def test_an_empty_chat_finds_nothing(runs):
    await runs.start([run(1, 1, chat_id="")])
    assert await unsettled(runs, chat="") == []


async def test_runs_of_another_owner_are_never_found(runs):
    await runs.start([run(1, 1, user_id="bob")])
    assert await unsettled(runs, 1, chat="chat-1") == []
    assert await runs.unsettled("other", "bob", chat_id="chat-1", turn_ids=[ulid(1)], limit=9) == ()


async def test_thousands_of_turns_are_looked_up_at_once(runs):
    await runs.start([run(7, 1)])
    found = await runs.unsettled(HERE, "ann", chat_id="x", turn_ids=["\0", *map(ulid, range(5_000))], limit=9)
    assert found == (run(7, 1),)


async def test_old_runs_are_deleted_in_batches_oldest_first(runs):
    await runs.start([run(turn, 1) for turn in (3, 1, 2, 4)])
    before = DAY + timedelta(minutes=4)
    assert await runs.delete_before(HERE, before, 2) == 2
    assert [one.turn_id for one in await unsettled(runs, 1, 2, 3, 4)] == [ulid(3), ulid(4)]
    assert [await runs.delete_before(HERE, before, 2) for _ in range(2)] == [1, 0]
    assert await runs.delete_before("other", DAY + timedelta(days=1), 2) == 0


async def test_chats_are_listed_in_order_with_their_newest_run(runs):
    chats = ((1, "b"), (2, "a"), (3, "b"), (4, ""), (5, "C"))
    await runs.start([run(turn, 0, chat_id=chat) for turn, chat in chats])
    first, last = await runs.chats(HERE, "", 2), await runs.chats(HERE, "a", 2)
    minutes = [(chat.chat_id, (chat.newest - DAY) / timedelta(minutes=1)) for chat in (*first, *last)]
    assert minutes == [("C", 5), ("a", 2), ("b", 3)]
    assert await runs.chats("other", "", 2) == ()


@pytest.mark.parametrize("odd", ["\\", "a\0b", "\ud800", "模"])
async def test_chat_ids_that_databases_refuse_are_listed_and_deleted(runs, odd):
    await runs.start([run(1, 1, chat_id=odd)])
    assert [chat.chat_id for chat in await runs.chats(HERE, "", 9)] == [odd]
    assert await runs.delete_chat(HERE, odd, 9) == 1
    assert await runs.chats(HERE, "", 9) == ()


async def test_a_chats_runs_are_deleted_in_batches_finished_or_not(runs):
    await runs.start([*(run(1, call) for call in range(5)), run(2, 1, chat_id="chat-2")])
    await runs.finish([run(1, 1)])
    assert [await runs.delete_chat(HERE, "chat-1", 3) for _ in range(3)] == [3, 2, 0]
    assert await runs.delete_chat("other", "chat-2", 3) == 0
    assert await unsettled(runs, 1, 2) == [run(2, 1, chat_id="chat-2")]


async def test_runs_of_a_user_are_deleted_in_batches_finished_or_not(runs):
    await runs.start([*(run(1, call) for call in range(5)), run(2, 1, user_id="bob")])
    await runs.finish([run(1, 1)])
    assert [await runs.delete_person(HERE, "ann", 3) for _ in range(3)] == [3, 2, 0]
    assert await runs.delete_person("other", "bob", 3) == 0
    assert await unsettled(runs, 1, 2, owner="bob") == [run(2, 1, user_id="bob")]


async def test_a_run_is_new_in_exactly_one_of_many_tasks(runs):
    results = await asyncio.gather(*(runs.start([run(1, 2), run(1, 1)][:: 1 - 2 * (n % 2)]) for n in range(12)))
    assert sorted(call for new in results for call in new) == ["call-1", "call-2"]


async def test_memory_evicts_finished_runs_first_and_unfinished_ones_never():
    runs = MemoryToolRuns(most=2)
    await runs.start([run(1, 1), run(1, 2)])
    await runs.finish([run(1, 2)])
    await runs.start([run(1, 3)])
    assert [one.call_id for one in await unsettled(runs, 1)] == ["call-1", "call-3"]
    with pytest.raises(ToolRunsUnavailable):
        await runs.start([run(1, 4)])


@pytest.mark.parametrize("which", ["call_id", "chat_id", "message_id", "user_id", "name"])
async def test_a_run_with_a_long_id_is_refused_and_nothing_is_stored(runs, which):
    long = "".join(f"{n:05d}" for n in range(2_000))
    with pytest.raises(ToolRunsUnavailable) as refused:
        await runs.start([run(1, 1), run(1, 2, **{which: long})])
    assert refused.value.reason == REFUSED
    assert await unsettled(runs, 1) == []


@pytest.mark.parametrize("letter", ["a", "\0", "\\", "\u6a21", "\U0001f600"])
async def test_a_run_with_the_longest_ids_is_stored(runs, letter):
    longest = letter * (ID_BYTES // len(letter.encode()))
    whole = run(1, 1, call_id=longest, chat_id=longest, message_id=longest, user_id=longest, name=longest)
    assert await runs.start([whole]) == {longest}
    assert await unsettled(runs, owner=longest, chat=longest) == [whole]


async def test_memory_lets_go_of_runs_that_started_long_ago():
    runs = MemoryToolRuns(lifetime=timedelta(hours=1))
    await runs.start([run(1, 1), run(2, 1, chat_id="")])
    await runs.start([run(62, 1, user_id="bob")])
    assert await unsettled(runs, 1, 2) == [run(2, 1, chat_id="")]


async def test_memory_refuses_only_the_person_whose_runs_do_not_end():
    runs = MemoryToolRuns(most_each=400, most=1_000)
    for turn in range(40):
        await runs.start([run(turn, call) for call in range(10)])
    with pytest.raises(ToolRunsUnavailable):
        await runs.start([run(41, 1)])
    assert await runs.start([run(42, 1, user_id="bob")]) == {"call-1"}
    await runs.delete_chat(HERE, "chat-1", 1)
    assert await runs.start([run(41, 1)]) == {"call-1"}


async def test_memory_evicts_finished_runs_of_the_person_who_has_too_many():
    runs = MemoryToolRuns(most_each=2)
    await runs.start([run(1, 1, user_id="bob")])
    await runs.finish([run(1, 1, user_id="bob", kept=KEPT)])
    for call in range(2, 6):
        await runs.start([run(1, call)])
        await runs.finish([run(1, call, kept=KEPT)])
    assert [one.call_id for one in await unsettled(runs, 1)] == ["call-4", "call-5"]
    assert len(await unsettled(runs, 1, owner="bob")) == 1


def bounds(most_rows: int = 99, most_bytes: int = 10**9, *, idle: int = 0, spared: str = "") -> RunBounds:
    return RunBounds(most_bytes, most_rows, DAY + timedelta(minutes=idle), spared)


async def left(runs: ToolRunStore, owner: str = "ann") -> set[tuple[int, int]]:
    """Return the runs of turns 1 to 9 that are still known: starting them again is what shows it."""
    found = set()
    for turn in range(1, 10):
        for call in (1, 2):
            if not await runs.start([run(turn, call, user_id=owner)]):
                found.add((turn, call))
    return found


async def test_beyond_its_rows_an_owner_loses_the_oldest_finished_runs(runs):
    for turn in range(1, 6):
        await runs.start([run(turn, 1)])
        await runs.finish([finished(turn, 1)])
    assert await runs.trim(HERE, "ann", bounds(2), 99) == 3
    assert await runs.trim(HERE, "ann", bounds(2), 99) == 0
    assert await left(runs) == {(4, 1), (5, 1)}


async def test_beyond_its_bytes_an_owner_loses_the_oldest_results_large_ones_or_many(runs):
    large = Sealed(b"x" * 10_000, "key", 1, 10_000)
    for turn in range(1, 6):
        await runs.start([run(turn, 1)])
        await runs.finish([finished(turn, 1, kept=large)])
    assert await runs.trim(HERE, "ann", bounds(most_bytes=3 * (10_000 + RUN_BYTES)), 99) == 2
    assert await left(runs) == {(3, 1), (4, 1), (5, 1)}


async def test_a_run_that_may_still_run_is_never_deleted_however_many_there_are(runs):
    for turn in range(1, 6):
        await runs.start([run(turn, 1)])
    await runs.finish([finished(2, 1)])
    assert await runs.trim(HERE, "ann", bounds(1), 99) == 1
    assert await left(runs) == {(1, 1), (3, 1), (4, 1), (5, 1)}


async def test_a_run_that_never_finished_goes_once_it_cannot_run_any_more(runs):
    for turn in range(1, 6):
        await runs.start([run(turn, 1)])
    assert await runs.trim(HERE, "ann", bounds(1, idle=3), 99) == 2
    assert await left(runs) == {(3, 1), (4, 1), (5, 1)}


async def test_runs_of_a_turn_that_is_spared_and_of_others_stay(runs):
    for turn, owner, here in ((1, "ann", HERE), (2, "ann", HERE), (3, "bob", HERE), (4, "ann", "other")):
        await runs.start([run(turn, 1, user_id=owner, namespace=here)])
        await runs.finish([finished(turn, 1, user_id=owner, namespace=here)])
    assert await runs.trim(HERE, "ann", bounds(0, spared=ulid(1)), 99) == 1
    assert await runs.unsettled("other", "ann", chat_id="chat-1", turn_ids=[], limit=9) != ()
    assert await runs.unsettled(HERE, "bob", chat_id="chat-1", turn_ids=[], limit=9) != ()
    assert await unsettled(runs, 1, 2) == [finished(1, 1)]


async def test_runs_of_settled_turns_count_and_go_too(runs):
    for turn in range(1, 5):
        await runs.start([run(turn, 1), run(turn, 2)])
        await runs.settle(HERE, ulid(turn))
    assert await runs.trim(HERE, "ann", bounds(3), 99) == 5
    assert await left(runs) == {(3, 2), (4, 1), (4, 2)}


async def test_one_trim_deletes_no_more_than_its_limit_the_oldest_first(runs):
    for turn in range(1, 6):
        await runs.start([run(turn, 1)])
        await runs.finish([finished(turn, 1)])
    assert [await runs.trim(HERE, "ann", bounds(1), 3) for _ in range(3)] == [3, 1, 0]
    assert await left(runs) == {(5, 1)}

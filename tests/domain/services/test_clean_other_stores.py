"""The cleanup also deletes old tool runs and breakers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.breakers.policy import FORGET_AFTER_SECONDS
from domain.services.sweep_chats import BATCH, CHATS_ASKED
from ports.breaker_state import BreakerStateUnavailable
from tests.contracts.artifact_cases import HERE, row, ulid
from tests.contracts.tool_run_cases import run
from tests.domain.services.cleaning import NEW, OLD, PLAN, Place
from tests.doubles.breaker_state import TroubledBreakerState
from tests.doubles.clock import START

SECOND = timedelta(seconds=1)


class DownBreakerState(TroubledBreakerState):
    """Deletes nothing."""

    async def delete_before(self, before: object, limit: int) -> int:
        raise BreakerStateUnavailable("unreachable")


async def runs_left(place: Place, *turns: int, namespace: str = HERE) -> list[str]:
    ids = [ulid(turn) for turn in turns]
    left = await place.tool_runs.unsettled(namespace, "ann", chat_id="", turn_ids=ids, limit=9_999)
    return [one.turn_id for one in left]


async def test_tool_runs_of_deleted_chats_are_deleted_with_or_without_other_rows_of_the_chats() -> None:
    place = Place("chat-1")
    await place.put(row(2, 2, created_at=NEW, chat_id="deleted"))
    gone = [run(turn, 1, started_at=NEW, chat_id=chat) for turn, chat in ((2, "deleted"), (3, "also deleted"))]
    await place.tool_runs.start([run(1, 1, started_at=NEW), *gone])
    await place.clean()
    assert await runs_left(place, 1, 2, 3) == [ulid(1)]
    assert (place.count("of_deleted_chats"), place.count("tool_runs")) == ([1], [2])


async def test_one_pass_deletes_more_runs_than_a_batch_and_more_chats_than_a_page() -> None:
    place = Place()
    await place.tool_runs.start([run(1, call, started_at=NEW) for call in range(BATCH + 1)])
    chats = [run(n, 1, started_at=NEW, chat_id=f"deleted-{n}") for n in range(2, CHATS_ASKED + 3)]
    await place.tool_runs.start(chats)
    await place.clean(replace(PLAN, confirmed=f"host-1-{len(chats) + 1}"))
    assert place.count("tool_runs") == [BATCH + 1 + len(chats)]


@pytest.mark.parametrize("chat_id", ["", "channel:general"])
async def test_tool_runs_without_a_chat_of_the_host_stay(chat_id: str) -> None:
    place = Place()
    await place.tool_runs.start([run(1, 1, started_at=NEW, chat_id=chat_id)])
    await place.clean()
    assert await runs_left(place, 1) == [ulid(1)]


async def test_tool_runs_of_this_hour_stay_also_where_the_chat_left_rows_long_ago() -> None:
    place = Place()
    await place.put(row(1, 1, created_at=NEW))
    await place.tool_runs.start([run(2, 1, started_at=START - timedelta(minutes=59))])
    await place.clean()
    assert (await place.left(1), await runs_left(place, 2)) == ([], [ulid(2)])


async def test_no_tool_run_is_deleted_if_the_host_cannot_list_its_chats() -> None:
    place = Place()
    place.chats.broken = True
    await place.tool_runs.start([run(1, 1, started_at=NEW)])
    await place.clean()
    assert await runs_left(place, 1) == [ulid(1)]


async def test_rows_detached_from_their_chat_are_deleted_by_age_alone() -> None:
    place = Place()
    await place.put(row(1, 1, created_at=NEW), row(2, 2, created_at=OLD))
    await place.artifacts.unbind(HERE, [ulid(1), ulid(2)])
    await place.clean()
    assert await place.left(1, 2) == [1]


async def test_breakers_unchanged_for_long_are_deleted_however_many_there_are() -> None:
    place = Place()
    for number in range(BATCH + 1):
        await place.breakers.store(f"old:{number}", "x", 0, START - (FORGET_AFTER_SECONDS + 1) * SECOND)
    await place.breakers.store("young", "x", 0, START - (FORGET_AFTER_SECONDS - 60) * SECOND)
    await place.clean()
    assert [(await place.breakers.load(key))[0] for key in ("old:0", f"old:{BATCH}", "young")] == ["", "", "x"]
    assert place.count("breakers") == [BATCH + 1]


async def test_unreachable_breakers_are_logged_with_the_reason() -> None:
    place = Place()
    place.breakers = DownBreakerState()
    await place.clean()
    assert place.log.only("artifacts_not_cleaned").values["reason"] == "unreachable"

"""The cleanup deletes old rows and rows of deleted chats and reseals old keys, one process at a time."""

import asyncio
from datetime import timedelta

import pytest

from adapters.memory.leases import MemoryLeases
from domain.services.background_pass import FIRST_AFTER, LEASE_SECONDS
from domain.services.sweep_chats import BATCH, CHATS_ASKED
from ports.artifacts import ArtifactsUnavailable
from ports.leases import Lease, LeasesUnavailable
from ports.tool_runs import ToolRun
from tests.contracts.artifact_cases import HERE, row, turn_of, ulid
from tests.domain.services.cleaning import NEW, OLD, PLAN, Place
from tests.doubles.cipher import NamedKeyCipher
from tests.doubles.clock import START, settled, until

ELSEWHERE = "elsewhere_9f9f9f9f"


class BrokenLeases(MemoryLeases):
    """Grants leases but cannot release them."""

    async def release(self, lease: Lease) -> None:
        raise LeasesUnavailable("locked")


async def test_turns_that_were_not_read_for_long_are_deleted_and_others_stay() -> None:
    place = Place("chat-1")
    await place.put(row(1, 1, created_at=OLD), row(2, 2, created_at=NEW), row(3, 3, created_at=OLD, touched_at=NEW))
    await place.clean()
    assert await place.left(1, 2, 3) == [2, 3]
    assert place.count("old") == [1]


async def test_without_a_host_that_knows_the_chats_rows_are_deleted_by_age_alone() -> None:
    place = Place(has_host=False)
    await place.put(row(1, 1, created_at=OLD), row(2, 2, created_at=NEW))
    await place.clean()
    assert await place.left(1, 2) == [2]
    assert (place.count("old"), place.count("of_deleted_chats")) == ([1], [0])


async def test_one_pass_deletes_more_than_one_batch() -> None:
    place = Place("chat-1")
    await place.put(*(row(number, number, created_at=OLD) for number in range(2 * BATCH + 1)))
    await place.clean()
    assert place.count("old") == [2 * BATCH + 1]


async def test_pause_follows_each_batch() -> None:
    place = Place("chat-1")
    await place.put(*(row(number, number, created_at=OLD) for number in range(BATCH + 1)))
    task = asyncio.create_task(place.cleaning.clean(PLAN))
    await settled()
    assert len(await place.left(*range(BATCH + 1))) == 1
    await place.through(task)
    assert await place.left(*range(BATCH + 1)) == []


async def test_other_pipes_in_the_database_keep_theirs() -> None:
    place = Place()
    await place.put(row(1, 1, namespace=ELSEWHERE, created_at=OLD))
    await place.clean()
    assert await place.left(1, namespace=ELSEWHERE) == [1]


async def test_old_tool_runs_are_deleted() -> None:
    place = Place()
    runs = [ToolRun(HERE, ulid(n), "call", "ab", "look", "ann", at) for n, at in ((1, OLD), (2, NEW))]
    await place.tool_runs.start(runs)
    await place.clean()
    left = await place.tool_runs.unsettled(HERE, "ann", chat_id="", turn_ids=[ulid(1), ulid(2)], limit=9)
    assert [run.turn_id for run in left] == [ulid(2)]
    assert place.count("tool_runs") == [1]


async def test_rows_of_deleted_chats_are_deleted() -> None:
    place = Place("chat-1")
    await place.put(row(1, 1, created_at=NEW), *turn_of(2, BATCH + 1, created_at=NEW, chat_id="deleted"))
    await place.clean()
    assert await place.left(1, 2) == [1]
    assert place.count("of_deleted_chats") == [BATCH + 1]


async def test_all_chats_are_checked_however_many_there_are() -> None:
    names = [f"chat-{number:04d}" for number in range(2 * CHATS_ASKED + 1)]
    place = Place(*(name for number, name in enumerate(names) if number % 10))
    await place.put(*(row(n, n, chat_id=name, created_at=NEW) for n, name in enumerate(names)))
    await place.clean()
    assert await place.left(*range(len(names))) == [number for number in range(len(names)) if number % 10]


async def test_chat_younger_than_an_hour_keeps_its_rows() -> None:
    place = Place()
    await place.put(row(1, 1, created_at=OLD, touched_at=NEW), row(2, 2, created_at=START - timedelta(minutes=59)))
    await place.clean()
    assert await place.left(1, 2) == [1, 2]


@pytest.mark.parametrize("chat_id", ["", "channel:general"])
async def test_rows_without_a_chat_of_the_host_stay(chat_id: str) -> None:
    place = Place()
    await place.put(row(1, 1, chat_id=chat_id, created_at=NEW))
    await place.clean()
    assert await place.left(1) == [1]


async def test_nothing_is_deleted_if_the_host_cannot_list_its_chats() -> None:
    place = Place()
    place.chats.broken = True
    await place.put(row(1, 1, created_at=NEW), row(2, 2, created_at=OLD))
    await place.clean()
    assert await place.left(1, 2) == [1]


async def test_rows_of_an_older_key_are_resealed_once_for_each_key() -> None:
    place = Place("chat-1", key="key-2")
    older = NamedKeyCipher("key-1").seal(b"thought", secret=True)
    await place.put(*(row(number, number, sealed=older, created_at=NEW) for number in range(BATCH + 1)))
    await place.clean()
    await place.clean()
    assert place.count("resealed") == [BATCH + 1, 0]
    rows = await place.artifacts.find(HERE, "ann", turn_ids=[ulid(1)], fingerprints=[], limit=9)
    assert rows[0].sealed == NamedKeyCipher("key-2").seal(b"thought", secret=True)


async def test_rows_of_a_late_worker_are_sealed_anew_by_the_next_pass() -> None:
    place = Place("chat-1", key="key-2")
    older = NamedKeyCipher("key-1").seal(b"thought", secret=True)
    lost = NamedKeyCipher("lost").seal(b"thought", secret=True)
    await place.put(row(1, 1, sealed=older, created_at=NEW), row(2, 2, sealed=lost, created_at=NEW))
    await place.clean()
    await place.put(row(3, 3, sealed=older, created_at=NEW))
    await place.clean()
    await place.clean()
    await place.put(row(4, 4, sealed=older, created_at=NEW))
    await place.clean()
    assert place.count("resealed") == [1, 1, 0, 1]


async def test_the_log_says_whether_an_older_key_is_still_needed() -> None:
    place = Place("chat-1", key="key-2")
    older = NamedKeyCipher("key-1").seal(b"thought", secret=True)
    clear = NamedKeyCipher().seal(b"thought", secret=False)
    await place.put(row(1, 1, sealed=older, created_at=NEW), row(2, 2, sealed=clear, created_at=NEW))
    await place.clean()
    assert place.log.only("older_keys_not_needed").values == {"namespace": HERE, "keys": 0}
    await place.put(row(3, 3, sealed=NamedKeyCipher("lost").seal(b"thought", secret=True), created_at=NEW))
    place.cleaning = place.worker()
    await place.clean()
    assert place.log.only("older_keys_still_needed").values == {"namespace": HERE, "keys": 1}


async def test_a_pass_after_one_that_found_rows_looks_at_all_of_them_and_reports_again() -> None:
    place = Place("chat-1", key="key-2")
    older = NamedKeyCipher("key-1").seal(b"thought", secret=True)
    await place.put(row(5, 5, sealed=older, created_at=NEW))
    await place.clean()
    await place.put(row(2, 2, sealed=older, created_at=NEW))  # of a worker whose clock is slow
    await place.clean()
    assert place.count("resealed") == [1, 1]
    assert len(place.log.named("older_keys_not_needed")) == 2


async def test_one_of_several_processes_cleans() -> None:
    place = Place()
    await place.put(row(1, 1, created_at=OLD))
    workers = [place.worker() for _ in range(3)]
    await place.through(*(asyncio.create_task(worker.clean(PLAN)) for worker in workers))
    assert place.count("old") == [1]


async def test_next_process_cleans_when_the_first_is_done() -> None:
    place = Place()
    await place.clean()
    await place.put(row(1, 1, created_at=OLD))
    place.cleaning = place.worker()
    await place.clean()
    assert place.count("old") == [0, 1]


async def test_long_pass_keeps_its_lease() -> None:
    place = Place()
    await place.put(*(row(number, number, created_at=OLD) for number in range(5 * BATCH)))
    first = asyncio.create_task(place.cleaning.clean(PLAN))
    for _ in range(3):
        await settled()
        place.clock.advance(LEASE_SECONDS - 1)
    await settled()
    assert await place.leases.take(f"clean:{HERE}", "somebody", place.clock.now(), 1.0) is None
    await place.through(first)


async def test_process_that_lost_its_lease_leaves_the_rest_to_the_other() -> None:
    place = Place()
    await place.put(*(row(number, number, created_at=OLD) for number in range(5 * BATCH)))
    first = asyncio.create_task(place.cleaning.clean(PLAN))
    await settled()
    place.clock.advance(LEASE_SECONDS + 1)
    assert await place.leases.take(f"clean:{HERE}", "somebody", place.clock.now(), LEASE_SECONDS)
    await place.through(first)
    assert len(await place.left(*range(5 * BATCH))) == 4 * BATCH
    assert await place.leases.take(f"clean:{HERE}", "another", place.clock.now(), 1.0) is None


async def test_failing_store_is_logged_once_and_cleaned_after_it_recovers() -> None:
    place = Place()
    await place.put(row(1, 1, created_at=OLD))
    place.artifacts.trouble = ArtifactsUnavailable("locked")
    await place.clean()
    await place.clean()
    assert place.log.only("artifacts_not_cleaned").values["reason"] == "locked"
    place.artifacts.trouble = None
    await place.clean()
    assert place.count("old") == [1]


async def test_nothing_is_cleaned_while_there_is_no_store() -> None:
    place = Place()
    place.there = False
    await place.clean()
    assert place.log.lines == []


async def test_first_pass_comes_a_while_after_the_first_turn_and_the_next_after_the_interval() -> None:
    place = Place()

    async def passes_after(seconds: float) -> int:
        place.clock.advance(seconds)
        place.cleaning.begin(PLAN)
        await place.through(*place.cleaning._passes._tasks.values())
        return len(place.log.named("artifacts_cleaned"))

    assert await passes_after(0.0) == 0
    assert await passes_after(FIRST_AFTER) == 0
    assert await passes_after(FIRST_AFTER) == 1
    assert await passes_after(3_000.0) == 1
    assert await passes_after(3_000.0) == 2


async def test_pass_that_lasts_longer_than_the_interval_is_not_joined_by_another() -> None:
    place = Place()
    place.cleaning.begin(PLAN)
    place.clock.advance(2 * FIRST_AFTER)
    place.cleaning.begin(PLAN)
    await settled()
    place.clock.advance(2 * 3_600.0)
    place.cleaning.begin(PLAN)
    (task,) = place.cleaning._passes._tasks.values()
    await place.through(task)
    assert len(place.log.named("artifacts_cleaned")) == 1


async def test_closing_stops_a_pass_and_releases_the_lease() -> None:
    place = Place()
    await place.put(*(row(number, number, created_at=OLD) for number in range(5 * BATCH)))
    place.cleaning.begin(PLAN)
    place.clock.advance(2 * FIRST_AFTER)
    place.cleaning.begin(PLAN)
    await settled()
    await place.cleaning.aclose()
    assert len(await place.left(*range(5 * BATCH))) == 4 * BATCH
    assert await place.leases.take(f"clean:{HERE}", "another", place.clock.now(), 1.0)


async def test_nothing_begins_after_closing() -> None:
    place = Place()
    place.cleaning.begin(PLAN)
    await place.cleaning.aclose()
    place.clock.advance(2 * FIRST_AFTER)
    place.cleaning.begin(PLAN)
    assert place.cleaning._passes._tasks == {}


async def test_cancelled_pass_ends_cancelled_even_if_the_lease_cannot_be_released() -> None:
    place = Place(leases=BrokenLeases())
    await place.put(*(row(number, number, created_at=OLD) for number in range(2 * BATCH)))
    task = asyncio.create_task(place.cleaning.clean(PLAN))
    await settled()
    task.cancel()
    await until(task.done)
    assert task.cancelled()

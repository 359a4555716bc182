"""How long turns wait for a store, and when they skip it."""

import asyncio
from contextlib import suppress

import pytest

from domain.services.store_budget import (
    HANGING_SECONDS,
    HANGS,
    PROBE_SECONDS,
    QUICK_SECONDS,
    STORE_SECONDS,
    StoreBudget,
    StoreHealth,
    StoreSkipped,
    StoreTrouble,
)
from ports.artifacts import ArtifactsUnavailable
from ports.breaker_state import BreakerStateUnavailable
from ports.ledger import OPENING, LedgerUnavailable
from ports.tool_runs import ToolRunsUnavailable
from tests.doubles.clock import FakeClock, settled, until
from tests.doubles.telemetry import RecordedTelemetry

EVENT = "store_failed"


class Place:
    """A slow store and its health."""

    def __init__(self) -> None:
        self.clock, self.log = FakeClock(), RecordedTelemetry()
        self.health = StoreHealth(self.clock, self.log)

    async def ask(
        self,
        seconds: float = 0.0,
        error: Exception | None = None,
        *,
        writes: bool = False,
        time: StoreBudget | None = None,
    ) -> str:
        """Query a store that answers, or fails, after some seconds."""
        asking = asyncio.create_task(self._asked(seconds, error, writes, time or StoreBudget(self.health)))
        left = seconds
        while not asking.done():
            await settled()
            if asking.done() or not self.clock.moments:
                break
            step = min(left, self.clock.moments[0]) if left > 0 else self.clock.moments[0]
            self.clock.advance(step)
            left -= step
            await settled()
        return await asking

    async def _asked(self, seconds: float, error: Exception | None, writes: bool, time: StoreBudget) -> str:
        try:
            async with time.asked(EVENT, writes=writes):
                if seconds:
                    await self.clock.sleep_until(self.clock.monotonic() + seconds)
                if error is not None:
                    raise error
        except StoreTrouble as trouble:
            return trouble.reason
        return "answered"

    def reasons(self) -> list[object]:
        return [line.values["reason"] for line in self.log.named(EVENT)]


@pytest.fixture
def place() -> Place:
    return Place()


async def test_store_that_never_answers_costs_one_turn_its_seconds_and_the_next_ones_nothing(place: Place) -> None:
    began = place.clock.monotonic()
    assert await place.ask(1_000.0) == "timeout"
    assert place.clock.monotonic() - began == STORE_SECONDS
    assert [await place.ask(1_000.0), await place.ask(1_000.0, writes=True)] == ["skipped", "skipped"]
    assert place.clock.monotonic() - began == STORE_SECONDS
    assert place.reasons() == ["timeout"]


async def test_queries_of_one_turn_share_its_seconds(place: Place) -> None:
    time, began = StoreBudget(place.health), place.clock.monotonic()
    assert [await place.ask(1.2, time=time), await place.ask(1.2, time=time)] == ["answered", "answered"]
    assert await place.ask(1.2, time=time) == "timeout"
    assert place.clock.monotonic() - began == pytest.approx(STORE_SECONDS)


async def test_callers_that_wait_at_the_same_time_share_the_same_seconds(place: Place) -> None:
    time = StoreBudget(place.health)

    async def wait() -> None:
        async with time.spent():
            await place.clock.sleep_until(102.0)

    waiting = [asyncio.create_task(wait()) for _ in range(5)]
    await until(lambda: len(place.clock.moments) == 10)
    place.clock.advance(2.0)
    await asyncio.gather(*waiting)
    assert await place.ask(0.9, time=time) == "answered"


async def test_turn_of_many_rounds_does_not_use_up_its_seconds_with_a_healthy_store(place: Place) -> None:
    time = StoreBudget(place.health)
    assert {await place.ask(0.2, time=time, writes=True) for _ in range(200)} == {"answered"}


async def test_turn_whose_seconds_are_used_up_does_not_close_the_store_to_others(place: Place) -> None:
    time = StoreBudget(place.health)
    for seconds in (1.5, 1.5):
        await place.ask(seconds, time=time)
    began = place.clock.monotonic()
    assert await place.ask(0.9, time=time) == "timeout"
    assert place.clock.monotonic() - began == pytest.approx(QUICK_SECONDS)
    assert await place.ask(0.9) == "answered"


async def test_one_caller_probes_after_the_pause_and_its_success_readmits_all(place: Place) -> None:
    await place.ask(1_000.0)
    place.clock.advance(PROBE_SECONDS)
    place.health.admit()
    with pytest.raises(StoreSkipped):
        place.health.admit()
    place.clock.advance(PROBE_SECONDS)
    assert [await place.ask(0.1), await place.ask(0.1, writes=True)] == ["answered", "answered"]


async def test_failed_probe_begins_another_pause_without_another_log_line(place: Place) -> None:
    await place.ask(1_000.0)
    place.clock.advance(PROBE_SECONDS)
    assert [await place.ask(1_000.0), await place.ask()] == ["timeout", "skipped"]
    assert place.reasons() == ["timeout"]


async def test_store_locked_for_writing_is_still_read(place: Place) -> None:
    assert await place.ask(2.0, ToolRunsUnavailable("locked"), writes=True) == "locked"
    assert await place.ask(0.1, writes=True) == "skipped"
    assert [await place.ask(0.1), await place.ask(0.1)] == ["answered", "answered"]
    assert await place.ask(0.1, writes=True) == "skipped"
    place.clock.advance(PROBE_SECONDS)
    assert [await place.ask(0.1, writes=True) for _ in range(3)] == ["answered"] * 3


async def test_store_that_is_read_and_hangs_for_writing_is_tried_by_one_writer_a_pause_and_logged_once(
    place: Place,
) -> None:
    assert await place.ask(1_000.0, writes=True) == "timeout"
    assert await place.ask() == "skipped"
    for _ in range(3):
        place.clock.advance(PROBE_SECONDS)
        assert await place.ask() == "answered"
        assert await place.ask(1_000.0, writes=True) == "timeout"
        assert [await place.ask(writes=True), await place.ask(), await place.ask(writes=True)] == [
            "skipped",
            "answered",
            "skipped",
        ]
    assert place.reasons() == ["timeout"]
    place.clock.advance(PROBE_SECONDS)
    assert [await place.ask(writes=True) for _ in range(3)] == ["answered"] * 3


async def test_store_that_hung_for_a_writer_is_written_again_as_soon_as_it_is_read(place: Place) -> None:
    await place.ask(1_000.0, writes=True)
    place.clock.advance(PROBE_SECONDS)
    assert [await place.ask(0.1), await place.ask(0.1, writes=True), await place.ask(0.1, writes=True)] == [
        "answered"
    ] * 3


async def test_store_that_hangs_for_reading_too_is_not_read(place: Place) -> None:
    await place.ask(2.0, ToolRunsUnavailable("locked"), writes=True)
    assert await place.ask(2.0, ArtifactsUnavailable("locked")) == "locked"
    assert await place.ask(0.1) == "skipped"
    assert place.reasons() == ["locked"]


async def test_store_that_fails_at_once_is_asked_each_time_and_logged_once(place: Place) -> None:
    for error in (ArtifactsUnavailable("full"), ToolRunsUnavailable("full"), BreakerStateUnavailable("full")):
        assert await place.ask(0.0, error, writes=True) == "full"
        assert await place.ask() == "answered"
    assert place.reasons() == ["full"]


async def test_failure_is_logged_again_after_the_store_worked(place: Place) -> None:
    for _ in range(2):
        await place.ask(0.0, ArtifactsUnavailable("full"), writes=True)
        await place.ask(writes=True)
    assert place.reasons() == ["full", "full"]


async def test_background_work_is_tried_during_a_pause_and_can_end_it(place: Place) -> None:
    await place.ask(1_000.0)
    async with place.health.watched(EVENT, writes=True):
        pass
    assert await place.ask() == "answered"


async def test_failure_that_takes_long_means_that_the_store_hangs(place: Place) -> None:
    await place.ask(HANGING_SECONDS, BreakerStateUnavailable("unreachable"))
    assert await place.ask() == "skipped"
    assert place.health.hangs()


async def test_cancelled_caller_does_not_count_as_a_failure(place: Place) -> None:
    asking = asyncio.create_task(place._asked(1_000.0, None, False, StoreBudget(place.health)))
    await until(lambda: place.clock.moments)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (await place.ask(), place.reasons(), place.clock.moments) == ("answered", [], [])


async def test_other_tasks_are_awaited_briefly_unless_the_store_hangs(place: Place) -> None:
    never = asyncio.create_task(asyncio.Event().wait())
    waiting = asyncio.create_task(StoreBudget(place.health).wait([never], 1_000.0))  # type: ignore[list-item]
    await until(lambda: place.clock.moments)
    place.clock.advance(STORE_SECONDS)
    await waiting
    await place.ask(1_000.0)
    await StoreBudget(place.health).wait([never], 1_000.0)  # type: ignore[list-item]
    never.cancel()


async def test_who_reports_quick_failures_itself_leaves_the_reports_of_others_alone(place: Place) -> None:
    async def silent(error: Exception | None = None) -> None:
        with suppress(StoreTrouble):
            async with place.health.watched("", writes=True):
                if error is not None:
                    raise error

    for reason in ("full", OPENING):
        await silent(LedgerUnavailable(reason))
    assert place.log.lines == []
    for _ in range(3):  # what fails for want of room lets others write, as they need none
        assert await place.ask(0.1, ArtifactsUnavailable("full"), writes=True) == "full"
        await silent()
    assert place.reasons() == ["full"]


async def test_whoever_finds_the_store_hanging_reports_it_as_all_skip_it(place: Place) -> None:
    async def hang() -> None:
        with suppress(StoreTrouble):
            async with place.health.watched("", writes=True, seconds=STORE_SECONDS):
                await place.clock.sleep_until(1_000.0)

    for _ in range(2):
        hanging = asyncio.create_task(hang())
        await settled()
        place.clock.advance(STORE_SECONDS)
        await until(hanging.done)
        assert await place.ask(writes=True) == "skipped"
        place.clock.advance(PROBE_SECONDS)
    assert [line.values["reason"] for line in place.log.lines] == ["timeout"]
    assert place.log.lines[0].name == HANGS
    async with place.health.watched("", writes=True):
        pass
    assert await place.ask(1_000.0) == "timeout"
    assert place.reasons() == ["timeout"]


async def test_store_that_is_being_opened_does_not_hang(place: Place) -> None:
    assert await place.ask(HANGING_SECONDS * 2, LedgerUnavailable(OPENING), writes=True) == OPENING
    assert await place.ask(writes=True) == "answered"
    assert place.log.lines == []

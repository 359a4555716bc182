"""The breakers around turns are those of all processes, and no turn waits for the database."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from adapters.memory.breaker_state import MemoryBreakerState
from domain.breakers.breaker import Verdict
from domain.breakers.policy import Policy
from domain.services.follow_breakers import EVERY_SECONDS, FRESH_SECONDS, ON_SECONDS, FollowBreakers
from domain.services.guard_call import QUIET, GuardCall
from domain.services.store_budget import PROBE_SECONDS, QUICK_SECONDS, StoreHealth, Unlimited
from ports.breaker_state import BreakerStateUnavailable, StoredBreaker
from tests.doubles.clock import FakeClock, settled, until
from tests.doubles.ids import FakeIds
from tests.doubles.telemetry import RecordedTelemetry

POLICY = Policy(max_failures=4, window=60.0)
ANN = "person:ann"


class Shared(MemoryBreakerState):
    """The state in a database; counts how often it is asked, and fails or hangs as configured."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.fails, self.writes_fail = 0, False, False
        self.gate: asyncio.Event | None = None

    async def load(self, key: str) -> tuple[str, int]:
        await self._ask(self.fails)
        return await super().load(key)

    async def store(self, key: str, text: str, version: int, now: datetime) -> bool:
        await self._ask(self.fails or self.writes_fail)
        return await super().store(key, text, version, now)

    async def changed_since(self, since: datetime, limit: int) -> tuple[StoredBreaker, ...]:
        await self._ask(self.fails)
        return await super().changed_since(since, limit)

    async def _ask(self, fails: bool) -> None:
        self.asked += 1
        if self.gate is not None:
            await self.gate.wait()
        if fails:
            raise BreakerStateUnavailable("unreachable")


class Process:
    """One process: its own clock is the shared one."""

    def __init__(self, shared: Shared, clock: FakeClock, *, is_open: bool = True) -> None:
        self.log, self.clock, self.is_open = RecordedTelemetry(), clock, is_open
        self.health = StoreHealth(clock, self.log)
        self.breakers = FollowBreakers(lambda: shared if self.is_open else None, MemoryBreakerState(), self.health)
        self.guard = GuardCall(state=self.breakers, clock=clock, ids=FakeIds(), telemetry=self.log, store=self.health)

    async def call(self, verdict: Verdict = Verdict.FAILURE, key: str = ANN) -> bool:
        """Make a call, if it is admitted; return whether it was."""
        time = Unlimited(self.health)  # as turns do
        admission = await self.guard.admit(key, POLICY, time)
        await self.guard.report(admission, verdict, time)
        return admission.allowed


class World:
    """Two processes on one database."""

    def __init__(self) -> None:
        self.clock, self.shared = FakeClock(), Shared()
        self.one, self.other = Process(self.shared, self.clock), Process(self.shared, self.clock)

    async def pass_seconds(self, seconds: float) -> None:
        """Let time pass, in the steps in which the processes look."""
        for _ in range(round(seconds / EVERY_SECONDS)):
            await settled()
            self.clock.advance(EVERY_SECONDS)
        await settled()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    yield world
    for process in (world.one, world.other):
        await process.breakers.aclose()


async def test_who_fails_in_one_process_is_refused_in_the_other(world: World) -> None:
    assert await world.other.call(Verdict.NEUTRAL)
    for _ in range(POLICY.limit):
        assert await world.one.call()
    assert not await world.one.call()
    await world.pass_seconds(QUIET + EVERY_SECONDS)
    assert not await world.other.call()


async def test_failures_in_both_processes_are_counted_together(world: World) -> None:
    for _ in range(POLICY.limit // 2):
        assert await world.one.call()
        assert await world.other.call()
    await world.pass_seconds(EVERY_SECONDS)
    assert not await world.one.call()
    assert not await world.other.call()


async def test_one_probe_is_admitted_in_all_and_its_success_ends_the_pause_everywhere(world: World) -> None:
    for _ in range(POLICY.limit):
        await world.one.call()
    await world.pass_seconds(120.0)
    probe = await world.other.guard.admit(ANN, POLICY)
    assert probe.probing
    await world.pass_seconds(EVERY_SECONDS)
    assert not (await world.one.guard.admit(ANN, POLICY)).allowed
    await world.other.guard.report(probe, Verdict.SUCCESS)
    await world.pass_seconds(EVERY_SECONDS)
    assert (await world.one.guard.admit(ANN, POLICY)).allowed


async def test_a_turn_asks_no_database_while_others_are_followed(world: World) -> None:
    await world.one.call(Verdict.SUCCESS)
    for _ in range(20):
        await world.pass_seconds(EVERY_SECONDS)
        before = world.shared.asked
        for number in range(50):
            assert await world.one.call(Verdict.SUCCESS, f"person:{number}")
        assert world.shared.asked == before


async def test_many_turns_at_once_after_a_pause_ask_once(world: World) -> None:
    await asyncio.gather(*(world.one.call(Verdict.SUCCESS, f"person:{number}") for number in range(100)))
    assert world.shared.asked == 1


async def test_following_ends_a_minute_after_the_last_turn(world: World) -> None:
    await world.one.call(Verdict.SUCCESS)
    await world.pass_seconds(ON_SECONDS + 2)
    before = world.shared.asked
    await world.pass_seconds(30.0)
    assert world.shared.asked == before
    assert world.clock.moments == []


async def test_after_a_quiet_time_the_next_turn_knows_what_happened_meanwhile(world: World) -> None:
    await world.other.call(Verdict.NEUTRAL)
    await world.pass_seconds(ON_SECONDS + 30.0)
    for _ in range(POLICY.limit):
        await world.one.call()
    assert not await world.other.call()


async def test_until_the_database_is_open_the_process_has_breakers_of_its_own(world: World) -> None:
    alone = Process(world.shared, world.clock, is_open=False)
    for _ in range(POLICY.limit):
        assert await alone.call()
    assert not await alone.call()
    assert world.shared.asked == 0
    await alone.breakers.aclose()


async def test_while_the_database_fails_the_process_has_breakers_of_its_own_and_the_log_says_so_once(
    world: World,
) -> None:
    world.shared.fails = True
    for _ in range(POLICY.limit):
        assert await world.one.call()
    assert not await world.one.call()
    assert [line.name for line in world.one.log.lines if line.level == "warning"] == ["breaker_state_unavailable"]
    assert world.shared.asked == 1
    world.shared.fails = False
    await world.pass_seconds(PROBE_SECONDS + 1)
    assert await world.one.call()
    assert (await world.shared.load(ANN))[0]


async def test_a_database_that_cannot_be_written_costs_one_try(world: World) -> None:
    await world.one.call(Verdict.SUCCESS)
    world.shared.writes_fail = True
    before = world.shared.asked
    for _ in range(POLICY.limit):
        assert await world.one.call()
    assert not await world.one.call()
    assert world.shared.asked == before + 1


async def test_a_database_that_hangs_delays_one_turn_by_a_moment(world: World) -> None:
    world.shared.gate = asyncio.Event()
    first = asyncio.create_task(world.one.call(Verdict.SUCCESS))
    await until(lambda: world.shared.asked)
    world.clock.advance(QUICK_SECONDS)
    assert await first
    assert await world.one.call(Verdict.SUCCESS, "person:ben")


@pytest.mark.parametrize("late", [QUICK_SECONDS, 30.0])
async def test_a_busy_event_loop_makes_nobody_else_skip_the_database(world: World, late: float) -> None:
    world.shared.gate = asyncio.Event()
    first = asyncio.create_task(world.one.call(Verdict.SUCCESS))
    await until(lambda: world.shared.asked)
    world.clock.advance(late)
    await first
    assert not world.one.health.hangs(writes=True)


async def test_what_is_known_grows_old_when_nobody_fetches(world: World) -> None:
    await world.one.call(Verdict.SUCCESS)
    await world.one.breakers.aclose()
    again = Process(world.shared, world.clock)
    await again.call(Verdict.SUCCESS)
    before = world.shared.asked
    world.clock.advance(FRESH_SECONDS + 0.5)  # the loop was too busy to fetch
    await again.call(Verdict.SUCCESS, "person:ben")
    assert world.shared.asked == before + 1
    await again.breakers.aclose()


async def test_closing_stops_everything(world: World) -> None:
    await world.one.call(Verdict.SUCCESS)
    await world.one.breakers.aclose()
    assert world.clock.moments == []
    assert await world.one.call(Verdict.SUCCESS)


async def test_a_turn_waits_only_a_moment_for_a_fetch_that_others_began(world: World) -> None:
    await world.one.call(Verdict.SUCCESS)
    await settled()
    world.shared.gate = asyncio.Event()
    world.clock.advance(FRESH_SECONDS + EVERY_SECONDS)  # it follows: that fetch may take seconds
    await until(lambda: world.shared.asked == 2)
    turn = asyncio.create_task(world.one.call(Verdict.SUCCESS, "person:ben"))
    await settled()
    assert not turn.done()
    world.clock.advance(QUICK_SECONDS)
    await until(turn.done)
    assert turn.result()
    assert not world.one.health.hangs(writes=True)
    began = world.clock.monotonic()
    assert await world.one.call(Verdict.SUCCESS, "person:cid")  # it does not wait again
    assert world.clock.monotonic() == began

"""What upstream lets the operator's key spend: one process asks, low limits are reported once, chats never notice."""

import asyncio
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

import pytest

from adapters.memory.breaker_state import MemoryBreakerState
from adapters.memory.leases import MemoryLeases
from domain.services import watch_allowances
from domain.services.background_pass import LEASE_SECONDS
from domain.services.watch_allowances import FRAME, AllowancePlan, Store, WatchAllowances
from domain.usage.allowances import Standing, level_of, newly_low, percent_left, read, written
from ports.allowances import Allowance, AllowanceKind, AllowancesUnavailable
from ports.leases import Lease, LeasesUnavailable
from ports.responses import Route
from tests.doubles.breaker_state import TroubledBreakerState
from tests.doubles.clock import FakeClock, settled
from tests.doubles.ids import FakeIds
from tests.doubles.metrics import RecordedMetrics
from tests.doubles.telemetry import RecordedTelemetry

ROUTE = Route("https://upstream.example/api/v1", "sk-or-v1-operator")
PLAN = AllowancePlan(ROUTE, 600.0)
FIRST_AFTER = FRAME.first_after * (1 + FakeIds().jitter())


def of_key(remaining: object, limit: object = 100) -> Allowance:
    return Allowance(AllowanceKind.KEY, Decimal(str(limit)), Decimal(str(remaining)))


class Upstream:
    """Answers with `allowances`, or fails; counts how often it is asked."""

    def __init__(self, *allowances: Allowance) -> None:
        self.allowances: tuple[Allowance, ...] = allowances
        self.error: Exception | None = None
        self.asked: list[Route] = []

    async def read(self, route: Route) -> tuple[Allowance, ...]:
        self.asked.append(route)
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        return self.allowances


class Process:
    """One process that watches; those with the same `shared` use one database."""

    def __init__(self, upstream: Upstream, clock: FakeClock, shared: Store, name: str = "") -> None:
        self.log, self.metrics, self.clock = RecordedTelemetry(), RecordedMetrics(), clock
        ids = FakeIds()
        for _ in name:
            ids.new_id()

        async def opened() -> Store:
            return shared

        self.watch = WatchAllowances(
            allowances=upstream, opened=opened, clock=clock, ids=ids, telemetry=self.log, metrics=self.metrics
        )

    async def turn(self, plan: AllowancePlan = PLAN) -> None:
        self.watch.begin(plan)
        await self.watch.drained()

    async def check(self, plan: AllowancePlan = PLAN) -> None:
        """Take a turn when the next check is due."""
        self.clock.advance(plan.seconds * 1.2)
        await self.turn(plan)

    @property
    def warned(self) -> list[tuple[object, object]]:
        return [
            (line.values["reached_percent"], line.values["left_percent"]) for line in self.log.named("key_limit_low")
        ]


@pytest.fixture
def upstream() -> Upstream:
    return Upstream(of_key(50))


@pytest.fixture
def shared() -> Store:
    return MemoryLeases(), MemoryBreakerState()


@pytest.fixture
def process(upstream: Upstream, shared: Store) -> Process:
    return Process(upstream, FakeClock(), shared)


async def levels(process: Process, upstream: Upstream, *remaining: object) -> list[object]:
    """Return the level of each warning while the rest shrinks and grows."""
    await process.turn()
    for one in remaining:
        upstream.allowances = (of_key(one),)
        await process.check()
    return [level for level, _ in process.warned]


async def test_nothing_is_asked_while_a_process_starts(process, upstream):
    await process.turn()
    process.clock.advance(FIRST_AFTER - 1)
    await process.turn()
    assert upstream.asked == []
    process.clock.advance(1)
    await process.turn()
    assert upstream.asked == [ROUTE]


async def test_upstream_is_asked_once_per_interval_however_many_turns_there_are(process, upstream):
    await process.turn()
    await process.check()
    for _ in range(100):
        await process.turn()
    assert len(upstream.asked) == 1
    await process.check()
    assert len(upstream.asked) == 2


@pytest.mark.parametrize(
    ("remaining", "warnings"),
    [
        ((50, 21), []),
        ((50, 20), [20]),
        ((50, 19, 12, "5.0001"), [20]),
        ((50, 19, 5), [20, 5]),
        ((50, 19, 4, 3, 0), [20, 5]),
        ((50, 3), [5]),
        ((19, 21, 19), [20, 20]),
        ((4, 50, 19, 4), [5, 20, 5]),
        ((4, 10, 4), [5, 5]),
        ((4, 10, 19), [5]),
    ],
)
async def test_each_level_is_reported_once_and_again_after_it_was_left(process, upstream, remaining, warnings):
    assert await levels(process, upstream, *remaining) == warnings


async def test_the_warning_names_the_amounts_and_no_key(process, upstream):
    upstream.allowances = (of_key("7.125", 50), Allowance(AllowanceKind.CREDITS, Decimal(10), Decimal("0.2")))
    await process.turn()
    await process.check()
    first, second = process.log.named("key_limit_low")
    assert first.level == second.level == "warning"
    key_id = first.values.pop("key_id")
    assert isinstance(key_id, str)
    assert key_id not in ROUTE.api_key
    assert first.values == {
        "kind": "key",
        "reached_percent": 20,
        "left_percent": 14,
        "limit": "50",
        "remaining": "7.125",
    }
    assert (second.values["kind"], second.values["reached_percent"]) == ("credits", 5)
    assert ROUTE.api_key not in repr(process.log.lines)


async def test_metrics_show_what_is_left_exactly(process, upstream):
    assert process.metrics.watched["key_remaining_usd"]() == {}
    upstream.allowances = (of_key("7.125", 50),)
    await process.turn()
    await process.check()
    assert process.metrics.watched["key_remaining_usd"]() == {("key",): Decimal("7.125")}
    assert process.metrics.watched["key_limit_usd"]() == {("key",): Decimal(50)}


async def test_of_many_processes_one_asks_and_one_warns_and_all_know(upstream, shared):
    upstream.allowances = (of_key(4),)
    clock = FakeClock()
    processes = [Process(upstream, clock, shared, "x" * number) for number in range(6)]
    for process in processes:
        process.watch.begin(PLAN)
    for _ in range(3):
        clock.advance(PLAN.seconds * 1.2)
        for process in processes:
            process.watch.begin(PLAN)
        await settled()
    assert len(upstream.asked) == 3
    assert sum(len(process.warned) for process in processes) == 1
    assert all(process.metrics.watched["key_remaining_usd"]() == {("key",): Decimal(4)} for process in processes)


async def test_a_process_that_replaces_another_does_not_warn_again(process, upstream, shared):
    await levels(process, upstream, 4)
    successor = Process(upstream, process.clock, shared, "successor")
    await successor.turn()
    await successor.check()
    assert (len(upstream.asked), successor.warned) == (2, [])


async def test_a_process_that_died_while_it_asked_holds_nobody_up_for_long(process, upstream, shared):
    leases, _ = shared
    await process.turn()
    process.clock.advance(PLAN.seconds)
    await leases.take(f"{FRAME.lease}:{PLAN.key}", "dead", process.clock.now(), LEASE_SECONDS)
    await process.turn()
    assert upstream.asked == []
    await process.check()
    assert len(upstream.asked) == 1


async def test_without_a_store_each_process_asks_for_itself(upstream):
    state = TroubledBreakerState()
    state.down = True
    process = Process(upstream, FakeClock(), (MemoryLeases(), state))
    assert await levels(process, upstream, 19, 19, 4) == [20, 5]
    assert process.log.named("key_limits_unknown") == []


async def test_without_leases_each_process_asks_for_itself(upstream):
    class Unavailable(MemoryLeases):
        async def take(self, name: str, owner: str, now: datetime, seconds: float) -> Lease | None:
            raise LeasesUnavailable("disk full")

    process = Process(upstream, FakeClock(), (Unavailable(), MemoryBreakerState()))
    assert await levels(process, upstream, 19, 4) == [20, 5]
    assert process.log.named("key_limits_unknown") == []


async def test_a_process_that_could_not_read_the_note_gives_its_lease_back(upstream):
    state, leases = TroubledBreakerState(), MemoryLeases()
    state.down = True
    process = Process(upstream, FakeClock(), (leases, state))
    await process.turn()
    await process.check()
    assert await leases.take(f"{FRAME.lease}:{PLAN.key}", "another", process.clock.now(), 1) is not None


async def test_a_store_that_hangs_is_given_up(upstream):
    state = TroubledBreakerState()
    state.stuck = True
    process = Process(upstream, FakeClock(), (MemoryLeases(), state))
    process.watch.begin(PLAN)
    process.clock.advance(FIRST_AFTER)
    process.watch.begin(PLAN)
    await settled()
    assert upstream.asked == []
    process.clock.advance(watch_allowances.STORE_SECONDS)
    await settled()
    assert upstream.asked == [ROUTE]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"at": "x", "allowances": []}', '{"at": 1}', "[" * 9000])
async def test_a_damaged_note_of_another_process_is_ignored(upstream, text):
    state = TroubledBreakerState(text)
    process = Process(upstream, FakeClock(), (MemoryLeases(), state))
    await process.turn()
    await process.check()
    assert len(upstream.asked) == 1
    assert read(state.text) is not None


async def test_an_upstream_that_fails_is_reported_once_and_asked_again(process, upstream):
    upstream.error = AllowancesUnavailable("HTTP 500", status=500)
    await process.turn()
    await process.check()
    await process.check()
    upstream.error = None
    upstream.allowances = (of_key(4),)
    await process.check()
    assert [line.values for line in process.log.named("key_limits_unknown")] == [{"reason": "HTTP 500"}]
    assert process.warned == [(5, 4)]


@pytest.mark.parametrize("status", [404, 405])
async def test_a_gateway_without_limits_is_no_trouble(process, upstream, status):
    upstream.error = AllowancesUnavailable("HTTP", status=status)
    await process.turn()
    await process.check()
    assert process.log.lines == []


async def test_a_defect_ends_the_check_alone(process, upstream):
    upstream.error = ValueError("secret")
    await process.turn()
    await process.check()
    assert [line.values for line in process.log.lines] == [{"reason": "ValueError in the work itself"}]
    upstream.error = None
    await process.check()
    assert len(upstream.asked) == 2


async def test_an_allowance_that_is_unlimited_again_is_forgotten(process, upstream):
    await levels(process, upstream, 4)
    upstream.allowances = ()
    await process.check()
    assert process.metrics.watched["key_remaining_usd"]() == {}
    assert process.watch.take_warnings("ann") == ()


async def test_a_new_key_is_checked_at_once_and_inherits_no_level(process, upstream):
    await levels(process, upstream, 4)
    plan = AllowancePlan(Route(ROUTE.base_url, "sk-or-v1-another"), 600.0)
    await process.turn(plan)
    assert upstream.asked[-1] == plan.route
    assert process.warned == [(5, 4), (5, 4)]


async def test_a_key_that_comes_back_is_checked_at_once(process, upstream):
    await levels(process, upstream, 50)
    await process.turn(AllowancePlan(Route(ROUTE.base_url, "sk-or-v1-another"), 600.0))
    asked = len(upstream.asked)
    process.clock.advance(PLAN.seconds * 0.95)
    await process.turn()
    assert upstream.asked[asked:] == [ROUTE]


async def test_each_administrator_is_warned_once_per_level(process, upstream):
    await levels(process, upstream, 19)
    assert [one.level for one in process.watch.take_warnings("ann")] == [20]
    assert process.watch.take_warnings("ann") == ()
    assert [one.level for one in process.watch.take_warnings("bob")] == [20]
    upstream.allowances = (of_key(3),)
    await process.check()
    assert [one.level for one in process.watch.take_warnings("ann")] == [5]
    upstream.allowances = (of_key(90),)
    await process.check()
    assert process.watch.take_warnings("ann") == ()
    upstream.allowances = (of_key(20),)
    await process.check()
    assert [one.level for one in process.watch.take_warnings("ann")] == [20]


async def test_closing_stops_a_check(process, upstream):
    upstream.error = asyncio.CancelledError()
    upstream.error = None
    await process.turn()
    process.clock.advance(FIRST_AFTER)
    process.watch.begin(PLAN)
    await process.watch.aclose()
    await process.watch.drained()
    assert process.metrics.watched["key_remaining_usd"]() == {}


def amounts(*pairs: tuple[object, object]) -> Iterable[Allowance]:
    return [of_key(remaining, limit) for remaining, limit in pairs]


def test_levels_are_exact():
    assert [level_of(one) for one in amounts((20, 100), ("20.000001", 100), (5, 100), ("5.000001", 100), (0, 1))] == [
        20,
        None,
        5,
        20,
        5,
    ]
    assert [percent_left(one) for one in amounts(("19.99", 100), ("0.001", 1), (3, 3))] == [19, 0, 100]


def test_a_standing_survives_being_written():
    standing = Standing(
        12.5, (of_key("0.000000000001", "1234.5"), Allowance(AllowanceKind.CREDITS, Decimal(1), Decimal(0)))
    )
    assert read(written(standing)) == standing
    assert newly_low(standing, standing.allowances) == ()

"""Each day that is over is compared with upstream's figures, once, and differences are reported."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapters.memory.leases import MemoryLeases
from adapters.memory.reconciliations import MemoryReconciliations
from domain.services.background_pass import FIRST_AFTER
from domain.services.check_records import MOST_ESTIMATED, PAGE
from domain.services.look_up_bills import LookUpBills
from domain.services.reconcile_ledger import DAYS_BACK, EVERY_SECONDS, Books, ReconcileLedger, ReconcilePlan
from domain.usage.entries import key_hash_of, key_id_of
from ports.generations import GenerationRecord
from ports.ledger import CostSource, Entry, EntryState
from ports.reconciliations import FiguresFrom, Outcome, Reconciled
from ports.responses import Route
from ports.upstream_figures import FiguresUnavailable, ModelFigures
from tests.doubles.clock import START, FakeClock, settled
from tests.doubles.figures import ScriptedFigures
from tests.doubles.ids import FakeIds
from tests.doubles.ledger import BreakableLedger, RecordedGenerations
from tests.doubles.telemetry import RecordedTelemetry

KEY = "sk-or-v1-operator"
ROUTE = Route("https://upstream.example/api/v1", KEY)
PLAN = ReconcilePlan(ROUTE)
MANAGED = ReconcilePlan(ROUTE, replace(ROUTE, api_key="management"))
ONE = timedelta(days=1)
YESTERDAY = START.date() - ONE
NOON = START - ONE  # the clock of the tests shows noon
ENTRY = Entry(
    "ns",
    "turn",
    1,
    1,
    NOON,
    EntryState.SETTLED,
    key_id=key_id_of(ROUTE),
    answering_model="a/b",
    generation_id="gen-1",
    cost=Decimal("0.3"),
    cost_source=CostSource.UPSTREAM,
    settled_at=NOON,
)
ESTIMATED = replace(ENTRY, turn_id="cut", state=EntryState.ESTIMATED, generation_id="gen-2", cost=Decimal("0.1"))
BILLED = ModelFigures("a/b", "a/b-2026", 1, Decimal("0.3"))
REFUSED = FiguresUnavailable("/activity: HTTP 403", status=403, is_refusal=True)
DOWN = FiguresUnavailable("/activity: HTTP 500", status=500)


class World:
    """A ledger, upstream's figures and records, and one worker that reconciles them."""

    def __init__(self) -> None:
        self.clock, self.log, self.ids = FakeClock(), RecordedTelemetry(), FakeIds()
        self.ledger, self.results, self.leases = BreakableLedger(), MemoryReconciliations(), MemoryLeases()
        self.figures = ScriptedFigures()
        self.generations = RecordedGenerations()
        self.open, self.openings = True, 0
        self.worker = self.another_worker()

    def another_worker(self) -> ReconcileLedger:
        return ReconcileLedger(
            opened=self._opened,
            figures=self.figures,
            bills=LookUpBills(self.generations, self.clock, lambda _: None),
            clock=self.clock,
            ids=self.ids,
            telemetry=self.log,
        )

    async def _opened(self) -> Books | None:
        self.openings += 1
        return Books(self.ledger, self.results, self.leases) if self.open else None

    async def booked(self, *entries: Entry) -> None:
        await self.ledger.write(entries)

    async def known_before(self, days: int = 2, total: str = "10") -> None:
        """Store a result of an earlier day: the ledger was kept then."""
        day = START.date() - days * ONE
        row = Reconciled(PLAN.key_id, day, FiguresFrom.RECORDS, Outcome.EQUAL, START, total=Decimal(total))
        await self.results.replace([row])

    async def rows(self, day: date = YESTERDAY) -> tuple[Reconciled, ...]:
        return await self.results.between(day, day, 100)

    async def day(self, day: date = YESTERDAY) -> Reconciled:
        return (await self.rows(day))[0]

    def record(self, generation_id: str, cost: str) -> None:
        self.generations.records[generation_id] = GenerationRecord(generation_id, cost=Decimal(cost))


@pytest.fixture
async def world() -> World:
    world = World()
    await world.known_before()
    return world


async def test_a_day_that_equals_upstreams_figures_is_stored_and_logged_once(world):
    await world.booked(ENTRY)
    world.figures.of_key[YESTERDAY] = (BILLED,)
    await world.worker.catch_up(MANAGED)
    await world.another_worker().catch_up(MANAGED)
    [row] = await world.rows()
    assert (row.outcome, row.figures, row.cost, row.their_cost) == (
        Outcome.EQUAL,
        FiguresFrom.DAY_OF_KEY,
        Decimal("0.3"),
        Decimal("0.3"),
    )
    line = world.log.only("ledger_reconciled")
    assert (line.level, line.values["day"], line.values["differences"]) == ("info", "2026-02-28", 0)
    assert world.figures.asked.count((YESTERDAY, key_hash_of(KEY))) == 1


async def test_a_difference_names_day_model_ours_and_theirs(world):
    await world.booked(ENTRY, replace(ENTRY, turn_id="other", answering_model="c/d"))
    world.figures.of_key[YESTERDAY] = (replace(BILLED, cost=Decimal("0.5")), replace(BILLED, model="c/d", version=""))
    await world.worker.catch_up(MANAGED)
    whole, model = await world.rows()
    assert (whole.outcome, model.model, model.cost, model.their_cost) == (
        Outcome.DIFFERS,
        "a/b",
        Decimal("0.3"),
        Decimal("0.5"),
    )
    line = world.log.only("ledger_differs")
    named = {name: line.values[name] for name in ("day", "model", "ours", "theirs")}
    assert named == {"day": "2026-02-28", "model": "a/b", "ours": "0.3", "theirs": "0.5"}
    assert world.log.only("ledger_reconciled").level == "warning"


async def test_a_day_that_the_ledger_missed_is_reported(world):
    world.figures.of_key[YESTERDAY] = (BILLED,)
    await world.worker.catch_up(MANAGED)
    assert (await world.day()).outcome is Outcome.DIFFERS


async def test_the_first_day_of_the_ledger_tells_nothing_and_earlier_ones_are_not_asked_about():
    world = World()
    await world.booked(ENTRY)
    world.figures.of_key[YESTERDAY] = (replace(BILLED, cost=Decimal(9)),)
    await world.worker.catch_up(MANAGED)
    assert (await world.day()).outcome is Outcome.UNKNOWN
    assert [day for day, _ in world.figures.asked] == [YESTERDAY]
    assert world.log.named("ledger_differs") == []


async def test_what_another_key_paid_is_left_out_and_all_functions_are_added_up(world):
    await world.booked(ENTRY, replace(ENTRY, namespace="second"), replace(ENTRY, turn_id="k", key_id="another"))
    world.figures.of_key[YESTERDAY] = (replace(BILLED, cost=Decimal("0.6")),)
    await world.worker.catch_up(MANAGED)
    assert (await world.day()).outcome is Outcome.EQUAL


async def test_if_upstream_does_not_know_the_key_the_whole_account_is_an_upper_bound(world):
    await world.booked(ENTRY)
    world.figures.of_account[YESTERDAY] = (replace(BILLED, cost=Decimal(9)),)
    await world.worker.catch_up(MANAGED)
    row = await world.day()
    assert (row.figures, row.outcome) == (FiguresFrom.DAY_OF_ACCOUNT, Outcome.EQUAL)


async def test_rows_without_usable_figures_are_reported(world):
    await world.booked(ENTRY)
    world.figures.of_key[YESTERDAY], world.figures.unreadable = (BILLED,), 3
    await world.worker.catch_up(MANAGED)
    assert world.log.only("ledger_reconciled").values["unreadable"] == 3


@pytest.mark.parametrize(("hours", "done"), [(-12 + 2.9, False), (-12 + 3.1, True)])
async def test_a_day_is_compared_some_hours_after_its_end(world, hours, done):
    await world.booked(ENTRY)
    world.clock.advance(hours * 3600)
    world.figures.of_key[YESTERDAY] = (BILLED,)
    await world.worker.catch_up(MANAGED)
    assert bool(await world.rows()) is done


async def test_days_that_nobody_compared_are_made_up_for_up_to_a_week(world):
    for number in range(1, 12):
        await world.booked(replace(ENTRY, turn_id=str(number), started_at=START - number * ONE))
        world.figures.of_key[START.date() - number * ONE] = (BILLED,)
    world.results = MemoryReconciliations()
    await world.worker.catch_up(MANAGED)
    stored = await world.results.between(START.date() - 30 * ONE, START.date(), 100)
    assert [row.day for row in stored] == [START.date() - number * ONE for number in range(DAYS_BACK, 0, -1)]


async def test_an_upstream_in_trouble_is_asked_again_by_the_next_pass(world):
    await world.booked(ENTRY)
    world.figures.fails = DOWN
    await world.worker.catch_up(MANAGED)
    assert await world.rows() == ()
    assert world.log.only("ledger_not_reconciled").values["reason"] == str(DOWN)
    world.figures.fails = None
    world.figures.of_key[YESTERDAY] = (BILLED,)
    await world.worker.catch_up(MANAGED)
    assert (await world.day()).outcome is Outcome.EQUAL


async def test_a_refused_key_falls_back_to_the_total_of_the_ordinary_one(world):
    await world.booked(ENTRY)
    world.figures.refuses, world.figures.total = REFUSED, Decimal("10.3")
    await world.worker.catch_up(MANAGED)
    row = await world.day()
    assert (row.figures, row.outcome, row.total) == (FiguresFrom.TOTAL_OF_KEY, Outcome.EQUAL, Decimal("10.3"))
    assert world.log.only("ledger_figures_refused").level == "warning"


@pytest.mark.parametrize(("total", "theirs"), [("10.5", "0.5"), ("9", "-1")])
async def test_the_total_of_a_key_shows_what_a_day_cost(world, total, theirs):
    await world.booked(ENTRY)
    world.figures.total = Decimal(total)
    await world.worker.catch_up(PLAN)
    row = await world.day()
    assert (row.outcome, row.their_cost) == (Outcome.DIFFERS, Decimal(theirs))
    assert world.figures.asked == [("total", KEY)]


async def test_without_the_total_of_the_day_before_the_day_is_unknown_and_the_next_is_not():
    world = World()
    await world.booked(ENTRY, replace(ENTRY, turn_id="next", started_at=START))
    world.figures.total = Decimal(10)
    await world.worker.catch_up(PLAN)
    assert (await world.day()).outcome is Outcome.UNKNOWN
    world.clock.advance(86_400)
    world.figures.total = Decimal("10.3")
    await world.worker.catch_up(PLAN)
    assert (await world.day(START.date())).outcome is Outcome.EQUAL


async def test_the_total_is_not_asked_close_to_midnight(world):
    await world.booked(ENTRY)
    world.clock.advance(12 * 3600 - 60)
    world.figures.total = Decimal(99)
    await world.worker.catch_up(PLAN)
    row = await world.day()
    assert (row.figures, row.outcome, row.their_cost) == (FiguresFrom.RECORDS, Outcome.UNKNOWN, None)


@pytest.mark.parametrize("plan", [PLAN, MANAGED])
async def test_estimates_are_settled_from_upstreams_records_once(world, plan):
    await world.booked(ENTRY, ESTIMATED, replace(ESTIMATED, turn_id="nameless", generation_id=""))
    world.record("gen-2", "0.2")
    world.figures.of_key[YESTERDAY] = (replace(BILLED, cost=Decimal("0.6")),)
    await world.worker.catch_up(plan)
    [entry] = await world.ledger.of_turn("ns", "cut")
    assert (entry.state, entry.cost, entry.cost_source) == (EntryState.SETTLED, Decimal("0.2"), CostSource.RECORD)
    assert world.log.only("ledger_reconciled").values["corrected"] == 1
    assert (await world.day()).inexact == 1
    await world.worker.reconcile(plan, YESTERDAY)
    assert world.log.named("ledger_reconciled")[1].values["corrected"] == 0
    assert await world.ledger.of_turn("ns", "cut") == (entry,)


async def test_some_settled_entries_are_compared_with_their_records(world):
    await world.booked(ENTRY)
    world.record("gen-1", "0.7")
    await world.worker.catch_up(PLAN)
    whole, model = await world.rows()
    assert (whole.outcome, model.model, model.cost, model.their_cost) == (
        Outcome.DIFFERS,
        "a/b",
        Decimal("0.3"),
        Decimal("0.7"),
    )


async def test_the_number_of_records_that_are_read_is_limited(world):
    await world.booked(
        *(replace(ESTIMATED, attempt_no=number, generation_id=f"gen-{number}") for number in range(MOST_ESTIMATED + 9))
    )
    await world.worker.catch_up(PLAN)
    assert len(world.generations.asked) == MOST_ESTIMATED


@pytest.mark.parametrize("gap", [timedelta(0), timedelta(seconds=1)], ids=["all at once", "one by one"])
async def test_estimates_without_records_keep_no_later_one_from_being_settled(world, gap):
    others: list[dict[str, Any]] = [{"generation_id": ""}, {"key_id": "another"}]
    number = PAGE - 1 if not gap else 2 * PAGE
    await world.booked(
        *(replace(ESTIMATED, attempt_no=no, started_at=NOON + no * gap, **others[no % 2]) for no in range(number)),
        replace(ESTIMATED, turn_id="late", started_at=NOON + number * gap),
    )
    world.record("gen-2", "0.2")
    await world.worker.catch_up(PLAN)
    [entry] = await world.ledger.of_turn("ns", "late")
    assert (entry.state, entry.cost) == (EntryState.SETTLED, Decimal("0.2"))


async def test_an_upstream_that_cannot_be_reached_ends_the_pass(world):
    await world.booked(ESTIMATED)
    world.generations.broken = True
    await world.worker.catch_up(PLAN)
    assert (await world.rows(), len(world.generations.asked)) == ((), 1)
    assert world.log.only("ledger_not_reconciled").level == "warning"


async def test_a_day_may_be_compared_again_after_upstream_corrected_it(world):
    await world.booked(ENTRY)
    world.figures.of_key[YESTERDAY] = (replace(BILLED, cost=Decimal("0.5")),)
    await world.worker.catch_up(MANAGED)
    world.figures.of_key[YESTERDAY] = (BILLED,)
    assert await world.worker.reconcile(MANAGED, YESTERDAY)
    [row] = await world.rows()
    assert row.outcome is Outcome.EQUAL


async def test_one_of_several_workers_compares(world):
    await world.booked(ENTRY)
    world.figures.of_key[YESTERDAY] = (BILLED,)
    await asyncio.gather(*(world.another_worker().catch_up(MANAGED) for _ in range(4)))
    world.log.only("ledger_reconciled")


async def test_without_a_store_nothing_is_asked(world):
    world.open = False
    assert not await world.worker.reconcile(MANAGED, YESTERDAY)
    assert (world.figures.asked, world.log.lines) == ([], [])


async def test_a_ledger_that_fails_is_reported_and_nothing_is_stored(world):
    await world.booked(ESTIMATED)
    world.record("gen-2", "0.2")
    world.ledger.broken = "locked"
    assert not await world.worker.reconcile(MANAGED, YESTERDAY)
    assert world.log.only("ledger_not_reconciled").values["reason"] == "locked"
    assert await world.rows() == ()


async def test_results_are_kept_as_long_as_the_ledger(world):
    await world.known_before(days=500)
    await world.worker.catch_up(PLAN)
    days = [row.day for row in await world.results.between(date(2000, 1, 1), START.date(), 100)]
    assert START.date() - 500 * ONE not in days
    assert START.date() - 2 * ONE in days


async def test_passes_come_by_themselves(world):
    await world.booked(ENTRY)
    world.figures.of_key[YESTERDAY] = (BILLED,)
    world.worker.begin(MANAGED)
    world.clock.advance(2 * FIRST_AFTER)
    world.worker.begin(MANAGED)
    await settled()
    assert (await world.day()).outcome is Outcome.EQUAL
    before = world.openings
    world.clock.advance(EVERY_SECONDS * 2)
    world.worker.begin(MANAGED)
    await settled()
    assert world.openings > before
    await world.worker.aclose()

"""The sweep of the ledger ends what dead processes left, one process at a time, and deletes what is old."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from adapters.memory.leases import MemoryLeases
from domain.limits import LEDGER_DAYS, LONGEST_ATTEMPT
from domain.services.background_pass import FIRST_AFTER
from domain.services.look_up_bills import LookUpBills
from domain.services.sweep_ledger import (
    BATCH,
    EVERY_SECONDS,
    GIVE_UP,
    LedgerPlan,
    SweepLedger,
    SweptLedger,
)
from ports.generations import GenerationRecord
from ports.ledger import OWN_KEY, CostSource, Entry, EntryState
from ports.responses import Route
from tests.doubles.clock import START, FakeClock, settled
from tests.doubles.ids import FakeIds
from tests.doubles.ledger import BreakableLedger, RecordedGenerations
from tests.doubles.telemetry import RecordedTelemetry

PLAN = LedgerPlan("ns", Route("https://upstream.example/api/v1", "key"))
OLD = START - timedelta(seconds=LONGEST_ATTEMPT + 1)
LEFT = Entry("ns", "turn", 1, 1, OLD, cost=Decimal("0.1"), cost_source=CostSource.CATALOG)
NAMED = replace(LEFT, turn_id="named", generation_id="gen-1")
RECORD = GenerationRecord("gen-1", cost=Decimal("0.5"))


class Swept:
    """A ledger with what processes left, and the sweep of one process."""

    def __init__(self, *records: GenerationRecord) -> None:
        self.clock, self.log = FakeClock(), RecordedTelemetry()
        self.ledger, self.leases = BreakableLedger(), MemoryLeases()
        self.generations = RecordedGenerations(*records)
        bills = LookUpBills(self.generations, self.clock, lambda _: None)

        async def opened() -> SweptLedger:
            return SweptLedger(self.ledger, self.leases)

        self.sweeper = SweepLedger(opened=opened, bills=bills, clock=self.clock, ids=FakeIds(), telemetry=self.log)

    async def sweep(self, plan: LedgerPlan = PLAN) -> None:
        task = asyncio.get_running_loop().create_task(self.sweeper.sweep(plan))
        while not task.done():
            await settled()
            self.clock.advance(1)

    async def entry(self, turn_id: str = "turn") -> Entry:
        [entry] = await self.ledger.of_turn("ns", turn_id)
        return entry


@pytest.fixture
def swept() -> Swept:
    return Swept(RECORD)


async def test_an_entry_without_a_name_keeps_its_estimate_and_is_marked(swept):
    await swept.ledger.write([LEFT])
    await swept.sweep()
    entry = await swept.entry()
    assert (entry.state, entry.cost, entry.settled_at) == (EntryState.ESTIMATED, Decimal("0.1"), START)
    assert swept.generations.asked == []


async def test_an_entry_with_a_name_gets_upstreams_figures(swept):
    await swept.ledger.write([NAMED])
    await swept.sweep()
    entry = await swept.entry("named")
    assert (entry.state, entry.cost, entry.cost_source) == (EntryState.SETTLED, Decimal("0.5"), CostSource.RECORD)


async def test_a_name_that_upstream_does_not_know_leaves_an_estimate(swept):
    await swept.ledger.write([replace(NAMED, generation_id="gen-unknown")])
    await swept.sweep()
    assert (await swept.entry("named")).state is EntryState.ESTIMATED


async def test_a_record_of_a_persons_own_key_is_not_asked_for_with_the_operators(swept):
    await swept.ledger.write([replace(NAMED, key_id=f"{OWN_KEY}0123456789ab")])
    await swept.sweep()
    assert (await swept.entry("named")).state is EntryState.ESTIMATED
    assert swept.generations.asked == []


async def test_what_upstream_refused_stays_free(swept):
    await swept.ledger.write([replace(LEFT, cost=Decimal(0), cost_source=CostSource.FREE)])
    await swept.sweep()
    assert (await swept.entry()).state is EntryState.SETTLED


async def test_an_attempt_that_may_still_run_is_left_alone(swept):
    running = replace(LEFT, started_at=OLD + timedelta(seconds=2))
    await swept.ledger.write([running])
    await swept.sweep()
    assert await swept.entry() == running


async def test_an_upstream_that_is_down_is_asked_again_later_and_the_others_do_not_wait(swept):
    swept.generations.broken = True
    await swept.ledger.write([NAMED, LEFT, replace(NAMED, turn_id="another", generation_id="gen-2")])
    await swept.sweep()
    assert (await swept.entry("named")).state is EntryState.STARTED
    assert (await swept.entry()).state is EntryState.ESTIMATED
    assert swept.generations.asked == ["gen-1"]
    swept.generations.broken = False
    await swept.sweep()
    assert (await swept.entry("named")).state is EntryState.SETTLED


async def test_an_upstream_that_stays_down_is_given_up(swept):
    swept.generations.broken = True
    await swept.ledger.write([replace(NAMED, started_at=START - GIVE_UP - timedelta(hours=1))])
    await swept.sweep()
    assert (await swept.entry("named")).state is EntryState.ESTIMATED


async def test_more_entries_than_a_batch_end_too(swept):
    await swept.ledger.write([replace(LEFT, attempt_no=number) for number in range(2 * BATCH + 1)])
    await swept.sweep()
    assert {entry.state for entry in await swept.ledger.of_turn("ns", "turn")} == {EntryState.ESTIMATED}


async def test_old_entries_are_deleted(swept):
    ages = {"old": LEDGER_DAYS + 1, "new": LEDGER_DAYS - 1}
    ended = replace(LEFT, state=EntryState.SETTLED)
    await swept.ledger.write(
        [replace(ended, turn_id=name, started_at=START - timedelta(days=days)) for name, days in ages.items()]
    )
    await swept.sweep()
    assert await swept.ledger.of_turn("ns", "old") == ()
    assert len(await swept.ledger.of_turn("ns", "new")) == 1
    [line] = [line for line in swept.log.lines if line.name == "ledger_swept"]
    assert line.values["deleted"] == 1


async def test_while_another_process_sweeps_nothing_is_done(swept):
    await swept.leases.take("ledger:ns", "another", START, 1_000)
    await swept.ledger.write([LEFT])
    await swept.sweep()
    assert (await swept.entry()).state is EntryState.STARTED


async def test_a_broken_ledger_is_reported_once(swept):
    await swept.ledger.write([LEFT])
    swept.ledger.broken = "locked"
    await swept.sweep()
    await swept.sweep()
    assert [line.name for line in swept.log.lines] == ["ledger_not_swept"]


async def test_sweeps_begin_a_minute_after_the_first_turn_and_then_every_ten(swept):
    await swept.ledger.write([LEFT])
    swept.sweeper.begin(PLAN)
    swept.clock.advance(2 * FIRST_AFTER)
    for _ in range(3):
        swept.sweeper.begin(PLAN)
        await settled()
    swept.clock.advance(1)
    await settled()
    assert (await swept.entry()).state is EntryState.ESTIMATED
    await swept.ledger.write([replace(LEFT, turn_id="next")])
    swept.sweeper.begin(PLAN)
    await settled()
    assert (await swept.entry("next")).state is EntryState.STARTED
    swept.clock.advance(2 * EVERY_SECONDS)
    swept.sweeper.begin(PLAN)
    await settled()
    swept.clock.advance(1)
    await settled()
    assert (await swept.entry("next")).state is EntryState.ESTIMATED
    await swept.sweeper.aclose()


async def test_closing_stops_a_running_sweep(swept):
    await swept.ledger.write([LEFT])
    swept.ledger.gate = asyncio.Event()
    swept.sweeper.begin(PLAN)
    swept.clock.advance(2 * FIRST_AFTER)
    swept.sweeper.begin(PLAN)
    await settled()
    await swept.sweeper.aclose()
    assert (await swept.entry()).state is EntryState.STARTED
    assert await swept.leases.take("ledger:ns", "another", START + timedelta(minutes=3), 1) is not None

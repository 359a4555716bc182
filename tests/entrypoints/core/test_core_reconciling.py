"""A day of a whole core is compared with the figures of the simulator: real requests, real databases."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import make_url

from domain.request.turn_request import Person
from entrypoints.core.caller_request import CallerHistory, CallerRequest
from entrypoints.core.core_ledger import reconcile_plan_of
from entrypoints.core.open_core import Core, open_core
from entrypoints.core.storage_location import StorageLocation, postgres_location, sqlite_location
from entrypoints.reconcile.__main__ import run
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret
from entrypoints.simulator.server import running_simulator
from entrypoints.simulator.state import Simulator
from ports.ledger import Entry, EntryState
from ports.reconciliations import FiguresFrom, Outcome, Reconciled
from tests.adapters.sql.migrating import new_url

NAMESPACE = "pipe"


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with running_simulator(generation_delay=0) as simulator:
        yield simulator


@pytest.fixture(params=["sqlite", "postgres"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> StorageLocation:
    if request.param == "sqlite":
        return sqlite_location(tmp_path / "store.db")
    return postgres_location(make_url(new_url("postgres", tmp_path)), folder=tmp_path)


def settings_of(simulator: Simulator, management: str = "") -> Settings:
    key = Secret(next(iter(simulator.keys)))
    return Settings(api_key=key, base_url=simulator.url, enable_ledger=True, management_key=Secret(management))


def management_key(simulator: Simulator) -> str:
    return next(iter(simulator.management_keys))


async def answered(core: Core, settings: Settings, *models: str) -> date:
    """Read turns to their ends; return the day (UTC) on which they began."""
    for model in models:
        message = {"role": "user", "content": "Why?"}
        asked = CallerRequest(model, (message,), person=Person("ann", "chat"), history=CallerHistory(NAMESPACE))
        async for _ in core.turn(asked, settings, await core.models.listing(settings))(None):
            pass
    await core.drained()
    return core.clock.now().date()


async def compared(core: Core, settings: Settings, day: date) -> list[Reconciled]:
    assert core.stores.books.ledger is not None
    assert await core.stores.books.ledger.reconciler.reconcile(reconcile_plan_of(settings), day)
    stores = await core.stores.storage.stores()
    assert stores.books.reconciliations is not None
    return list(await stores.books.reconciliations.between(day, day, 100))


async def seen_earlier(core: Core, settings: Settings, day: date) -> None:
    """Make a result of the day before, so that the ledger counts as kept for all of the day."""
    stores = await core.stores.storage.stores()
    assert stores.books.reconciliations is not None
    before = day - timedelta(days=1)
    key_id = reconcile_plan_of(settings).key_id
    row = Reconciled(key_id, before, FiguresFrom.TOTAL_OF_KEY, Outcome.EQUAL, core.clock.now(), total=Decimal(0))
    await stores.books.reconciliations.replace([row])


async def test_the_ledger_equals_upstreams_figures_by_model(simulator, location):
    settings = settings_of(simulator, management_key(simulator))
    async with open_core(settings, location) as core:
        day = await answered(core, settings, "sim/deltas-20", "sim/usage", "sim/usage")
        await seen_earlier(core, settings, day)
        [row] = await compared(core, settings, day)
    assert (row.outcome, row.figures, row.entries, row.their_requests) == (
        Outcome.EQUAL,
        FiguresFrom.DAY_OF_KEY,
        3,
        3,
    )
    assert float(row.cost) == pytest.approx(float(simulator.bills.spent))


async def test_a_call_that_the_ledger_missed_is_named(simulator, location):
    settings = settings_of(simulator, management_key(simulator))
    async with open_core(settings, location) as core:
        day = await answered(core, settings, "sim/usage")
        await answered(core, replace(settings, enable_ledger=False), "sim/deltas-20")
        await seen_earlier(core, settings, day)
        whole, model = await compared(core, settings, day)
    assert (whole.outcome, model.model, model.cost) == (Outcome.DIFFERS, "sim/deltas-20", Decimal(0))
    assert model.their_cost is not None
    assert model.their_cost > 0


async def test_without_a_management_key_the_total_of_the_key_is_compared(simulator, location, monkeypatch):
    settings = settings_of(simulator)
    async with open_core(settings, location) as core:
        day = await answered(core, settings, "sim/usage")
        await seen_earlier(core, settings, day)
        next_noon = datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC) + timedelta(hours=12)
        simulator.today = next_noon.date
        monkeypatch.setattr(core.clock, "now", lambda: next_noon)
        [row] = await compared(core, settings, day)
    assert (row.outcome, row.figures) == (Outcome.EQUAL, FiguresFrom.TOTAL_OF_KEY)
    assert row.their_cost == row.cost == row.total


async def test_an_estimate_gets_the_figures_of_its_record(simulator, location):
    settings = settings_of(simulator)
    async with open_core(settings, location) as core:
        day = await answered(core, settings, "sim/usage")
        [bill] = simulator.bills._bills.values()
        ledger = (await core.stores.storage.stores()).books.ledger
        assert ledger is not None
        key_id = reconcile_plan_of(settings).key_id
        guess = Entry(
            NAMESPACE,
            "cut",
            1,
            1,
            core.clock.now(),
            EntryState.ESTIMATED,
            key_id=key_id,
            generation_id=bill.generation_id,
            cost=Decimal(9),
            settled_at=core.clock.now(),
        )
        await ledger.write([guess])
        await compared(core, settings, day)
        [entry] = await ledger.of_turn(NAMESPACE, "cut")
    assert (entry.state, entry.cost) == (EntryState.SETTLED, Decimal(repr(float(bill.cost.total))))


async def test_of_two_workers_one_compares_a_day(simulator, location):
    settings = settings_of(simulator, management_key(simulator))
    async with open_core(settings, location) as first, open_core(settings, location) as second:
        today = await answered(first, settings, "sim/usage")
        day = today - timedelta(days=1)
        await seen_earlier(first, settings, day)
        begun = datetime.combine(day, datetime.min.time(), UTC)
        key_id = reconcile_plan_of(settings).key_id
        stores = await first.stores.storage.stores()
        assert stores.books.ledger is not None
        assert stores.books.reconciliations is not None
        await stores.books.ledger.write([Entry(NAMESPACE, "t", 1, 1, begun, EntryState.SETTLED, key_id=key_id)])
        noon = datetime.combine(today, datetime.min.time(), UTC) + timedelta(hours=12)
        asked = len(simulator.records)
        for core in (first, second):
            core.clock.now = lambda: noon
        passes = [
            core.stores.books.ledger.reconciler for core in (first, second) if core.stores.books.ledger is not None
        ]
        await asyncio.gather(*(one.catch_up(reconcile_plan_of(settings)) for one in passes))
        rows = await stores.books.reconciliations.between(day, day, 100)
    assert [row.day for row in rows] == [day]
    asked_for = [record.path for record in simulator.records[asked:]]
    assert sum(path.endswith("/activity") for path in asked_for) == 2  # of the key, then of the account


def command(simulator: Simulator, folder: Path, *arguments: str) -> int:
    """Run the command as an operator does, in another thread: the simulator has this one."""
    environment = {
        "OPENROUTER_API_KEY": next(iter(simulator.keys)),
        "OPENROUTER_API_BASE_URL": simulator.url,
        "OPENROUTER_PIPE_DATABASE_URL": f"sqlite:///{folder / 'store.db'}",
    }
    return run(arguments, environment)


async def test_the_command_compares_a_day_and_shows_it(simulator, tmp_path, capsys):
    settings = settings_of(simulator)
    key_id = reconcile_plan_of(settings).key_id
    async with open_core(settings, sqlite_location(tmp_path / "store.db")) as core:
        now = core.clock.now()
        yesterday = now.date() - timedelta(days=1)
        ledger = (await core.stores.storage.stores()).books.ledger
        assert ledger is not None
        begun = datetime.combine(yesterday, datetime.min.time(), UTC)
        unbilled = Entry(
            NAMESPACE, "t", 1, 1, begun, EntryState.SETTLED, key_id=key_id, cost=Decimal("0.25"), settled_at=now
        )
        await ledger.write([unbilled])
        await seen_earlier(core, settings, yesterday)

    assert await asyncio.to_thread(command, simulator, tmp_path, "--day", yesterday.isoformat()) == 1
    output = capsys.readouterr().out
    assert [word in output for word in (yesterday.isoformat(), "differs", "total of key", "0.25")] == [True] * 4
    assert await asyncio.to_thread(command, simulator, tmp_path) == 1
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert next(iter(simulator.keys)) not in output


@pytest.mark.parametrize(
    ("arguments", "folder", "said"),
    [
        (["--day", "2999-01-01"], "", "is not over"),
        ([], "none", "there is no database"),
        (["--days", "99999999"], "", "--days: a number from 1 to 10000"),
        (["--days", "-1"], "", "--days: a number from 1 to 10000"),
    ],
)
async def test_the_command_says_why_it_cannot_tell(simulator, tmp_path, capsys, arguments, folder, said):
    async with open_core(settings_of(simulator), sqlite_location(tmp_path / "store.db")) as core:
        await core.stores.storage.stores()
    assert await asyncio.to_thread(command, simulator, tmp_path / folder, *arguments) == 2
    assert said in capsys.readouterr().err

"""The ledger of a whole core: real requests to the simulator, real databases."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from domain.request.turn_request import Caller, Parameters, Person
from entrypoints.core.caller_request import CallerHistory, CallerRequest
from entrypoints.core.open_core import Core, open_core
from entrypoints.core.storage_location import IN_MEMORY, StorageLocation, postgres_location, sqlite_location
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret
from entrypoints.simulator.server import running_simulator
from entrypoints.simulator.state import Simulator
from ports.ledger import CostSource, Entry, EntryState
from tests.adapters.sql.migrating import new_url

NAMESPACE = "pipe"
LONG_AGO, LATER = datetime(2000, 1, 1, tzinfo=UTC), timedelta(days=1)


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with running_simulator(generation_delay=0) as simulator:
        yield simulator


@pytest.fixture(params=["sqlite", "postgres"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> StorageLocation:
    if request.param == "sqlite":
        return sqlite_location(tmp_path / "store.db")
    return postgres_location(make_url(new_url("postgres", tmp_path)), folder=tmp_path)


def settings_of(simulator: Simulator, **more: Any) -> Settings:
    return Settings(
        api_key=Secret(next(iter(simulator.keys))), base_url=simulator.url, **{"enable_ledger": True, **more}
    )


async def answered(core: Core, settings: Settings, model: str, turn_id: str = "turn", **more: Any) -> None:
    """Read one turn to its end and wait until everything about it is stored."""
    message = {"role": "user", "content": "Why?"}
    asked = CallerRequest(
        model,
        (message,),
        person=Person("ann", "chat", "message"),
        history=CallerHistory(NAMESPACE),
        turn_id=turn_id,
        **more,
    )
    listing = await core.models.listing(settings)
    async for _ in core.turn(asked, settings, listing)(None):
        pass
    await core.drained()


async def entries(core: Core, turn_id: str = "turn") -> tuple[Entry, ...]:
    ledger = (await core.stores.storage.stores()).books.ledger
    return () if ledger is None else await ledger.of_turn(NAMESPACE, turn_id)


async def test_a_turn_is_booked_with_the_bill_of_upstream(simulator, location):
    settings = settings_of(simulator)
    async with open_core(settings, location) as core:
        await answered(core, settings, "sim/deltas-20")
        [entry] = await entries(core)
    bill = simulator.bills.find(entry.generation_id, 1e12)
    assert bill is not None
    assert (entry.state, entry.cost_source) == (EntryState.SETTLED, CostSource.UPSTREAM)
    assert entry.cost == Decimal(repr(float(bill.cost.total)))
    assert (entry.input_tokens, entry.output_tokens) == (bill.tokens.input, bill.tokens.output)
    assert (entry.user_id, entry.kind, entry.endpoint) == ("ann", "chat", "responses")
    assert settings.api_key.reveal() not in repr(entry)


async def test_a_background_task_is_booked(simulator, location):
    settings = settings_of(simulator)
    async with open_core(settings, location) as core:
        await answered(core, settings, "sim/deltas-20", caller=Caller.TASK, task="title_generation", stream=False)
        [entry] = await entries(core)
    assert (entry.kind, entry.state) == ("title_generation", EntryState.SETTLED)


async def test_a_drawn_picture_is_booked(simulator, location):
    settings = settings_of(simulator)
    async with open_core(settings, location) as core:
        await core.models.offered(settings)
        await answered(core, settings, "openai/gpt-image-2")
        [entry] = await entries(core)
    assert (entry.endpoint, entry.state) == ("images", EntryState.SETTLED)
    assert entry.cost == Decimal(repr(float(simulator.bills.spent)))


async def test_a_stopped_turn_gets_the_figures_of_upstreams_record(simulator, location):
    settings = settings_of(simulator)
    async with open_core(settings, location) as core:
        reading = asyncio.get_running_loop().create_task(answered(core, settings, "sim/deltas-2000-rate-20"))
        while not any(record.generation_id for record in simulator.records):
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading
        await core.drained()
        ledger = core.stores.books.ledger
        assert ledger is not None
        assert ledger.keeper.bills is not None
        await ledger.keeper.bills.drained()
        await core.drained()
        [entry] = await entries(core)
    bill = simulator.bills.find(entry.generation_id, 1e12)
    assert bill is not None
    assert bill.cancelled
    assert (entry.state, entry.cost_source) == (EntryState.SETTLED, CostSource.RECORD)
    assert entry.cost == Decimal(repr(float(bill.cost.total)))


async def test_a_ledger_that_is_switched_off_books_nothing(simulator, location):
    settings = settings_of(simulator, enable_ledger=False)
    async with open_core(settings, location) as core:
        await answered(core, settings, "sim/deltas-20")
        assert await entries(core) == ()


async def test_without_a_database_nothing_is_booked(simulator):
    settings = settings_of(simulator)
    async with open_core(settings, IN_MEMORY) as core:
        await answered(core, settings, "sim/deltas-20")
        assert await entries(core) == ()
        assert core.stores.books.ledger is None


async def test_what_a_core_could_not_store_is_stored_by_the_next_one(simulator, tmp_path):
    settings, folder = settings_of(simulator), tmp_path / "data"
    folder.mkdir()
    file = folder / "openrouter_pipe.db"
    file.mkdir()  # no database can be there
    async with open_core(settings, sqlite_location(file)) as core:
        await answered(core, settings, "sim/deltas-20", "first")
        assert await entries(core, "first") == ()
    assert [kept.stat().st_mode & 0o777 for kept in folder.glob("*.jsonl")] == [0o600]
    file.rmdir()
    async with open_core(settings, sqlite_location(file)) as core:
        await answered(core, settings, "sim/deltas-20", "second")
        assert [entry.state for entry in await entries(core, "first")] == [EntryState.SETTLED]
        assert len(await entries(core, "second")) == 1
    assert not [*folder.glob("*.jsonl")]


async def test_spend_adds_up_to_what_upstream_charged(simulator, location):
    settings = settings_of(simulator)
    async with open_core(settings, location) as core:
        for number in range(3):
            await answered(core, settings, "sim/deltas-20", str(number), parameters=Parameters())
        ledger = (await core.stores.storage.stores()).books.ledger
        assert ledger is not None
        [spent] = await ledger.spend(NAMESPACE, LONG_AGO, core.clock.now() + LATER)
    assert (spent.user_id, spent.entries, spent.inexact) == ("ann", 3, 0)
    assert float(spent.cost) == pytest.approx(float(simulator.bills.spent))

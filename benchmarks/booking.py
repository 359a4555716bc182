"""What the ledger costs: the first token with and without it, its writes against bare inserts, its growth, its sums.

`python -m benchmarks.booking` prints the lines. Both sides are the core without a host, with turns that nothing else is
stored of; upstream is another process. PostgreSQL runs on a socket in a temporary folder.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import insert, make_url, text

from adapters.process.ids import SystemIds
from adapters.sql.database import Database
from adapters.sql.ledger import SqlLedger
from adapters.sql.ledger_writing import MONEY, NAMES, row_of
from adapters.sql.lists import POSTGRES
from adapters.sql.migrate import migrate
from adapters.sql.tables import usage_entry
from adapters.sql.texts import micros
from benchmarks.report import Broken, Line, headings, ratio
from benchmarks.rounds import BARE, OURS, alternating, compared
from domain.request.turn_request import Person
from domain.turn.steps import Ended, ShowText
from entrypoints.core.caller_request import CallerHistory, CallerRequest
from entrypoints.core.open_core import Core, open_core
from entrypoints.core.revisions import revisions_dir
from entrypoints.core.storage_location import StorageLocation, postgres_location, sqlite_location
from entrypoints.devhost.upstream import SIMULATOR_KEY, running_simulator
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret
from ports.ledger import CostSource, Entry, EntryState
from tests.doubles.postgres import new_database_url

NAMESPACE, MODEL = "bench", "sim/deltas-20"
ROUNDS, WARM_UP = 150, 20
FIRST_MS = 2.0
BATCH, BATCHES = 100, 30
SLOWEST = 2.0
ROWS, CHUNK, PEOPLE, MODELS, DAYS = 1_000_000, 50_000, 100, 10, 30
APART = DAYS * 86_400_000_000 // ROWS  # microseconds between two entries
SUMMED = 2.0
EXACT_ON_SQLITE = (
    "sum(CAST(cost AS INTEGER)), "
    "sum(CAST(substr(substr(cost, instr(cost || '.', '.') + 1) || '000000000000', 1, 12) AS INTEGER))"
)
"""Dollars, and what is beyond them in millionths of millionths."""
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
SETTLED = Entry(
    NAMESPACE,
    "01HZX3V9M0N4Q8R2T6W0Y4A8C2",
    1,
    1,
    NOON,
    EntryState.SETTLED,
    user_id="0b9c1a5e-1f6e-4d2a-9f0e-0a1b2c3d4e5f",
    chat_id="1b9c1a5e-1f6e-4d2a-9f0e-0a1b2c3d4e5f",
    message_id="2b9c1a5e-1f6e-4d2a-9f0e-0a1b2c3d4e5f",
    endpoint="responses",
    key_id="0123456789ab",
    requested_model="openai/gpt-5.6-sol",
    answering_model="openai/gpt-5.6-sol-20260806",
    provider="OpenAI",
    generation_id="gen-1796058489-zay0PYy8g63eVUyd52QL",
    input_tokens=9175,
    output_tokens=277,
    cost=Decimal("0.025706"),
    cost_source=CostSource.UPSTREAM,
    settled_at=NOON,
)


@dataclass(frozen=True, slots=True)
class Shown:
    """One turn, in ms: until its first text, and until its end."""

    first: float
    total: float


def measure_booking() -> Iterator[Line]:
    """Measure all of it."""
    with running_simulator() as address:
        for kind in ("SQLite", "PostgreSQL"):
            yield from asyncio.run(_turns(address, kind))
    for kind in ("SQLite", "PostgreSQL"):
        yield from asyncio.run(_listed(_rows(kind)))


async def _listed(lines: AsyncIterator[Line]) -> list[Line]:
    return [line async for line in lines]


def _location(kind: str, folder: Path) -> StorageLocation:
    if kind == "SQLite":
        return sqlite_location(folder / "store.db")
    return postgres_location(make_url(new_database_url()), folder=folder)


async def _turns(address: str, kind: str) -> list[Line]:
    async with AsyncExitStack() as stack:
        cores: dict[str, tuple[Core, Settings]] = {}
        for side in (OURS, BARE):
            folder = Path(stack.enter_context(TemporaryDirectory()))
            settings = Settings(
                api_key=Secret(SIMULATOR_KEY), base_url=address, enable_ledger=side == OURS, log_level="ERROR"
            )
            core = await stack.enter_async_context(open_core(settings, _location(kind, folder)))
            await core.models.offered(settings)
            await core.stores.storage.stores()
            cores[side] = core, settings

        async def one(side: str) -> Shown:
            return await _turn(*cores[side])

        await alternating(WARM_UP, one)
        samples = await alternating(ROUNDS, one)
        what = f"ledger on {kind}, no ledger"
        return [
            compared(f"{what}: first token", samples, lambda shown: shown.first, FIRST_MS),
            compared(f"{what}: total", samples, lambda shown: shown.total),
        ]


async def _turn(core: Core, settings: Settings) -> Shown:
    message = {"role": "user", "content": "Why is the sky blue?"}
    asked = CallerRequest(MODEL, (message,), person=Person("", "chat"), history=CallerHistory(NAMESPACE))
    began, first = time.perf_counter(), 0.0
    async for output in core.turn(asked, settings, await core.models.listing(settings))(None):
        if isinstance(output, ShowText) and not first:
            first = time.perf_counter()
        if isinstance(output, Ended) and output.end.fault is not None:
            raise Broken(f"a turn failed: {output.end.fault.kind.value}")
    ended = time.perf_counter()
    await core.drained()
    return Shown((first - began) * 1000, (ended - began) * 1000)


async def _rows(kind: str) -> AsyncIterator[Line]:
    with TemporaryDirectory() as folder:
        location = _location(kind, Path(folder))
        await migrate(location.url, revisions_dir, schema=location.schema)
        database = Database(location.url, schema=location.schema)
        try:
            yield await _writes(kind, database)
            yield await _growth(kind, database)
            yield await _sums(kind, database)
        finally:
            await database.aclose()


async def _writes(kind: str, database: Database) -> Line:
    """Compare entries written in batches with the bare insert of as many rows in as many transactions."""
    ledger, ids = SqlLedger(database), SystemIds()

    async def one(side: str) -> float:
        entries = [replace(SETTLED, turn_id=ids.new_id()) for _ in range(BATCH)]
        rows = [dict(zip(NAMES, row_of(entry), strict=True)) for entry in entries]
        for row in rows:
            row["cost"] = Decimal(row["cost"]) if database.dialect == POSTGRES else row["cost"]
        began = time.perf_counter()
        if side == OURS:
            await ledger.write(entries)
        else:
            async with database.writing() as connection:
                await connection.execute(insert(usage_entry), rows)
        return (time.perf_counter() - began) * 1000

    await alternating(5, one)
    samples = await alternating(BATCHES, one)
    fastest = sum(sorted(samples[OURS])[: BATCHES // 2]), sum(sorted(samples[BARE])[: BATCHES // 2])
    ours, bare = (took / (BATCHES // 2) / BATCH * 1000 for took in fastest)
    return ratio(f"ledger on {kind}: an entry in a batch of {BATCH}, bare insert", ours, bare, "µs", SLOWEST)


async def _growth(kind: str, database: Database) -> Line:
    """Fill the table with many rows and measure what one takes, with its entries in indexes."""
    on_sqlite = kind == "SQLite"
    numbers = "WITH RECURSIVE s(n) AS (SELECT :low UNION ALL SELECT n + 1 FROM s WHERE n < :high)" if on_sqlite else ""
    source = "s" if on_sqlite else "generate_series(CAST(:low AS integer), CAST(:high AS integer)) AS s(n)"
    padded = "printf('%0{}d', {})" if on_sqlite else "lpad(({1})::text, {0}, '0')"
    made = {
        "turn_id": padded.format(26, "n"),
        "user_id": f"{padded.format(8, f'n % {PEOPLE}')} || '-1f6e-4d2a-9f0e-0a1b2c3d4e5f'",
        "answering_model": f"'maker/model-' || (n / 7 % {MODELS})",
        "started_at": f"{micros(NOON)} - ({ROWS} - n + 1) * {APART}",  # one after the other, as turns begin
        "cost": f"'0.' || {padded.format(9, 'n * 7919 % 10000000')}",
    }
    if not on_sqlite:
        made["started_at"] = made["started_at"].replace("- n", "- n::bigint")
        made["cost"] = f"({made['cost'].replace('n *', 'n::bigint *')})::numeric"
    fixed = dict(zip(NAMES, row_of(SETTLED), strict=True))
    values = [made.get(name, _literal(fixed[name], name, on_sqlite=on_sqlite)) for name in NAMES]
    names = ", ".join(NAMES)
    async with database.writing() as connection:
        await connection.execute(text(f"DELETE FROM {usage_entry.name}"))
    made_of = ", ".join(values).replace("::", "\\:\\:")
    fill = text(f"INSERT INTO {usage_entry.name} ({names}) {numbers} SELECT {made_of} FROM {source}")
    for low in range(1, ROWS, CHUNK):
        async with database.writing() as connection:
            await connection.execute(fill, {"low": low, "high": low + CHUNK - 1})
    async with database.reading() as connection:
        if on_sqlite:
            await connection.exec_driver_sql("PRAGMA analysis_limit=1000")
        await connection.exec_driver_sql("ANALYZE")
        if on_sqlite:
            pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
            size = pages * (await connection.exec_driver_sql("PRAGMA page_size")).scalar_one()
        else:
            found = await connection.exec_driver_sql(f"SELECT pg_total_relation_size('{usage_entry.name}')")
            size = found.scalar_one()
    return Line(f"ledger on {kind}: bytes per entry, with indexes", f"{size / ROWS:.0f} B")


def _literal(value: object, name: str, *, on_sqlite: bool) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(int(value)) if on_sqlite else str(value)
    quoted = f"'{value}'" if isinstance(value, str) else str(value)
    return f"{quoted}::numeric" if name in MONEY and not on_sqlite else quoted


async def _sums(kind: str, database: Database) -> Line:
    """Add up all rows by person, model and day; beside it plain SQL that an operator writes who wants exact sums."""
    ledger = SqlLedger(database)
    money = EXACT_ON_SQLITE if kind == "SQLite" else "sum(cost)"
    plain = text(
        "SELECT user_id, coalesce(nullif(answering_model, ''), requested_model) AS model, "
        f"started_at / 86400000000 AS day, count(*), {money} "
        f"FROM {usage_entry.name} WHERE state <> 'void' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    )
    times: dict[str, list[float]] = {OURS: [], BARE: []}
    groups: dict[str, int] = {}
    engine = database.make_engine()
    for _ in range(4):
        for side in (OURS, BARE):
            began = time.perf_counter()
            if side == OURS:
                groups[side] = len(await ledger.spend(NAMESPACE, NOON - timedelta(days=DAYS + 1), NOON))
            else:
                async with engine.connect() as connection:
                    groups[side] = len((await connection.execute(plain)).all())
            times[side].append((time.perf_counter() - began) * 1000)
    await engine.dispose()
    if groups[OURS] != groups[BARE]:
        raise Broken(f"the sums have {groups[OURS]} groups of {groups[BARE]}")
    what = f"ledger on {kind}: sums of {ROWS:,} entries, plain SQL"
    return ratio(what, min(times[OURS]), min(times[BARE]), "ms", SUMMED)


if __name__ == "__main__":
    print(headings())
    for line in measure_booking():
        print(line.text(), flush=True)

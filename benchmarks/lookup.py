"""Looking up one chat among a million rows, compared with the same chat among ten thousand.

The turns of the chat are spread evenly over all other rows, like those of a chat that lasted for months. The large file
is created once and cached outside the work tree under a name derived from the tables; each run inserts the chat.

The fastest of many alternating rounds counts: a lookup passes through two threads, and on a busy machine waiting for
one of them takes as long as the lookup.
"""

import os
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, closing
from hashlib import sha256
from itertools import islice
from pathlib import Path
from random import Random

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from adapters.sql.artifacts import SqlArtifacts
from adapters.sql.migrate import migrate
from adapters.sql.tables import artifact
from benchmarks.memory_rig import ANN, KEPT, Chat, Kept, chat_of, keep, kept_in
from benchmarks.report import Broken, Line, ratio
from benchmarks.rounds import BARE, OURS, alternating
from entrypoints.core.revisions import revisions_dir

ROWS = {OURS: 1_000_000, BARE: 10_000}
ROWS_PER_TURN, PEOPLE, TURNS = 4, 500, 200
ROUNDS = 161
AT_MOST = 1.5
BATCH = 50_000
DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

Filler = tuple[str | int | bytes, ...]


async def measure_lookup() -> AsyncIterator[Line]:
    """Measure a long chat found by turn ids, the same chat found by fingerprints, and a single turn."""
    async with AsyncExitStack() as stack:
        sides: dict[str, Kept] = {}
        chats: dict[str, Chat] = {}
        for side, rows in ROWS.items():
            sides[side] = await stack.enter_async_context(kept_in(await _file(rows)))
            await _forget(sides[side])
            stack.push_async_callback(_forget, sides[side])
            chats[side] = chat_of(TURNS, _spread(rows))
            await keep(sides[side].memory, chats[side].records)
        for how in (f"{TURNS} turns by name", f"{TURNS} turns by words", "one turn"):

            async def one(side: str, how: str = how) -> float:
                return await _lookup(sides[side], chats[side], how)

            times = await alternating(ROUNDS, one)
            fastest = min(times[OURS]), min(times[BARE])
            yield ratio(f"lookup of {how}: a million rows, ten thousand", *fastest, "ms", AT_MOST)


async def _lookup(kept: Kept, chat: Chat, how: str) -> float:
    """Return ms; each round looks up another single turn."""
    records = chat.records if how.startswith(str(TURNS)) else Random(time.monotonic_ns()).choices(chat.records)
    by_words = "words" in how
    turns = [] if by_words else [record.turn_id for record in records]
    prints = [kept.store.cipher.lookups(record.fingerprint)[0] for record in records] if by_words else []
    began = time.perf_counter()
    rows = await kept.store.artifacts.find(
        KEPT.namespace, ANN.user_id, turn_ids=turns, fingerprints=prints, limit=4 * TURNS
    )
    took = time.perf_counter() - began
    if len(rows) != 2 * len(records):
        raise Broken(f"lookup found {len(rows)} rows of {2 * len(records)}")
    return took * 1000


async def _forget(kept: Kept) -> None:
    while await SqlArtifacts(kept.database).delete_person(KEPT.namespace, ANN.user_id, 1_000):
        pass


# --- the files ------------------------------------------------------------------------------------------------------


async def _file(rows: int) -> Path:
    """Return a file with `rows` rows, created if missing; files of other tables are then removed."""
    folder = Path(os.environ.get("OPENROUTER_PIPE_CACHE") or Path.home() / ".cache" / "openrouter-pipe")
    path = folder / f"bench-{_schema()}" / f"rows-{rows}.db"
    if not path.exists():
        for old in folder.glob("bench-*"):
            if old != path.parent:
                shutil.rmtree(old, ignore_errors=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        await migrate(f"sqlite:///{draft}", revisions_dir)
        _fill(draft, rows)
        draft.rename(path)
    return path


def _schema() -> str:
    """Return a name derived from the content of the files: tables, indexes, and the spread of rows."""
    dialect = sqlite.dialect()
    made = [str(CreateTable(artifact).compile(dialect=dialect))]
    made += sorted(str(CreateIndex(index).compile(dialect=dialect)) for index in artifact.indexes)
    made.append(f"{ROWS_PER_TURN} {PEOPLE} 1")
    return sha256("\n".join(made).encode()).hexdigest()[:12]


def _fill(file: Path, count: int) -> None:
    """Insert the rows before creating the indexes: ten times as fast."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for setting in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-200000"):
            connection.execute(f"PRAGMA {setting}")
        indexes = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql <> ''"
        ).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        names = [column.name for column in artifact.columns]
        insert = f"INSERT INTO {artifact.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        rows = _fillers(count)
        connection.execute("BEGIN")
        while batch := list(islice(rows, BATCH)):
            connection.executemany(insert, batch)
        connection.execute("COMMIT")
        for _, sql in indexes:
            connection.execute(sql)
        connection.execute("PRAGMA journal_mode=WAL")


def _fillers(count: int) -> Iterator[Filler]:
    """Yield rows of other users, in the order of the table's columns; turn ids have even numbers."""
    draw = Random(count)
    started = 1_700_000_000_000_000
    for number in range(count):
        turn, ordinal = divmod(number, ROWS_PER_TURN)
        person, at = turn * 7919 % PEOPLE, started + turn * 1_000_000
        yield (
            *(KEPT.namespace, _ulid(number), _ulid(2 * turn), ordinal),
            *("reasoning", "openai/gpt-5", f"person-{person}", f"chat-{person}-{turn % 97}", f"message-{turn}"),
            *(f"{turn * 0x9E3779B97F4A7C15 % 2**128:032x}", "0123456789abcdef", 1, 400, at, at, draw.randbytes(120)),
        )


def _spread(rows: int) -> Iterator[str]:
    """Yield `TURNS` turn ids, spread evenly between those of the fillers from the first to the last."""
    turns = rows // ROWS_PER_TURN
    return (_ulid(2 * (number * turns // TURNS) + 1) for number in range(TURNS))


def _ulid(number: int) -> str:
    return "01" + "".join(DIGITS[number >> shift & 31] for shift in range(115, -1, -5))

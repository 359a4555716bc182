"""Processes killed while they store turns: afterwards every turn is whole, and every reported one is there.

`python -m tests.drills.killed`: 200 kills, one in four with an empty folder, so that tables and key are created.
"""

import argparse
import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from sqlalchemy import text

from adapters.sql.database import Database
from domain.conversation.record import TurnRecord
from entrypoints.core.storage import Storage
from tests.domain.conversation.histories import wanted
from tests.drills.killed_turns import chat_of, replayed, turn
from tests.drills.killed_writing import ANN, MEMORY, OPENING, STAGES, STORED, opened, started

KILLS = 200
OF_ONE_CHILD = 8
"""Turns a child may store before it is killed; the last ones are checked."""
SLACK = 0.004  # s


@dataclass
class Figures:
    """The counts; `misses` lists what must not happen."""

    counts: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Killed:
    """What a child reported before it was killed: its stage, the turn of that stage, and the stored turns."""

    stage: str
    at: int
    stored: tuple[int, ...]


def run(kills: int = KILLS, seed: int = 0) -> Figures:
    """Kill `kills` writers one after the other and check what each one left."""
    rng, figures = Random(seed), Figures()
    with TemporaryDirectory(prefix="killed-") as name:
        old = Path(name) / "old"
        old.mkdir()
        first = 1
        for number in range(kills):
            fresh = number % 4 == 3
            folder = Path(name) / f"new-{number}" if fresh else old
            folder.mkdir(exist_ok=True)
            killed = _kill(folder, first, rng, soon=fresh and rng.random() < 0.7)
            figures.counts[f"killed while {killed.stage}"] += 1
            asyncio.run(_look(folder, first, killed, figures, thorough=fresh or number % 10 == 0))
            first = max(first, killed.at + 1)
        asyncio.run(_look_at_all(old, first, figures))
    figures.counts["kills"] = kills
    return figures


def _kill(folder: Path, first: int, rng: Random, *, soon: bool) -> Killed:
    """Start a child and kill it shortly after it entered a random stage; `soon`: while it opens the store."""
    child, pipe = started(folder, first)
    stage = OPENING if soon else rng.choice(STAGES[1:])
    last = first + rng.randrange(OF_ONE_CHILD)
    output = bytearray()
    while not _reached(output, stage, 0 if soon else last):
        more = os.read(pipe, 65536)
        if not more:
            raise RuntimeError("the writer ended by itself")
        output += more
    time.sleep(rng.uniform(0, 0.1) if soon else rng.choice((0.0, rng.uniform(0, SLACK))))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while more := os.read(pipe, 65536):
        output += more
    os.close(pipe)
    notes = [line.split(" ") for line in output.decode().split("\n") if line]
    stored = tuple(int(at) for name, at in notes if name == STORED)
    return Killed(notes[-1][0], int(notes[-1][1]), stored)


def _reached(output: bytearray, stage: str, at: int) -> bool:
    return f"{stage} {at}\n".encode() in output


async def _look(folder: Path, first: int, killed: Killed, figures: Figures, *, thorough: bool) -> None:
    """Open the store of a killed child, and replay the turns it was about to write."""
    numbers = list(range(first, killed.at + 1))
    stored = set(killed.stored)
    async with opened(folder) as (storage, memory, telemetry):
        stores = await storage.stores()
        if stores.location is None:
            figures.misses.append(f"did not open after a kill while {killed.stage}")
            return
        if not numbers:
            numbers = [first]
            await memory.remember(ANN, MEMORY, turn(first))
            stored = {first}
        messages = chat_of(numbers)
        recalled = await memory.recall(ANN, MEMORY, wanted(messages).turn_ids, ())
        found = {record.turn_id: record for record in recalled.records}
        figures.misses += await _halves(storage, numbers)
        for number in numbers:
            _judge(number, found.get(turn(number).turn_id), number in stored, killed, figures)
        items, refused = replayed(messages, recalled.records)
        figures.counts["bodies judged"] += 1
        if refused:
            figures.misses.append(refused)
        thoughts = sum(item["type"] == "reasoning" for item in items)
        due = sum(one.item["type"] == "reasoning" for record in found.values() for one in record.items)
        if thoughts != due:
            figures.misses.append(f"{thoughts} of {due} thoughts went back")
        figures.misses += [f"warned: {line.name} {line.values}" for line in telemetry.lines]
    if thorough:
        await _check(folder, figures)


def _judge(number: int, found: TurnRecord | None, was_stored: bool, killed: Killed, figures: Figures) -> None:
    if found is None and was_stored:
        figures.misses.append(f"turn {number} was stored and is gone")
    elif found is None:
        figures.counts["turns not written at all"] += 1
    elif not found.whole or found != turn(number):
        figures.misses.append(f"turn {number} came back in part, killed while {killed.stage}")
    else:
        figures.counts["turns written whole"] += 1
        figures.counts["whole though not reported"] += not was_stored


async def _halves(storage: Storage, numbers: Sequence[int]) -> list[str]:
    """Name the turns of which only some rows are stored, independent of the reading code."""
    whole = {turn(number).turn_id: len(turn(number).items) for number in numbers}
    store = await storage.sealed_store()
    rows = await store.artifacts.find(
        MEMORY.namespace, ANN.user_id, turn_ids=whole.keys(), fingerprints=(), limit=sum(whole.values()) + 1
    )
    counts = Counter(row.turn_id for row in rows)
    return [
        f"{count} of {whole[turn_id]} rows are there" for turn_id, count in counts.items() if count != whole[turn_id]
    ]


async def _look_at_all(folder: Path, end: int, figures: Figures) -> None:
    """Read every turn ever written to the folder killed most often: all must be whole and unchanged."""
    async with opened(folder) as (storage, memory, _):
        for first in range(1, end, 50):
            numbers = range(first, min(first + 50, end))
            figures.misses += await _halves(storage, numbers)
            recalled = await memory.recall(ANN, MEMORY, [turn(number).turn_id for number in numbers], ())
            written = {turn(number).turn_id: turn(number) for number in numbers}
            for record in recalled.records:
                figures.counts["turns read again at the end"] += 1
                if record != written[record.turn_id]:
                    figures.misses.append(f"{record.turn_id} came back in part at the end")
    await _check(folder, figures)


async def _check(folder: Path, figures: Figures) -> None:
    database = Database(f"sqlite:///{folder / 'store.db'}")
    async with database.reading() as connection:
        verdict = (await connection.execute(text("PRAGMA integrity_check"))).scalar_one()
    await database.aclose()
    figures.counts["integrity checks"] += 1
    if verdict != "ok":
        figures.misses.append(f"integrity: {verdict}")


def main() -> int:
    """Run the drill; return 0 if nothing was half-written, lost or refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    began = time.monotonic()
    figures = run(options.kills, options.seed)
    for name, count in sorted(figures.counts.items()):
        print(f"{name:<36}{count}")
    print(f"{'complaints':<36}{len(figures.misses)}")
    print(f"{'seconds':<36}{time.monotonic() - began:.1f}")
    for miss, count in Counter(figures.misses).most_common(12):
        print(f"  {count:6}  {miss}")
    return 1 if figures.misses else 0


if __name__ == "__main__":
    sys.exit(main())

"""Recall under a request that names thousands of large turns: the peak of memory, measured in processes of their own.

A request of 62 KiB can name more turns than any model could read. Each kind of row is stored, then recalled by a
process that has recalled one small turn before: what its peak grows by is what the hostile request cost.
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from adapters.process.clock import SystemClock
from adapters.process.ids import SystemIds
from adapters.process.threads import ThreadOffload
from adapters.sql.artifacts import SqlArtifacts
from adapters.sql.database import Database
from adapters.vault.vault import KeyRing, Vault, VaultOptions, make_vault
from domain.request.turn_request import Person, Remembering
from domain.services.remember_turn import SealedStore, TurnMemory
from ports.artifacts import Artifact
from ports.cipher import Sealed
from tests.contracts.artifact_cases import ulid
from tests.doubles.databases import database_in, sqlite_url
from tests.doubles.telemetry import RecordedTelemetry
from tests.drills.tools import PartResult

ROOT = Path(__file__).resolve().parents[2]
ANN, HERE = Person("ann", "chat"), Remembering("drill")
KEY = bytes(range(32))
REQUEST_BYTES = 62 * 1024
TURNS = REQUEST_BYTES // 27  # 26 characters of each name, and what parts them
MOST_MIB = 80
"""What one hostile recall may take: RECALL_BYTES as stored, opened, decoded and read, with some room."""
PER_PUT = 50
KINDS = {"compressible": (TURNS, 200_000), "incompressible": (300, 400_000), "lying": (TURNS, 200_000)}
"""How many turns of which size; a lying row says it opens to one byte."""


def run(seed: int = 0) -> PartResult:
    """Measure every kind; the rows are the same in every run, so `seed` changes nothing."""
    del seed
    return recall()


def recall(kinds: tuple[str, ...] = tuple(KINDS), most_mib: float = MOST_MIB) -> PartResult:
    """Measure every kind; return figures by name, and a miss for each peak above `most_mib`."""
    figures: dict[str, object] = {}
    misses: list[str] = []
    for kind in kinds:
        with TemporaryDirectory(prefix="openrouter-pipe-drill-") as folder:
            asyncio.run(_fill(Path(folder), kind))
            measured = _measured(Path(folder), kind)
        figures[f"recall of {kind} rows: MiB"] = f"{measured['mib']:.0f}"
        figures[f"recall of {kind} rows: turns"] = f"{measured['turns']} of {KINDS[kind][0]}"
        if measured["mib"] > most_mib:
            misses.append(f"recalling {kind} rows took {measured['mib']:.0f} MiB, allowed are {most_mib:.0f}")
        if not measured["turns"] and kind != "lying":
            misses.append(f"recalling {kind} rows found nothing")
    return figures, misses


def _measured(folder: Path, kind: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.drills.hostile_recall", "--measure", str(folder), "--kind", kind],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


# --- what is stored -------------------------------------------------------------------------------------------


async def _fill(folder: Path, kind: str) -> None:
    turns, size = KINDS[kind]
    vault, random = _vault(), Random(0)
    database = database_in("sqlite", folder)
    store = SqlArtifacts(database)
    now = datetime.now(UTC)
    batch: list[Artifact] = []
    for turn in range(turns + 1):
        length = 100 if not turn else size
        for row in _rows(turn, length, kind, vault, random, now):
            batch.append(row)
        if len(batch) >= PER_PUT:
            await store.put(batch)
            batch = []
    await store.put(batch)
    await database.aclose()


def _rows(turn: int, size: int, kind: str, vault: Vault, random: Random, now: datetime) -> Iterator[Artifact]:
    text = random.randbytes(size // 2).hex() if kind == "incompressible" else "x" * size
    items = (
        {"type": "function_call", "call_id": "c", "name": "look", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": text},
    )
    for ordinal, item in enumerate(items):
        plain = json.dumps({"v": 1, "of": len(items), "asked": "a/b", "item": item}).encode()
        sealed = vault.seal(plain, secret=True)
        if kind == "lying" and turn:
            sealed = Sealed(sealed.payload, sealed.key_id, sealed.codec, 1)
        yield Artifact(
            ulid(2 * turn + ordinal), HERE.namespace, ulid(turn), ordinal, item["type"], "a/b", "ann", sealed, now
        )


def _vault() -> Vault:
    return make_vault(KeyRing(file_key=KEY), VaultOptions())


# --- the process that is measured -----------------------------------------------------------------------------


async def _recalled(folder: Path, turns: range) -> int:
    database = Database(sqlite_url(folder))
    offload = ThreadOffload()

    async def opened() -> SealedStore:
        return SealedStore(SqlArtifacts(database), _vault())

    memory = TurnMemory(
        opened=opened, offload=offload, clock=SystemClock(), ids=SystemIds(), telemetry=RecordedTelemetry()
    )
    found = await memory.recall(ANN, HERE, [ulid(turn) for turn in turns], ())
    await database.aclose()
    await offload.aclose()
    return len(found.records)


def _peak() -> float:
    """Return the largest memory this process had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _measure(folder: Path, kind: str) -> dict[str, float]:
    asyncio.run(_recalled(folder, range(1)))
    before = _peak()
    turns = asyncio.run(_recalled(folder, range(1, KINDS[kind][0] + 1)))
    return {"mib": _peak() - before, "turns": turns}


def main() -> int:
    """Run the drill; return 0 if no peak was above its bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--kind", choices=KINDS, default="compressible", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure is not None:
        print(json.dumps(_measure(given.measure, given.kind)))
        return 0
    began = time.monotonic()
    figures, misses = recall()
    for what, figure in figures.items():
        print(f"{what:<40} {figure}")
    print(f"{'seconds':<40} {time.monotonic() - began:.0f}")
    print(f"{'misses':<40} {len(misses) or 'none'}")
    for miss in misses:
        print(f"  {miss}")
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())

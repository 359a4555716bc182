"""A process without root's right to override file permissions; run as a module it writes and prints its error."""

import asyncio
import ctypes
import subprocess
import sys
from pathlib import Path

from adapters.sql.artifacts import SqlArtifacts
from adapters.sql.database import Database
from ports.artifacts import ArtifactsError, ArtifactsReadOnly
from tests.contracts.artifact_cases import turn_of

ROOT = Path(__file__).resolve().parents[3]
DROP_FROM_BOUNDING_SET = 24
OVERRIDING = (1, 2, 3)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER


def as_bound_by_rights(url: str) -> str:
    """Return another process's reason for not storing, and whether it is read-only."""
    libc = ctypes.CDLL(None)

    def give_up() -> None:
        for capability in OVERRIDING:
            libc.prctl(DROP_FROM_BOUNDING_SET, capability, 0, 0, 0)

    command = [sys.executable, "-m", "tests.adapters.sql.bound_by_rights", url]
    done = subprocess.run(command, preexec_fn=give_up, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip()


async def _put(url: str) -> None:
    database = Database(url)
    try:
        await SqlArtifacts(database).put(turn_of(1, 1))
        print("stored")
    except ArtifactsError as error:
        print(error.reason, isinstance(error, ArtifactsReadOnly))
    finally:
        await database.aclose()


if __name__ == "__main__":
    asyncio.run(_put(sys.argv[1]))

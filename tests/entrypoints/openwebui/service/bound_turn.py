"""One load of the pipe in a process that file permissions bind, even if root runs it.

Run as a module with upstream's URL and a body as JSON: asks once, prints the answer's errors and what was warned of.
"""

import asyncio
import ctypes
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from entrypoints.openwebui.service import PipeService
from tests.entrypoints.openwebui.service.calling import Caller
from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parents[4]
DROP_FROM_BOUNDING_SET = 24
OVERRIDING = (1, 2, 3)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER


async def ask_as_bound_by_rights(url: str, body: dict[str, Any]) -> tuple[list[Any], list[str]]:
    """Return the errors and the warnings of one turn in another process."""
    libc = ctypes.CDLL(None)

    def give_up() -> None:
        for capability in OVERRIDING:
            libc.prctl(DROP_FROM_BOUNDING_SET, capability, 0, 0, 0)

    command = [sys.executable, "-m", "tests.entrypoints.openwebui.service.bound_turn", url, json.dumps(body)]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=os.environ, preexec_fn=give_up, stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(PATIENCE):
        told, _ = await process.communicate()
    errors, warnings = json.loads(told)
    return errors, warnings


class Warnings(logging.Handler):
    """Keeps the text of every warning."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


async def _ask(url: str, body: dict[str, Any]) -> None:
    warnings = Warnings()
    logging.getLogger("openrouter_pipe").addHandler(warnings)
    service = PipeService("openrouter")
    reply = await Caller(service, url).send(body)
    await service.aclose()
    print(json.dumps([reply.errors, warnings.texts]))


if __name__ == "__main__":
    asyncio.run(_ask(sys.argv[1], json.loads(sys.argv[2])))

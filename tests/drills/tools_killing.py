"""The process killed while it runs tools, and those that request the same calls afterwards.

It runs calls as in production, four at a time, turn after turn. It reports every point through a pipe, and waits at the
configured one until it is killed. The effect of a tool is one line in a file, forced to the disk.
"""

import asyncio
import json
import os
import traceback
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from adapters.json_schema.checker import JsonSchemaChecker
from adapters.memory.tool_runs import MemoryToolRuns
from adapters.process.clock import SystemClock
from adapters.process.ids import SystemIds
from adapters.process.slots import ProcessSlots
from adapters.process.threads import ThreadOffload
from adapters.sql.breaker_state import SqlBreakerState
from adapters.sql.database import Database
from adapters.sql.tool_runs import SqlToolRuns
from adapters.vault.key_file import read_or_make_key
from adapters.vault.vault import KeyRing, Vault, VaultOptions, make_vault
from domain.request.turn_request import Person, Remembering, TurnRequest
from domain.services.equip_turn import EquipTurn, ToolPorts
from domain.services.journal_calls import JournalCalls
from domain.services.store_budget import StoreHealth
from domain.services.turn_stores import TurnStores
from domain.tools.once import arguments_hash
from domain.tools.registry import merged
from ports.responses import Route
from ports.tool_runs import ToolRun
from ports.toolbox import ToolCall, ToolRequest, ToolResult, ToolSpec
from tests.doubles.telemetry import RecordedTelemetry

STORING, STORED, RUNNING, RAN, ANSWERED, FINISHED = POINTS = (
    *("storing", "stored", "running", "ran", "answered"),
    "finished",
)
"""Before its start is stored, after it, in the tool, after its effect, before its end is stored, after it."""
NAMESPACE, OWNER = "pipe_1a2b3c4d", "ann"
CALLS = 4
LONGEST = 50
CITY = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}}
SPECS = (ToolSpec("send", "", CITY, "mcp:x"), ToolSpec("look", "", CITY, "mcp:x", idempotent=True))


@dataclass(frozen=True, slots=True)
class Stop:
    """Where the process waits to be killed; nowhere if `point` is empty."""

    point: str
    turn: str
    call_id: str


def calls_of(number: int) -> tuple[ToolCall, ...]:
    """Return the calls of a turn; the last one uses the tool that may run twice."""
    names = ["send"] * (CALLS - 1) + ["look"]
    arguments = [json.dumps({"city": f"c{place}", "days": number}) for place in range(CALLS)]
    return tuple(ToolCall(f"call-{place}", name, arguments[place]) for place, name in enumerate(names))


def turn_of(number: int) -> str:
    """Return the id of a turn."""
    return f"{number:026d}"


def key_of(number: int, call: ToolCall) -> str:
    """Return the key of a call's effect."""
    return f"{turn_of(number)}/{call.call_id}/{arguments_hash(json.loads(call.arguments))}"


def recorded_key_of(folder: Path, number: int, call: ToolCall) -> str:
    """Return the key under which a call is recorded: like that of its effect, but with a keyed hash."""
    keyed = cipher_of(folder).lookups(arguments_hash(json.loads(call.arguments)))[0]
    return f"{turn_of(number)}/{call.call_id}/{keyed}"


def cipher_of(folder: Path) -> Vault:
    """Return the cipher that all processes of one folder share, by the key file in it."""
    return make_vault(KeyRing(lookup=read_or_make_key(folder / "lookup.key")), VaultOptions())


def effects_of(folder: Path) -> list[str]:
    """Return the effects so far."""
    path = folder / "effects"
    return path.read_text().split() if path.exists() else []


def started(work: Callable[[Callable[[str], object]], Coroutine[Any, Any, None]]) -> tuple[int, int]:
    """Fork a process that does `work`, which may report lines; return its id and the read end of the pipe."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    try:
        os.close(reading)
        asyncio.run(work(lambda line: os.write(writing, f"{line}\n".encode())))
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(1)


async def write(folder: Path, url: str, first: int, stop: Stop, tell: Callable[[str], object]) -> None:
    """Run turn after turn from `first` on."""
    desk = _Desk(folder, url, stop, tell)
    for number in range(first, first + LONGEST):
        await desk.run(number)


async def ask_again(folder: Path, url: str, numbers: Collection[int], tell: Callable[[str], object]) -> None:
    """Request all calls of the turns; report the answer to each."""
    desk = _Desk(folder, url, Stop("", "", ""), lambda _: None)
    for number in numbers:
        for call, result in await desk.run(number):
            tell(json.dumps([key_of(number, call), result.text]))
    await desk.aclose()


class _Desk:
    """Everything a call needs, once per process."""

    def __init__(self, folder: Path, url: str, stop: Stop, tell: Callable[[str], object]) -> None:
        self._database = Database(url)
        hooks = _Hooks(stop, tell)
        self._toolbox = _Toolbox(folder / "effects", hooks)
        ports = ToolPorts(
            ProcessSlots({}, "tools"),
            JsonSchemaChecker(),
            _Runs(SqlToolRuns(self._database), hooks),
            MemoryToolRuns(),
            SqlBreakerState(self._database),
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._equip = EquipTurn(
            ports,
            offload=ThreadOffload(),
            clock=SystemClock(),
            ids=SystemIds(),
            telemetry=RecordedTelemetry(),
        )
        vault = cipher_of(folder)

        async def cipher() -> Vault:
            return vault

        journal = JournalCalls(ports.runs, StoreHealth(SystemClock(), RecordedTelemetry()), self._own, cipher)
        self._stores = TurnStores(journal)
        self._registry = merged(SPECS)

    async def run(self, number: int) -> list[tuple[ToolCall, ToolResult]]:
        request = TurnRequest(
            "maker/model",
            (),
            Route("https://upstream.example/api/v1", ""),
            turn_id=turn_of(number),
            person=Person(OWNER, "chat", "message"),
            memory=Remembering(NAMESPACE),
        )
        runner = self._equip.runner(request, self._registry, self._toolbox, self._stores)
        calls = calls_of(number)
        results = await asyncio.gather(*(runner.run(call, lambda: None) for call in calls))
        return list(zip(calls, results, strict=True))

    async def aclose(self) -> None:
        while self._tasks:
            await asyncio.wait(set(self._tasks))
        await self._database.aclose()

    def _own(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Hooks:
    def __init__(self, stop: Stop, tell: Callable[[str], object]) -> None:
        self._stop, self._tell = stop, tell

    async def reached(self, point: str, turn: str, call_id: str) -> None:
        """Report the point; wait to be killed if it is the configured one."""
        self._tell(f"{point} {turn} {call_id}")
        if self._stop == Stop(point, turn, call_id):
            await asyncio.get_running_loop().create_future()


class _Runs:
    """Wraps the store of runs and reports before and after each call."""

    def __init__(self, runs: SqlToolRuns, hooks: _Hooks) -> None:
        self._runs, self._hooks = runs, hooks
        self.unsettled, self.settle, self.trim = runs.unsettled, runs.settle, runs.trim

    async def start(self, runs: Collection[ToolRun]) -> frozenset[str]:
        await self._reached(STORING, runs)
        new = await self._runs.start(runs)
        await self._reached(STORED, runs)
        return new

    async def finish(self, runs: Collection[ToolRun]) -> None:
        await self._reached(ANSWERED, runs)
        await self._runs.finish(runs)
        await self._reached(FINISHED, runs)

    async def _reached(self, point: str, runs: Collection[ToolRun]) -> None:
        for run in runs:
            await self._hooks.reached(point, run.turn_id, run.call_id)


class _Toolbox:
    """Tools with countable effects."""

    def __init__(self, effects: Path, hooks: _Hooks) -> None:
        self._effects, self._hooks = effects, hooks
        self._rng = Random(os.getpid())

    def tools(self) -> tuple[ToolSpec, ...]:
        return SPECS

    async def call(self, request: ToolRequest) -> ToolResult:
        turn, _, call_id = request.call_id.partition("/")
        await asyncio.sleep(self._rng.choice((0.0, 0.002 * self._rng.random())))
        await self._hooks.reached(RUNNING, turn, call_id)
        handle = os.open(self._effects, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        os.write(handle, f"{request.call_id}/{arguments_hash(request.arguments)}\n".encode())
        os.fsync(handle)
        os.close(handle)
        await self._hooks.reached(RAN, turn, call_id)
        return ToolResult("done")

"""Setup for measuring tools: slots and stores configured as in production, and an upstream that requests calls."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.json_schema.checker import JsonSchemaChecker
from adapters.memory.tool_runs import MemoryToolRuns
from adapters.process.clock import SystemClock
from adapters.process.ids import SystemIds
from adapters.process.slots import ProcessSlots
from adapters.process.threads import ThreadOffload
from adapters.sniff.first_bytes import FirstBytes
from adapters.sql.breaker_state import SqlBreakerState
from adapters.sql.database import Database
from adapters.sql.migrate import migrate
from adapters.sql.tool_runs import SqlToolRuns
from domain.request.turn_request import Person, Remembering, Tooling, TurnRequest
from domain.services.equip_turn import ToolPorts
from domain.services.read_media import MediaPorts
from domain.services.run_turn import RunTurn
from entrypoints.core.revisions import revisions_dir
from ports.catalog import Model
from ports.response_events import ItemDone, ResponseEnded, ResponseStatus, StreamClosed, TextDelta, UpstreamEvent
from ports.responses import Route, UpstreamCall
from ports.telemetry import Level, LogValue
from ports.toolbox import ToolRequest, ToolResult, ToolSpec

MODEL = Model("maker/model", "Model", supported_parameters=frozenset({"tools", "structured_outputs"}))
ROUTE = Route("https://openrouter.example/api/v1", "any")
ASKED = "What is the weather in eight cities?"
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string", "description": "Name of a city"}, "days": {"type": "integer"}},
    "required": ["city"],
}


def request(parallel: int, turn_id: str = "") -> TurnRequest:
    """Return the request of a turn that may run `parallel` calls at once."""
    return TurnRequest(
        MODEL.id,
        ({"role": "user", "content": ASKED},),
        ROUTE,
        turn_id=turn_id,
        person=Person("ann", "chat-1", "message-1"),
        memory=Remembering("measured_1a2b3c4d"),
        tooling=Tooling(parallel=parallel),
    )


class Weather:
    """Implements Toolbox: one tool that takes some time, or waits for a gate."""

    def __init__(self, seconds: float = 0.0, gate: asyncio.Event | None = None) -> None:
        self._seconds, self._gate = seconds, gate
        self.running = self.most = 0

    def tools(self) -> tuple[ToolSpec, ...]:
        """Return the one tool."""
        return (ToolSpec("weather", "Tell the weather of a city.", CITY, "mcp:weather"),)

    async def call(self, _request: ToolRequest) -> ToolResult:
        """Wait, then answer."""
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await (asyncio.sleep(self._seconds) if self._gate is None else self._gate.wait())
        finally:
            self.running -= 1
        return ToolResult("Sunny.")


class Asking:
    """Implements ResponsesClient: requests calls first, and answers after it has received their outputs."""

    def __init__(self, calls: int) -> None:
        self._calls = calls
        self.outputs: list[str] = []

    @asynccontextmanager
    async def attempt(self, call: UpstreamCall) -> AsyncIterator[AsyncIterator[Sequence[UpstreamEvent]]]:
        """Answer in one batch."""
        found = [item["output"] for item in call.request.body.input if item.get("type") == "function_call_output"]
        self.outputs = found or self.outputs
        yield _said([TextDelta(0, "msg_1", 0, "Sunny.")] if found else [*map(_asked, range(self._calls))])


def _asked(number: int) -> ItemDone:
    arguments = f'{{"city": "City {number}", "days": null}}'
    item = {"type": "function_call", "id": f"fc_{number}", "call_id": f"call_{number}", "name": "weather"}
    return ItemDone(number, {**item, "arguments": arguments})


async def _said(events: Sequence[UpstreamEvent]) -> AsyncIterator[Sequence[UpstreamEvent]]:
    yield [*events, ResponseEnded(ResponseStatus.COMPLETED, "gen-1", MODEL.id), StreamClosed(said_done=True)]


class Warnings:
    """Implements Telemetry: counts warnings and errors by name."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def event(self, level: Level, name: str, **values: LogValue) -> None:
        """Count the event."""
        if level in ("warning", "error"):
            self.counts[name] += 1

    def wants(self, level: Level) -> bool:
        """Take events of these two levels."""
        return level in ("warning", "error")


@dataclass(frozen=True, slots=True)
class Room:
    """Open stores, and the use case that runs turns on them."""

    ports: ToolPorts
    offload: ThreadOffload
    places: ProcessSlots
    log: Warnings

    def run_turn(self, upstream: Asking) -> RunTurn:
        """Return the use case."""
        return RunTurn(
            responses=upstream,
            clock=SystemClock(),
            ids=SystemIds(),
            slots=ProcessSlots({}),
            offload=self.offload,
            tools=self.ports,
            media=MediaPorts(FirstBytes(), self.offload, self.log),
            telemetry=self.log,
        )


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Room]:
    """Open stores in a folder: tool runs are durable, breakers are shared."""
    url = f"sqlite:///{folder / 'tools.db'}"
    await migrate(url, revisions_dir)
    database, offload, places = Database(url), ThreadOffload(), ProcessSlots({}, "tools")
    runs, breakers = SqlToolRuns(database), SqlBreakerState(database)
    try:
        yield Room(
            ToolPorts(places, JsonSchemaChecker(), runs, MemoryToolRuns(), breakers), offload, places, Warnings()
        )
    finally:
        await database.aclose()
        await offload.aclose()


class Owner:
    """Owns tasks that outlive a call."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def own(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Start and hold a task."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drained(self) -> None:
        """Return once no task is left."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))


async def until(condition: Callable[[], bool]) -> None:
    """Wait until other tasks make `condition` true; raise TimeoutError after a minute."""
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.005)

"""The environment of random turns: tools that count, an upstream with random calls, a recording memory."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

from domain.conversation.record import TurnRecord
from domain.request.turn_request import Person, Remembering
from domain.services.remember_turn import TurnMemory
from domain.tools.once import arguments_hash
from ports.cipher import Cipher
from ports.json_values import JsonObject
from ports.response_events import UpstreamEvent
from ports.responses import UpstreamCall
from ports.toolbox import Failure, ToolRequest, ToolResult, ToolSpec
from tests.domain.services.stage import said
from tests.domain.turn.talk import completed, done
from tests.doubles.cipher import NamedKeyCipher
from tests.doubles.clock import FakeClock
from tests.doubles.offload import InlineOffload

NAMES = ("look", "look", "slow", "slow", "fail", "break", "big", "send", "nobody")
PAUSES = (0.4, 3.0, 6.0, 100.0)
Round = list[JsonObject]


class Toolbox:
    """Tools of one turn: quick, slow, failing, breaking, large; every start is counted."""

    def __init__(self, clock: FakeClock, rng: Random, process: "Process") -> None:
        self._clock, self._rng, self._process = clock, rng, process
        self.started: Counter[str] = Counter()
        self.running = self.most = self.cancelled = 0

    def tools(self) -> tuple[ToolSpec, ...]:
        """Return all tools except the unknown one."""
        parameters = {"type": "object", "properties": {"q": {}}}
        names = sorted(set(NAMES) - {"nobody"})
        return tuple(ToolSpec(name, "", parameters, "mcp:x", sequential=name == "send") for name in names)

    async def call(self, request: ToolRequest) -> ToolResult:
        """Act according to the tool's name."""
        self.started[f"{request.call_id}/{arguments_hash(request.arguments)}"] += 1
        self.running += 1
        self.most = max(self.most, self.running)
        self._process.enter()
        try:
            return await self._answer(request.spec.name)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1
            self._process.running -= 1

    async def _answer(self, name: str) -> ToolResult:
        if name == "slow":
            await self._clock.sleep_until(self._clock.monotonic() + self._rng.choice(PAUSES))
        else:
            await asyncio.sleep(0)
        if name == "break":
            raise ValueError("secret")
        text = "x" * 400_000 if name == "big" else f"result of {name}"
        return ToolResult(text, failed=name == "fail", failure=Failure.RAISED if name == "fail" else None)


@dataclass
class Process:
    """The running calls of all turns."""

    running: int = 0
    most: int = 0

    def enter(self) -> None:
        """Count one more call."""
        self.running += 1
        self.most = max(self.most, self.running)


class Upstream:
    """Implements ResponsesClient: plays the rounds of the turn named in the first message."""

    def __init__(self, rounds: Sequence[list[Round]]) -> None:
        self._rounds = rounds
        self.calls: list[list[UpstreamCall]] = [[] for _ in rounds]
        self.open = 0

    @asynccontextmanager
    async def attempt(self, call: UpstreamCall) -> AsyncIterator[AsyncIterator[Sequence[UpstreamEvent]]]:
        """Play the next round."""
        number = int(str(call.request.body.user))
        self.calls[number].append(call)
        place = len(self.calls[number]) - 1
        self.open += 1
        try:
            yield _played(self._rounds[number][place] if place < len(self._rounds[number]) else [])
        finally:
            self.open -= 1


async def _played(asked: Round) -> AsyncIterator[Sequence[UpstreamEvent]]:
    for batch in [[*done(*asked), completed()]] if asked else said("Done"):
        await asyncio.sleep(0)
        yield batch


class Kept(TurnMemory):
    """A memory that records what is passed to it."""

    def __init__(self) -> None:
        self.records: list[TurnRecord] = []
        self.offload = InlineOffload()

    async def remember(self, person: Person, memory: Remembering, record: TurnRecord) -> bool:
        """Record it."""
        self.records.append(record)
        return True

    async def journal_cipher(self) -> Cipher:
        """Seal results."""
        return NamedKeyCipher("key")

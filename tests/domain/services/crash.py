"""Stores that survive a process: journal, artifacts and chats; each process has its own use cases."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from adapters.memory.artifacts import MemoryArtifacts
from adapters.memory.tool_runs import MemoryToolRuns
from domain.request.turn_request import Caller, Person, Remembering, TurnRequest
from domain.services.remember_turn import SealedStore, TurnMemory
from domain.services.run_turn import Personal
from domain.services.turn_stores import Memories
from ports.cipher import Cipher
from ports.json_values import JsonObject
from ports.tool_runs import RunState, ToolRun
from ports.toolbox import Toolbox
from tests.domain.services.stage import REQUEST, Stage
from tests.doubles.artifacts import TroubledArtifacts
from tests.doubles.chats import MemoryChats
from tests.doubles.cipher import NamedKeyCipher
from tests.doubles.clock import FakeClock
from tests.doubles.ids import FakeIds
from tests.doubles.responses import Move
from tests.doubles.telemetry import RecordedTelemetry

HERE = Remembering("pipe", references=True)
ANN = Person(user_id="ann", chat_id="c", message_id="m-1", session_id="s")


class World:
    """What remains when a process is killed."""

    def __init__(self, cipher: Cipher | None = None) -> None:
        self.runs, self.chats = MemoryToolRuns(), MemoryChats()
        self.store = TroubledArtifacts(FakeClock(), lifetime=float("inf"))
        self.cipher = cipher or NamedKeyCipher("key")
        self.chats.add("c", "q-1", "m-1", "q-2", "m-2", "q-3", "m-3")

    def process(self, *scripts: Sequence[Move], durable: bool = True) -> "Process":
        return Process(self, *scripts, durable=durable)

    async def runs_of(self, person: Person = ANN) -> list[ToolRun]:
        """Return the journal's runs of a person's turns."""
        return list(await self.runs.unsettled("pipe", person.user_id, chat_id=person.chat_id, turn_ids=[], limit=99))

    async def finished(self) -> list[str]:
        """Return the names of finished calls."""
        return [run.name for run in await self.runs_of() if run.state is RunState.FINISHED]


class Process(Stage):
    """One process; not `durable`: its store or its key is unavailable."""

    def __init__(self, world: World, *scripts: Sequence[Move], durable: bool = True) -> None:
        super().__init__(*scripts, runs=world.runs)
        self.chats.parents, self.chats.asked = world.chats.parents, world.chats.asked
        self.in_memory = SealedStore(MemoryArtifacts(self.clock), NamedKeyCipher(), durable=False)
        self.store = SealedStore(world.store, world.cipher) if durable else self.in_memory
        self.memory, self.temporary_memory = self._memory_in(self.store), self._memory_in(self.in_memory)

    def _memory_in(self, store: SealedStore) -> TurnMemory:
        async def opened() -> SealedStore:
            return store

        return TurnMemory(
            opened=opened,
            offload=self.offload,
            clock=self.clock,
            ids=FakeIds(),
            telemetry=RecordedTelemetry(),
        )

    def personal(self, toolbox: Toolbox | None) -> Personal:
        return Personal(toolbox, self.notices, Memories(self.memory, self.temporary_memory))

    def begin(self, request: TurnRequest, toolbox: Toolbox) -> "asyncio.Task[None]":
        """Start a turn as its reader would."""

        async def read() -> None:
            async for _ in self.run_turn.run(request, personal=self.personal(toolbox)):
                pass

        return asyncio.get_running_loop().create_task(read(), name="reader")

    async def ask(self, request: TurnRequest, toolbox: Toolbox | None = None) -> list[JsonObject]:
        """Run a turn to its end; return the input of its last upstream request."""
        async for _ in self.run_turn.run(request, personal=self.personal(toolbox)):
            pass
        await self.run_turn.drained()
        return list(self.responses.calls[-1].request.body.input)


def asked(
    *messages: object, turn: str = "", message: str = "m-1", parent: str = "", person: Person = ANN, **changes: object
) -> TurnRequest:
    """Return a page's request for the answer `message` to a question that follows the answer `parent`."""
    who = replace(person, message_id=message, parent_id=parent)
    request = replace(REQUEST, messages=messages, caller=Caller.PAGE, person=who, memory=HERE, turn_id=turn)
    return replace(request, **changes)  # type: ignore[arg-type]


def question(text: str) -> JsonObject:
    return {"role": "user", "content": text}

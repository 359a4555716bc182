"""Random whole turns: several at once run rounds of tools that fail, hang, break and are stopped.

Upstream requests random calls, the drill moves the clock, and every tool counts.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random

from adapters.memory.breaker_state import MemoryBreakerState
from adapters.memory.tool_runs import MemoryToolRuns
from adapters.process.slots import ProcessSlots
from adapters.sniff.first_bytes import FirstBytes
from domain.conversation.history import Past
from domain.conversation.record import TurnRecord
from domain.request.turn_request import Bounds, Caller, Identifiers, Person, Remembering, Tooling, TurnRequest
from domain.services.equip_turn import ToolPorts
from domain.services.read_media import MediaPorts
from domain.services.run_turn import Personal, RunTurn
from domain.services.turn_stores import Memories
from domain.turn.steps import Ended, Output, ShowCall, ShowCallResult
from ports.json_values import JsonObject
from tests.domain.conversation.histories import history_items
from tests.domain.conversation.host_shapes import returned, user
from tests.domain.services.stage import MODEL, REQUEST
from tests.domain.turn.talk import call
from tests.doubles.clock import FakeClock
from tests.doubles.ids import FakeIds
from tests.doubles.offload import InlineOffload
from tests.doubles.telemetry import RecordedTelemetry
from tests.drills.tools_world import NAMES, Kept, Process, Round, Toolbox, Upstream

HOST = "0.12.4"
TURNS, STEPS = 4, 600
ARGUMENTS = ('{"q": 1}', '{"q": 2}', '{"sequential": true}', '{"depends_on": "c0"}', '{"q": "c1 c2"}', "[1]", "")


@dataclass
class Figures:
    """The counts; `misses` lists what must not happen."""

    turns: int = 0
    stopped: int = 0
    asked: int = 0
    ran: int = 0
    cut_off: int = 0
    most: int = 0
    misses: list[str] = field(default_factory=list)


class World:
    """A few turns in one process."""

    def __init__(self, rng: Random) -> None:
        self.rng, self.clock, self.process = rng, FakeClock(), Process()
        self.places, self.turn_places = ProcessSlots({}, "tools"), ProcessSlots({}, "requests")
        self.rounds = [[_round(rng) for _ in range(rng.randint(1, 4))] for _ in range(TURNS)]
        self.upstream = self.upstream_of(self.rounds)
        self.memories = [Kept() for _ in range(TURNS)]
        self.toolboxes = [Toolbox(self.clock, rng, self.process) for _ in range(TURNS)]
        self.outputs: list[list[Output]] = [[] for _ in range(TURNS)]
        self.in_process = rng.randint(1, 8)
        self.toolings = [self._tooling() for _ in range(TURNS)]
        self.stopped: set[int] = set()
        self.log = RecordedTelemetry()
        self.run_turn = RunTurn(
            responses=self.upstream,
            clock=self.clock,
            ids=FakeIds(),
            slots=self.turn_places,
            offload=InlineOffload(),
            tools=ToolPorts(self.places, _check, MemoryToolRuns(), MemoryToolRuns(), MemoryBreakerState()),
            media=MediaPorts(FirstBytes(), InlineOffload(), self.log),
            telemetry=self.log,
        )

    def upstream_of(self, rounds: list[list[Round]]) -> Upstream:
        """Return an upstream that plays the rounds."""
        return Upstream(rounds)

    def _tooling(self) -> Tooling:
        rng = self.rng
        return Tooling(
            max_rounds=rng.randint(1, 4),
            parallel=rng.randint(1, 6),
            in_process=self.in_process,
            seconds=5.0,
            round_seconds=rng.choice((5.0, 12.0)),
            still_seconds=rng.choice((None, 3.0)),
            breaker_failures=rng.choice((2, 5)),
        )

    async def live(self, figures: Figures) -> None:
        """Run all turns to their ends, or stop them on the way."""
        loop = asyncio.get_running_loop()
        readers = [loop.create_task(self._read(number), name=f"reader-{number}") for number in range(TURNS)]
        for _ in range(STEPS):
            for _ in range(self.rng.choice((1, 3, 30))):
                await asyncio.sleep(0)
            if all(reader.done() for reader in readers):
                break
            number = self.rng.randrange(TURNS)
            if self.rng.random() < 0.08 and not readers[number].done():
                await self._stop(number, readers[number], figures)
            else:
                self.clock.advance(self.rng.choice((0.0, 0.1, 1.0, 2.9, 7.0)))
        else:
            figures.misses.append("a turn never ended")
            for reader in readers:
                reader.cancel()
        await asyncio.wait(readers)
        await self.run_turn.drained()
        await asyncio.sleep(0)

    def personal(self, number: int) -> Personal:
        """Return what belongs to the person of a turn."""
        return Personal(self.toolboxes[number], None, Memories(self.memories[number], self.memories[number]))

    async def _read(self, number: int) -> None:
        request = _request(number, self.toolings[number])
        async for output in self.run_turn.run(request, models=(MODEL,), personal=self.personal(number)):
            self.outputs[number].append(output)

    async def _stop(self, number: int, reader: "asyncio.Task[None]", figures: Figures) -> None:
        """Stop one turn; its tools must have ended before the clock moves."""
        self.stopped.add(number)
        reader.cancel()
        for _ in range(200):
            await asyncio.sleep(0)
        if self.toolboxes[number].running or not reader.done():
            figures.misses.append("a stop did not end the tools at once")


def run(worlds: int = 300, seed: int = 0) -> Figures:
    """Run `worlds` processes of a few turns each, one after the other."""
    figures, rng = Figures(), Random(seed)
    for number in range(worlds):
        found = len(figures.misses)
        asyncio.run(_one(Random(rng.random()), figures))
        figures.misses[found:] = [f"world {number}: {miss}" for miss in figures.misses[found:]]
    return figures


async def _one(rng: Random, figures: Figures) -> None:
    world = World(rng)
    await world.live(figures)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    wrong = {
        f"tasks left: {sorted(task.get_name() for task in left)}": bool(left),
        "places left taken": (world.places.taken, world.places.waiting, world.turn_places.taken) != (0, 0, 0),
        "tools left running": world.process.running != 0,
        "upstream left open": world.upstream.open != 0,
        f"{world.process.most} calls at once of {world.in_process}": world.process.most > world.in_process,
        "upkeep failed": bool(world.log.named("upkeep_failed")),
    }
    figures.misses += [complaint for complaint, is_wrong in wrong.items() if is_wrong]
    for number in range(TURNS):
        figures.misses += _complaints(world, number)
        figures.asked += sum(map(len, world.rounds[number][: len(world.upstream.calls[number])]))
        figures.ran += world.toolboxes[number].started.total()
        figures.cut_off += world.toolboxes[number].cancelled
    figures.turns += TURNS
    figures.stopped += len(world.stopped)
    figures.most = max(figures.most, world.process.most)


def _complaints(world: World, number: int) -> list[str]:
    """Judge one turn by what it showed, sent and stored."""
    outputs, toolbox = world.outputs[number], world.toolboxes[number]
    begun = [output.call.call_id for output in outputs if isinstance(output, ShowCall)]
    results = [output.call.call_id for output in outputs if isinstance(output, ShowCallResult)]
    bodies = [made.request.body.input for made in world.upstream.calls[number]]
    left = [kept.item for record in world.memories[number].records for kept in record.items]
    stopped = number in world.stopped
    unrun = _beyond_the_last_round(left, outputs)
    wrong = {
        "not exactly one end": not stopped and sum(isinstance(output, Ended) for output in outputs) != 1,
        "a call has two outputs": len(set(results)) != len(results),
        "a call has no output": not stopped and not set(begun) <= set(results),
        "a tool ran twice": any(count > 1 for count in toolbox.started.values()),
        f"{toolbox.most} calls at once": toolbox.most > world.toolings[number].parallel,
        "too many rounds": len(bodies) > world.toolings[number].max_rounds + 2,
        "upstream got calls without one output each, in order": not all(map(_is_whole, bodies)),
        "calls are kept without one output each": not _is_whole([item for item in left if item not in unrun]),
        "what is kept cannot go back": not all(map(_goes_back, world.memories[number].records)),
        "not exactly one record": len(world.memories[number].records) != bool(left),
    }
    return [complaint for complaint, is_wrong in wrong.items() if is_wrong]


def _goes_back(record: TurnRecord) -> bool:
    """Return whether the page's next question contains an output for every call."""
    messages = [user("Why?"), *returned(HOST, record), user("And now?")]
    return _is_whole(history_items(messages, MODEL, slug=MODEL.id, past=Past((record,))), in_order=False)


def _beyond_the_last_round(left: Sequence[JsonObject], outputs: Sequence[Output]) -> list[JsonObject]:
    """Return calls made after the model was told that there are no more rounds: they are stored unchanged."""
    answered = [place for place, item in enumerate(left) if item.get("type") == "function_call_output"]
    exhausted = any(output.end.fault is not None for output in outputs if isinstance(output, Ended))
    behind = left[answered[-1] + 1 :] if answered else []
    return [item for item in behind if item.get("type") == "function_call"] if exhausted else []


def _is_whole(items: Sequence[JsonObject], *, in_order: bool = True) -> bool:
    asked = [item["call_id"] for item in items if item.get("type") == "function_call"]
    answered = [item["call_id"] for item in items if item.get("type") == "function_call_output"]
    same = asked == answered if in_order else sorted(asked) == sorted(answered)
    return len(set(asked)) == len(asked) and same


def _round(rng: Random) -> Round:
    ids = [f"c{number}" for number in range(rng.choice((4, 8, 70)))]
    count = rng.choice((1, 2, 3, 8, 8, 60))
    return [call(rng.choice(ids), rng.choice(NAMES), rng.choice(ARGUMENTS)) for _ in range(count)]


def _request(number: int, tooling: Tooling) -> TurnRequest:
    return replace(
        REQUEST,
        caller=Caller.PAGE,
        person=Person(str(number), "chat", f"message-{number}"),
        identifiers=Identifiers(end_user=True),
        memory=Remembering("pipe_1a2b3c4d", references=True),
        bounds=Bounds(concurrent=TURNS - 1),
        tooling=tooling,
    )


def _check(_schema: JsonObject, _arguments: JsonObject) -> str:
    return ""

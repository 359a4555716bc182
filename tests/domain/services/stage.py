"""The use case with all its ports in memory and a clock that tests control."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from decimal import Decimal

from adapters.memory.breaker_state import MemoryBreakerState
from adapters.memory.tool_runs import MemoryToolRuns
from adapters.sniff.first_bytes import FirstBytes
from domain.faults.fault import Fault
from domain.request.turn_request import TurnRequest
from domain.services.budget_turn import BudgetTurn
from domain.services.count_events import CountEvents
from domain.services.equip_turn import ToolPorts
from domain.services.fetch_remote import FetchRemote
from domain.services.guard_call import GuardCall
from domain.services.guard_turn import GuardTurn
from domain.services.keep_ledger import KeepLedger
from domain.services.measure_turns import MeasureTurns
from domain.services.read_media import MediaPorts
from domain.services.run_turn import Personal, RunTurn
from domain.services.store_budget import StoreHealth
from domain.services.sum_spending import SumSpending
from domain.services.turn_books import TurnBooks
from domain.turn.steps import End, Ended, Output, ShowText
from ports.catalog import Model
from ports.notices import Notices
from ports.response_events import ResponseEnded, ResponseStatus, StreamClosed, TextDelta, UpstreamEvent
from ports.responses import Route
from ports.slots import Slots
from ports.telemetry import Telemetry
from ports.toolbox import Toolbox
from ports.usage import Usage
from tests.doubles.chats import MemoryChats
from tests.doubles.clock import FakeClock, until
from tests.doubles.ids import FakeIds
from tests.doubles.metrics import RecordedMetrics, RecordedSpans
from tests.doubles.notices import RecordedNotices
from tests.doubles.offload import InlineOffload
from tests.doubles.responses import Move, ScriptedResponses
from tests.doubles.slots import CountedSlots
from tests.doubles.telemetry import RecordedTelemetry

ROUTE = Route("https://upstream.example/api/v1", "sk-or-v1-test")
MODEL = Model("maker/model", "Model", prompt_price=Decimal("0.001"), completion_price=Decimal("0.002"))
REQUEST = TurnRequest("maker/model", ({"role": "user", "content": "Why?"},), ROUTE)
COST = Usage(input_tokens=10, output_tokens=5, total_tokens=15, cost=Decimal("0.001"))


class Stage:
    """One use case and its ports. `scripts` define what upstream does, attempt by attempt."""

    def __init__(
        self,
        *scripts: Sequence[Move],
        slots: Slots | None = None,
        telemetry: Telemetry | None = None,
        leaving: Exception | None = None,
        runs: MemoryToolRuns | None = None,
        offload: InlineOffload | None = None,
        fetch: FetchRemote | None = None,
        keeping: Callable[[FakeClock, RecordedTelemetry], KeepLedger] | None = None,
        summing: Callable[[KeepLedger, StoreHealth], SumSpending] | None = None,
        limited: Callable[[FakeClock, RecordedTelemetry], BudgetTurn] | None = None,
    ) -> None:
        self.clock, self.notices = FakeClock(), RecordedNotices()
        self.responses = ScriptedResponses(*scripts, leaving=leaving)
        self.places, self.fetch = CountedSlots(), fetch
        self.log, self.offload = RecordedTelemetry(), offload or InlineOffload()
        self.metrics, self.spans = RecordedMetrics(), RecordedSpans()
        counting = CountEvents(telemetry or self.log, self.metrics)
        health = StoreHealth(self.clock, counting, self.metrics)
        self.runs, self.temporary_runs, self.chats = runs or MemoryToolRuns(), MemoryToolRuns(), MemoryChats()
        self.keeper = keeping(self.clock, self.log) if keeping is not None else None
        guard = GuardCall(state=MemoryBreakerState(), clock=self.clock, ids=FakeIds(), telemetry=counting)
        self.run_turn = RunTurn(
            responses=self.responses,
            clock=self.clock,
            ids=FakeIds(),
            slots=slots or self.places,
            offload=self.offload,
            tools=ToolPorts(
                CountedSlots(),
                lambda _schema, _arguments: "",
                self.runs,
                self.temporary_runs,
                MemoryBreakerState(),
                self.chats,
            ),
            media=MediaPorts(FirstBytes(), self.offload, counting, self.fetch),
            telemetry=counting,
            store=health,
            guard=GuardTurn(guard, health),
            measure=MeasureTurns(self.metrics, self.spans),
            books=TurnBooks(
                self.keeper,
                sums=summing(self.keeper, health) if summing is not None and self.keeper is not None else None,
                budgets=limited(self.clock, self.log) if limited is not None else None,
            ),
        )

    def outputs(
        self,
        request: TurnRequest = REQUEST,
        *,
        models: tuple[Model, ...] = (MODEL,),
        toolbox: Toolbox | None = None,
        notices: Notices | None = None,
    ) -> AsyncGenerator[Output, None]:
        """Start a turn as its reader would."""
        return self.run_turn.run(request, models=models, personal=Personal(toolbox, notices or self.notices))

    async def read(self, request: TurnRequest = REQUEST, *, toolbox: Toolbox | None = None) -> list[Output]:
        """Read a turn to its end and wait until it is settled."""
        outputs = [output async for output in self.outputs(request, toolbox=toolbox)]
        await self.run_turn.drained()
        return outputs

    def reading(
        self, into: list[Output], request: TurnRequest = REQUEST, *, toolbox: Toolbox | None = None
    ) -> "asyncio.Task[None]":
        """Read a turn in a task of its own."""

        async def read() -> None:
            async for output in self.outputs(request, toolbox=toolbox):
                into.append(output)

        return asyncio.get_running_loop().create_task(read(), name="reader")

    async def stop(self, task: "asyncio.Task[None]") -> None:
        """Cancel a reader as the stop button does and wait until its turn is settled."""
        task.cancel()
        await until(task.done)
        await self.run_turn.drained()


def said(*texts: str, usage: Usage | None = COST) -> list[list[UpstreamEvent]]:
    """A complete answer, one batch per text, then its end."""
    deltas: list[list[UpstreamEvent]] = [[TextDelta(0, "msg_1", 0, text)] for text in texts]
    end = ResponseEnded(ResponseStatus.COMPLETED, "gen-1", "maker/answering", usage=usage)
    return [*deltas, [end, StreamClosed(said_done=True)]]


def text_of(outputs: Sequence[Output]) -> str:
    """The text that was shown."""
    return "".join(output.text for output in outputs if isinstance(output, ShowText))


def end_of(outputs: Sequence[Output]) -> End:
    """The end, which must be the last output and the only end."""
    (ended,) = [output for output in outputs if isinstance(output, Ended)]
    assert outputs[-1] is ended
    return ended.end


def fault_of(outputs: Sequence[Output]) -> Fault:
    """The fault of the end."""
    fault = end_of(outputs).fault
    assert fault is not None
    return fault

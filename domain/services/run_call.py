"""Run one tool call: check arguments, ask the breaker, wait for a slot, journal the start, run the tool.

Every problem becomes one output text for the model and one log line. A start is stored durably before the tool runs,
at most once per (turn, call id, arguments); a call that is cancelled stays recorded as started.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from domain.limits import CALLS_IN_PROCESS, CALLS_WAITING
from domain.services.guard_call import Admission
from domain.services.journal_calls import HOST_SECONDS, JournalCalls
from domain.services.running_calls import OVERDUE
from domain.services.store_budget import StoreBudget
from domain.tools.arguments import InvalidArguments, accepted
from domain.tools.once import arguments_hash, objection
from domain.tools.registry import Offered, Registry
from domain.tools.replies import FAILED, NOT_STARTED, SERVER_FULL, invalid, no_tool, skipped
from domain.tools.results import readable
from ports.cipher import Sealed
from ports.clock import Clock
from ports.offload import Offload
from ports.slots import Slots, SlotsFull
from ports.telemetry import Level, Telemetry
from ports.timings import timing
from ports.tool_runs import ToolRun
from ports.toolbox import Checker, Failure, Toolbox, ToolCall, ToolRequest, ToolResult, ToolSpec

CALL_CHARACTERS = 64
"""What reading the arguments of a call costs beside their characters: the schema may be read for the first time."""
PARTING = 0.5
"""Longest wait for the breaker to record the end of a cancelled call, in seconds."""


Keep = Callable[[ToolRun, ToolCall, ToolResult], Awaitable[Sealed]]


class CallGuard(Protocol):
    """The breaker of a person's tools."""

    async def admit(self, spec: ToolSpec) -> Admission:
        """Admit or reject a call."""
        ...

    async def report(self, spec: ToolSpec, admission: Admission, result: ToolResult | None) -> None:
        """Report how an admitted call ended; None if that proves nothing about the tool. Exactly once per call."""
        ...


@dataclass(frozen=True, slots=True)
class CallPorts:
    """The ports of a call; `slots` are the tool slots of the process.

    `keep` seals a result for the journal; None: results are not stored. `time` is what the store may still add to the
    turn; None stands for the budget of a new turn.
    """

    toolbox: Toolbox
    journal: JournalCalls
    guard: CallGuard
    slots: Slots
    offload: Offload
    check: Checker
    clock: Clock
    telemetry: Telemetry
    keep: Keep | None = None
    time: StoreBudget | None = None


@dataclass(frozen=True, slots=True)
class CallTurn:
    """Whose call it is, and how many calls may run (`parallel`) and wait (`waiting`) in the process."""

    namespace: str
    turn_id: str
    user_id: str
    chat_id: str = ""
    message_id: str = ""
    parallel: int = CALLS_IN_PROCESS
    waiting: int = CALLS_WAITING


_LEVELS: dict[str, Level] = {"done": "debug", "stopped": "info"}


@dataclass(frozen=True, slots=True)
class _Call:
    """A call with valid arguments; `asked` has the text that is stored and sent back."""

    asked: ToolCall
    tool: Offered
    request: ToolRequest
    run: ToolRun


class RunCall:
    """Runs the calls of one turn, any number at once."""

    def __init__(self, registry: Registry, ports: CallPorts, turn: CallTurn) -> None:
        self._registry, self._ports, self._turn = registry, ports, turn
        self._recorded = False

    async def run(self, call: ToolCall, began: Callable[[], None]) -> ToolResult:
        """Run one call to its end; calls `began` when the tool begins. Raises nothing but CancelledError."""
        clock, started = self._ports.clock, self._ports.clock.monotonic()
        outcome = "stopped"
        tool = self._registry.tools.get(call.name)
        try:
            outcome, result = await self._run(tool, call, began)
        except asyncio.CancelledError as stopped:
            outcome = OVERDUE if OVERDUE in stopped.args else outcome
            raise
        except Exception as defect:  # noqa: BLE001 - the edge of a call: a defect becomes a result
            outcome, result = f"defect: {type(defect).__name__}", _failed(NOT_STARTED)
        finally:
            self._ports.telemetry.event(
                _LEVELS.get(outcome, "warning"),
                "tool_call",
                turn_id=self._turn.turn_id,
                call_id=call.call_id[:80],
                tool=call.name[:80],
                source=tool.spec.source if tool is not None else "",
                outcome=outcome,
                seconds=round(clock.monotonic() - started, 4),
            )
        return result

    async def settle(self) -> None:
        """Tell the journal that the turn ended and is stored; raises nothing but cancellation.

        If no results are stored, the turn is settled at once.
        """
        if self._recorded:
            after = HOST_SECONDS if self._ports.keep is not None else 0.0
            await self._ports.journal.settle(self._turn.namespace, self._turn.turn_id, after=after)

    async def _run(self, tool: Offered | None, call: ToolCall, began: Callable[[], None]) -> tuple[str, ToolResult]:
        if tool is None:
            return "unknown_tool", _failed(no_tool(call.name))
        try:
            size = (CALL_CHARACTERS + len(call.arguments)) * tool.effort
            ready = await self._ports.offload.run(partial(self._read, tool, call), size=size)
        except InvalidArguments as problem:
            return "invalid_arguments", _failed(invalid(str(problem)))
        admission = await self._ports.guard.admit(tool.spec)
        if not admission.allowed:
            return "skipped", _failed(skipped(tool.name, max(1, round(admission.retry_after))))
        learned: ToolResult | None = None
        patience: float | None = None
        try:
            result = await self._in_slot(ready, began)
            learned = result if result.begun else None
        except asyncio.CancelledError as stopped:
            patience = PARTING
            if OVERDUE in stopped.args:
                learned = ToolResult("", failed=True, failure=Failure.OVERDUE)
            raise
        finally:
            await self._report(tool.spec, admission, learned, patience)
        if ready.asked is not call:
            result = replace(result, ran=ready.asked.arguments)
        if not result.begun:
            return "not_run", result
        return "failed" if result.failed else "done", result

    async def _in_slot(self, call: _Call, began: Callable[[], None]) -> ToolResult:
        try:
            await self._ports.slots.acquire(self._turn.parallel, self._turn.waiting, self._turn.user_id)
        except SlotsFull:
            return _failed(SERVER_FULL)
        try:
            self._recorded = True
            journal, time = self._ports.journal, self._ports.time
            run = await journal.keyed(call.run, time)
            refused = objection(call.tool.spec, new=None if run is None else await journal.start(run, time))
            if refused is not None:
                return refused
            began()
            result = await self._called(call.request)
            keep = self._ports.keep
            if run is not None:
                journal.finish(run, None if keep is None else partial(keep, run, call.asked, result))
        finally:
            self._ports.slots.release(self._turn.user_id)
        return await self._ports.offload.run(partial(readable, result), size=len(result.text))

    async def _called(self, request: ToolRequest) -> ToolResult:
        try:
            with timing("tool"):
                return await self._ports.toolbox.call(request)
        except Exception as defect:  # noqa: BLE001 - the edge of the tools: an unexpected error is a failure
            self._ports.telemetry.event("error", "tool_broke", tool=request.spec.name[:80], kind=type(defect).__name__)
            return ToolResult(FAILED, failed=True, failure=Failure.RAISED)

    async def _report(
        self, spec: ToolSpec, admission: Admission, learned: ToolResult | None, patience: float | None
    ) -> None:
        try:
            async with asyncio.timeout(patience):
                await self._ports.guard.report(spec, admission, learned)
        except Exception as error:  # noqa: BLE001 - a failing breaker must not lose the tool's result
            kind = type(error).__name__
            self._ports.telemetry.event("warning", "tool_breaker_unreported", tool=spec.name[:80], kind=kind)

    def _read(self, tool: Offered, call: ToolCall) -> _Call:
        """Decode and check the arguments. Raises InvalidArguments."""
        read = accepted(call.arguments, tool, self._ports.check)
        asked = replace(call, arguments=read.written) if read.written else call
        turn, spec = self._turn, tool.spec
        run = ToolRun(
            namespace=turn.namespace,
            turn_id=turn.turn_id,
            call_id=call.call_id,
            arguments_hash=arguments_hash(read.arguments),
            name=spec.name,
            user_id=turn.user_id,
            started_at=self._ports.clock.now(),
            chat_id=turn.chat_id,
            message_id=turn.message_id,
        )
        return _Call(asked, tool, ToolRequest(spec, read.arguments, f"{turn.turn_id}/{call.call_id}"), run)


def _failed(text: str) -> ToolResult:
    return ToolResult(text, failed=True, begun=False)

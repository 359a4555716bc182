"""The tool calls of one round: which run now, which wait, in which order their outputs go back."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from domain.conversation.arguments import NONE
from domain.turn.steps import CancelCall, ClearTimer, SetTimer, ShowCall, ShowCallResult, StartCall, Step
from ports.json_values import JsonObject
from ports.toolbox import ToolCall, ToolResult


@dataclass(frozen=True, slots=True)
class CallLimits:
    """`parallel` calls at once, `seconds` for each, `queue` calls a round; the excess gets a stub output."""

    parallel: int = 5
    seconds: float = 60.0
    queue: int = 50


@dataclass(frozen=True, slots=True)
class Offer:
    """Which calls of a round may run: those of `runnable` tools, none if `closed`.

    `demanding` tools cannot do without arguments: a call of one that brought none lost them on the way.
    """

    runnable: frozenset[str]
    demanding: frozenset[str] = frozenset()
    closed: bool = False

    def refusal(self, call: ToolCall) -> str:
        """Say why a call is not run; empty if it may run."""
        if self.closed:
            return "Not run: no more rounds of tools are allowed. Answer with what is known."
        if call.name not in self.runnable:
            return f"Error: there is no tool named {call.name!r}."
        if call.name in self.demanding and call.arguments.strip() in ("", NONE):
            return "Error: the arguments of this call did not arrive. Call it again with all required ones."
        return ""


def demanding(tools: Iterable[JsonObject]) -> frozenset[str]:
    """Return the names of tools with required parameters; `tools` in the flat form of `POST /responses`."""
    return frozenset(str(tool.get("name")) for tool in tools if _required(tool.get("parameters")))


def _required(parameters: object) -> bool:
    return isinstance(parameters, dict) and bool(parameters.get("required"))


@dataclass(slots=True)
class Calls:
    """The calls of one round. Every call ends with exactly one result; results keep the calls' order."""

    order: tuple[ToolCall, ...]
    limits: CallLimits
    first_segment: int
    waiting: list[ToolCall] = field(default_factory=list)
    running: dict[str, ToolCall] = field(default_factory=dict)
    results: dict[str, ToolResult] = field(default_factory=dict)

    def begin(self, offer: Offer, now: float) -> list[Step]:
        """Start as many as allowed; a call that may not run, or is beyond the queue, is answered at once."""
        steps: list[Step] = []
        for position, call in enumerate(self.order):
            refusal = offer.refusal(call)
            if not refusal and position >= self.limits.queue:
                refusal = "Not run: too many calls in one round. Ask for fewer at a time."
            if refusal:
                steps += self._answer(call, ToolResult(refusal, failed=True))
            else:
                self.waiting.append(call)
        return steps + self._fill(now)

    def finish(self, call_id: str, result: ToolResult, now: float) -> list[Step]:
        """Take a result; one for a call that is not running is of no interest."""
        call = self.running.pop(call_id, None)
        if call is None:
            return []
        return [ClearTimer(timer_of(call_id)), *self._answer(call, result), *self._fill(now)]

    def expire(self, call_id: str, now: float) -> list[Step]:
        """End a call whose time is up."""
        call = self.running.pop(call_id, None)
        if call is None:
            return []
        text = f"Error: the tool did not finish within {self.limits.seconds:g} s."
        return [CancelCall(call_id), *self._answer(call, ToolResult(text, failed=True)), *self._fill(now)]

    def cancel(self) -> list[Step]:
        """Stop what runs; what has no result yet is answered as not completed."""
        steps: list[Step] = []
        for call_id in self.running:
            steps += [CancelCall(call_id), ClearTimer(timer_of(call_id))]
        for call in (*self.running.values(), *self.waiting):
            steps += self._answer(call, ToolResult("Not completed: the turn was stopped.", failed=True))
        self.running.clear()
        self.waiting.clear()
        return steps

    @property
    def done(self) -> bool:
        """Tell whether every call has its result."""
        return not self.running and not self.waiting

    def outputs(self) -> list[tuple[ToolCall, JsonObject]]:
        """Return the output items of the answered calls, in order."""
        return [
            (call, {"type": "function_call_output", "call_id": call.call_id, "output": self.results[call.call_id].text})
            for call in self.order
            if call.call_id in self.results
        ]

    def segments(self) -> list[tuple[ToolCall, int]]:
        """Return under which segment each call is shown."""
        return [(call, self.first_segment + position) for position, call in enumerate(self.order)]

    def _fill(self, now: float) -> list[Step]:
        steps: list[Step] = []
        while self.waiting and len(self.running) < self.limits.parallel:
            call = self.waiting.pop(0)
            self.running[call.call_id] = call
            steps += [
                ShowCall(self._segment(call), call),
                StartCall(call),
                SetTimer(timer_of(call.call_id), now + self.limits.seconds),
            ]
        return steps

    def _answer(self, call: ToolCall, result: ToolResult) -> list[Step]:
        self.results[call.call_id] = result
        return [ShowCallResult(self._segment(call), call, result)]

    def _segment(self, call: ToolCall) -> int:
        return self.first_segment + self.order.index(call)


def timer_of(call_id: str) -> str:
    """Name a call's timer."""
    return f"call:{call_id}"

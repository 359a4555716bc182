"""Schedule the tool calls of one round: which run now, which wait, when they time out, in which order they return."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from domain.conversation.arguments import NOTHING
from domain.limits import CALL_SECONDS, CALLS_AT_ONCE, ROUND_SECONDS
from domain.tools.hints import Order, order_of
from domain.tools.replies import (
    ARGUMENTS_LOST,
    NO_MORE_ROUNDS,
    TOO_MANY_IN_ROUND,
    TURN_STOPPED,
    call_overdue,
    no_tool,
    nothing_moved,
    round_over,
)
from domain.tools.results import fitted, output_of
from domain.tools.steps import CallStep, CancelCall, ClearTimer, SetTimer, ShowCall, ShowCallResult, StartCall
from ports.json_values import JsonObject
from ports.toolbox import Failure, ToolCall, ToolResult

CALL, ROUND, STILL = "call:", "calls:round", "calls:still"
RESERVED = 500
"""Characters reserved for the output of each call that has no result yet."""


@dataclass(frozen=True, slots=True)
class CallLimits:
    """Run at most `parallel` calls at once and `queue` calls a round, each for at most `seconds`; refuse further calls.

    `round_seconds` is the limit for all calls of a round together; the limit of a single call wins if it is longer.
    `still_seconds` is the longest time in which no call begins or ends; None means no such limit.
    """

    parallel: int = CALLS_AT_ONCE
    seconds: float = CALL_SECONDS
    queue: int = 50
    round_seconds: float = ROUND_SECONDS
    still_seconds: float | None = None

    @property
    def whole_round(self) -> float:
        """The longest duration of a round, in seconds."""
        return max(self.round_seconds, self.seconds)


@dataclass(frozen=True, slots=True)
class Offer:
    """Which calls of a round may run: calls of `runnable` tools, or none if the offer is `closed`.

    `demanding` tools need arguments: a call of one that has none lost its arguments on the way. `sequential` tools
    never run beside others.
    """

    runnable: frozenset[str]
    demanding: frozenset[str] = frozenset()
    sequential: frozenset[str] = frozenset()
    closed: bool = False

    def refusal(self, call: ToolCall) -> str:
        """Return why a call must not run; empty if it may."""
        if self.closed:
            return NO_MORE_ROUNDS
        if call.name not in self.runnable:
            return no_tool(call.name)
        if call.name in self.demanding and call.arguments.strip() in NOTHING:
            return ARGUMENTS_LOST
        return ""


def demanding(tools: Iterable[JsonObject]) -> frozenset[str]:
    """Return the names of tools with a parameter that can be neither omitted nor null.

    `tools` have the flat form of `POST /responses`. A strict schema requires every parameter but may allow null.
    """
    return frozenset(str(tool.get("name")) for tool in tools if _required(tool.get("parameters")))


def _required(parameters: object) -> bool:
    if not isinstance(parameters, dict) or not isinstance(parameters.get("required"), list):
        return False
    properties = parameters.get("properties")
    parts = properties if isinstance(properties, dict) else {}
    return any(not _may_be_null(parts.get(name)) for name in parameters["required"] if isinstance(name, str))


def _may_be_null(part: object) -> bool:
    if not isinstance(part, dict):
        return False
    kinds, branches = part.get("type"), part.get("anyOf")
    listed = isinstance(branches, list) and {"type": "null"} in branches
    return listed or kinds == "null" or (isinstance(kinds, list) and "null" in kinds)


@dataclass(frozen=True, slots=True)
class Reader:
    """The model that reads outputs: the characters left for them (`room`, None: no limit), whether it sees images."""

    room: int | None = None
    sees_images: bool = False


@dataclass(slots=True)
class Calls:
    """The calls of one round; their ids are unique. Every call gets exactly one result, in the order of the calls."""

    order: tuple[ToolCall, ...]
    limits: CallLimits
    first_segment: int
    reader: Reader = field(default_factory=Reader)
    waiting: list[ToolCall] = field(default_factory=list)
    running: dict[str, ToolCall] = field(default_factory=dict)
    results: dict[str, ToolResult] = field(default_factory=dict)
    _begun: set[str] = field(default_factory=set)
    _places: dict[str, int] = field(default_factory=dict)
    _rules: Order = field(default_factory=Order)
    _used: int = 0
    _still_until: float = 0.0

    def begin(self, offer: Offer, now: float) -> list[CallStep]:
        """Start as many calls as allowed; answer at once each call that may not run or exceeds the queue."""
        steps: list[CallStep] = []
        self._places = {call.call_id: position for position, call in enumerate(self.order)}
        for call in self.order:
            refusal = offer.refusal(call)
            if not refusal and len(self.waiting) >= self.limits.queue:
                refusal = TOO_MANY_IN_ROUND
            if refusal:
                steps += self._answer(call, _not_run(refusal))
            else:
                self.waiting.append(call)
        if not self.waiting:
            return steps
        self._rules = order_of(self.waiting, offer.sequential)
        return [*steps, SetTimer(ROUND, now + self.limits.whole_round), *self._go_on(now)]

    def began(self, call_id: str, now: float) -> list[CallStep]:
        """Start the time limit of a call: it got a slot in the process and begins."""
        if call_id not in self.running or call_id in self._begun:
            return []
        self._begun.add(call_id)
        return [SetTimer(timer_of(call_id), now + self.limits.seconds), *self._moved(now)]

    def finish(self, call_id: str, result: ToolResult, now: float) -> list[CallStep]:
        """Store the result of a running call; ignore the result of any other."""
        call = self.running.pop(call_id, None)
        if call is None:
            return []
        return [ClearTimer(timer_of(call_id)), *self._answer(call, result), *self._go_on(now)]

    def on_timer(self, name: str, now: float) -> list[CallStep]:
        """Time out what the timer `name` stands for: one call, or all open calls of the round."""
        if name == ROUND and not self.done:
            return self._end_all(round_over(max(self.limits.round_seconds, self.limits.seconds)))
        if name == STILL and not self.done and self.limits.still_seconds is not None:
            if now < self._still_until:
                return [SetTimer(STILL, self._still_until)]
            return self._end_all(nothing_moved(self.limits.still_seconds))
        call = self.running.pop(name.removeprefix(CALL), None) if name.startswith(CALL) else None
        if call is None:
            return []
        result = ToolResult(call_overdue(self.limits.seconds), failed=True, failure=Failure.OVERDUE)
        return [CancelCall(call.call_id, overdue=True), *self._answer(call, result), *self._go_on(now)]

    def cancel(self) -> list[CallStep]:
        """Cancel all calls; those without a result are reported as not completed."""
        return self._end_all(None)

    @property
    def done(self) -> bool:
        """Whether every call has its result."""
        return not self.running and not self.waiting

    def outputs(self) -> list[tuple[ToolCall, JsonObject]]:
        """Return the finished calls with the arguments they ran with, and their output items, in order."""
        return [
            (
                ran(call, self.results[call.call_id]),
                output_of(call.call_id, self.results[call.call_id], sees_images=self.reader.sees_images),
            )
            for call in self.order
            if call.call_id in self.results
        ]

    def segments(self) -> list[tuple[ToolCall, int]]:
        """Return each call with the number of the segment that shows it."""
        return [(call, self.first_segment + position) for position, call in enumerate(self.order)]

    def _go_on(self, now: float) -> list[CallStep]:
        """Start the calls that may start now; clear the timers of the round when no call is open."""
        steps: list[CallStep] = []
        while len(self.running) < self.limits.parallel and (call := self._next()) is not None:
            self.waiting.remove(call)
            self.running[call.call_id] = call
            steps += [ShowCall(self._segment(call), call), StartCall(call)]
        return [*steps, *(self._quiet() if self.done else self._moved(now))]

    def _next(self) -> ToolCall | None:
        """Return the first call that may start now. Calls that wait for each other in a circle start in order."""
        if any(call_id in self._rules.alone for call_id in self.running):
            return None
        for position, call in enumerate(self.waiting):
            if call.call_id in self._rules.alone:
                if position == 0 and not self.running:
                    return call
                break
            if all(other in self.results for other in self._rules.after.get(call.call_id, ())):
                return call
        return self.waiting[0] if self.waiting and not self.running else None

    def _end_all(self, overdue: tuple[str, str] | None) -> list[CallStep]:
        """End every open call: as stopped, or as timed out with the texts in `overdue` (running, waiting)."""
        steps: list[CallStep] = []
        for call_id in self.running:
            late = overdue is not None and call_id in self._begun
            steps += [CancelCall(call_id, overdue=late), ClearTimer(timer_of(call_id))]
        for call in (*self.running.values(), *self.waiting):
            if overdue is None:
                result = ToolResult(TURN_STOPPED, failed=True)
            elif call.call_id in self._begun:
                result = ToolResult(overdue[0], failed=True, failure=Failure.OVERDUE)
            else:
                result = _not_run(overdue[1])
            steps += self._answer(call, result)
        self.running.clear()
        self.waiting.clear()
        return [*steps, *self._quiet()]

    def _answer(self, call: ToolCall, result: ToolResult) -> list[CallStep]:
        if self.reader.room is not None:
            still_open = len(self.running) + len(self.waiting)
            result = fitted(result, self.reader.room - self._used - RESERVED * still_open)
        self._used += len(result.text)
        self.results[call.call_id] = result
        return [ShowCallResult(self._segment(call), ran(call, result), result)]

    def _moved(self, now: float) -> list[CallStep]:
        if self.limits.still_seconds is None:
            return []
        self._still_until = now + self.limits.still_seconds
        return [SetTimer(STILL, self._still_until)]

    def _quiet(self) -> list[CallStep]:
        return [ClearTimer(ROUND)] if self.limits.still_seconds is None else [ClearTimer(ROUND), ClearTimer(STILL)]

    def _segment(self, call: ToolCall) -> int:
        return self.first_segment + self._places[call.call_id]


def ran(call: ToolCall, result: ToolResult) -> ToolCall:
    """Return a call with the arguments its tool ran with."""
    return replace(call, arguments=result.ran) if result.ran else call


def timer_of(call_id: str) -> str:
    """Return the name of a call's timer."""
    return CALL + call_id


def _not_run(text: str) -> ToolResult:
    return ToolResult(text, failed=True, begun=False)

"""The tool calls of one round: which run now, which wait, in which order their outputs go back."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from domain.conversation.arguments import NONE, object_text
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

    def output(self, call_id: str) -> JsonObject:
        """Return the output item of an answered call."""
        return {"type": "function_call_output", "call_id": call_id, "output": self.results[call_id].text}

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


def items_of(round_items: tuple[JsonObject, ...], calls: Calls) -> tuple[JsonObject, ...]:
    """Return what the next request of the turn has to hold after a round with calls.

    Reasoning and messages go back as received, but without empty parts; calls in the portable minimum without their
    id, whose prefix upstream checks; then one output per call, in order. Source: OpenRouter API reference, input items.
    """
    kept: list[JsonObject] = []
    unwritten = {call.call_id: call for call in calls.order}
    for item in round_items:
        kind, call_id = item.get("type"), item.get("call_id")
        if kind == "reasoning":
            kept.append(item)
        elif kind == "message":
            kept += _message_items(item)
        elif kind == "function_call" and isinstance(call_id, str) and call_id in unwritten:
            kept.append(_call_item(unwritten.pop(call_id)))
    kept += [_call_item(call) for call in unwritten.values()]
    written = [item["call_id"] for item in kept if item["type"] == "function_call"]
    return (*kept, *(calls.output(call_id) for call_id in written))


def _message_items(item: JsonObject) -> list[JsonObject]:
    content = item.get("content")
    parts = [part for part in content if _says(part)] if isinstance(content, list) else []
    if not parts:
        return []
    if item.get("id"):
        return [{**item, "content": parts, "status": "completed"}]
    text = "\n\n".join(_says(part) for part in parts)
    return [{"type": "message", "role": "assistant", "content": text}]


def _says(part: object) -> str:
    said = (part.get("text") or part.get("refusal")) if isinstance(part, dict) else ""
    return said if isinstance(said, str) else ""


def _call_item(call: ToolCall) -> JsonObject:
    return {
        "type": "function_call",
        "call_id": call.call_id,
        "name": call.name,
        "arguments": object_text(call.arguments),
    }

"""Outputs for presenters, and the host's view of the answer."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from domain.faults.fault import Fault, FaultKind
from domain.turn.steps import End, Ended, Output, Reason
from entrypoints.openai.chunks import ChunkPresenter
from entrypoints.openai.frames import Yield
from entrypoints.openwebui.present.frames import Emit, Frame, Presenter
from ports.toolbox import ToolCall, ToolResult
from ports.usage import Paid, Timing, Usage

ERROR_ID = "00000000000000e1"
USAGE = Usage(input_tokens=10, output_tokens=5, total_tokens=15, cached_tokens=4, cost=Decimal("0.002"))
FAULT = Fault(FaultKind.RATE_LIMITED, detail="slow down", provider="Acme", retry_after=2.2)


def ended(reason: Reason = Reason.STOP, usage: Usage | None = None, thinking: float = 0.0) -> Ended:
    """End a turn well."""
    return Ended(End(reason, Timing(1.5, 1.0, thinking), ERROR_ID, usage=usage, paid=paid_for(usage)))


def failed(fault: Fault = FAULT, usage: Usage | None = None) -> Ended:
    """End a turn with a fault."""
    return Ended(End(Reason.FAULT, Timing(1.5), ERROR_ID, fault, usage=usage, paid=paid_for(usage)))


def paid_for(usage: Usage | None) -> Paid:
    """Return what a usage costs."""
    return Paid(usage.cost or Decimal(0)) if usage is not None else Paid()


def tool_call(number: int = 1, name: str = "weather", arguments: str = '{"city":"Oslo"}') -> ToolCall:
    """Make a call of a tool."""
    return ToolCall(f"call_{number}", name, arguments)


def result(text: str = "rain") -> ToolResult:
    """Make what a tool said."""
    return ToolResult(text)


def tell(presenter: Presenter | ChunkPresenter, *outputs: Output) -> list[Frame]:
    """Return the frames of all outputs."""
    return [frame for output in outputs for frame in presenter.present(output)]


def yielded(frames: Iterable[Frame]) -> list[Any]:
    """Return what leaves the generator."""
    return [frame.payload for frame in frames if isinstance(frame, Yield)]


def emitted(frames: Iterable[Frame]) -> list[dict[str, Any]]:
    """Return the events for the page."""
    return [frame.event for frame in frames if isinstance(frame, Emit)]


def kinds(frames: Iterable[Frame]) -> list[str]:
    """Name each frame: the type of an item event or of an emitted event, else the keys of the chunk."""
    return [_kind(frame) for frame in frames]


def _kind(frame: Frame) -> str:
    if isinstance(frame, Emit):
        return f"emit {frame.event['type']}"
    payload = frame.payload
    if isinstance(payload, str):
        return payload
    if "type" not in payload:
        return " ".join(payload)
    item = payload.get("item", {}).get("type")
    name = str(payload["type"]).removeprefix("response.")
    return f"{name} {item}" if item else name


class HostList:
    """The list of items as the hosts keep it: `full` also reads what only the newest understand."""

    def __init__(self, *, full: bool = True) -> None:
        self.full = full
        self.items: list[dict[str, Any]] = []
        self.completed: list[dict[str, Any]] = []

    def take(self, payloads: Iterable[Any]) -> "HostList":
        """Fold the events in."""
        for payload in payloads:
            if isinstance(payload, dict) and "type" in payload:
                self._fold(payload, str(payload["type"]).removeprefix("response."))
        return self

    def _fold(self, event: dict[str, Any], kind: str) -> None:
        index = event.get("output_index", 0)
        if kind == "output_item.added":
            assert index == len(self.items)
            self.items.append(dict(event["item"]))
        elif kind == "output_item.done" and self.full:
            self.items[index] = dict(event["item"])
        elif kind == "output_text.delta":
            assert self.items[index]["id"] == event["item_id"]
            (part,) = self.items[index]["content"]
            self.items[index]["content"] = [{**part, "text": part["text"] + event["delta"]}]
        elif kind == "reasoning_summary_text.delta":
            assert self.items[index]["id"] == event["item_id"]
            said = "".join(part["text"] for part in self.items[index]["summary"])
            self.items[index]["summary"] = [{"type": "summary_text", "text": said + event["delta"]}]
        elif kind == "completed":
            self.completed.append(event["response"])
            self.items = [dict(item) for item in event["response"]["output"]]

    @property
    def text(self) -> str:
        """The answer, item after item."""
        return "".join(part["text"] for item in self.items for part in item.get("content", ()))

    @property
    def thinking(self) -> str:
        """The thinking, item after item."""
        return "".join(part["text"] for item in self.items for part in item.get("summary", ()))

    @property
    def unanswered(self) -> set[str]:
        """Ids of calls without an output: the host would run them."""
        calls = {item["call_id"] for item in self.items if item["type"] == "function_call"}
        return calls - {item["call_id"] for item in self.items if item["type"] == "function_call_output"}

"""Feed a turn by hand: short constructors for upstream's events, and access to the steps that followed."""

from decimal import Decimal
from typing import TypeVar

from domain.turn.events import Begun, TurnEvent
from domain.turn.machine import TurnMachine, TurnPlan
from domain.turn.statuses import Status
from domain.turn.steps import (
    AttemptBegan,
    AttemptEnded,
    CallUpstream,
    End,
    Ended,
    Finish,
    Persist,
    ShowReasoning,
    ShowStatus,
    ShowText,
    StartCall,
    Step,
)
from ports.json_values import JsonObject
from ports.response_events import (
    ItemDone,
    ProblemReported,
    ResponseEnded,
    ResponseStarted,
    ResponseStatus,
    TextDelta,
    UpstreamEvent,
    UpstreamProblem,
)
from ports.responses import ResponsesBody, UpstreamRequest
from ports.usage import Usage

S = TypeVar("S")
QUESTION: JsonObject = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Why?"}]}
BODY = ResponsesBody("maker/model", (QUESTION,))
REQUEST = UpstreamRequest(BODY)
ERROR_ID = "0123456789abcdef"
STARTED = ResponseStarted("gen-1", "maker/answering")
COST = Usage(input_tokens=10, output_tokens=5, total_tokens=15, cost=Decimal("0.001"))


class Turn:
    """One machine, its steps so far, and a clock value."""

    def __init__(self, plan: TurnPlan | None = None, *, begun: bool = True) -> None:
        self.machine = TurnMachine(plan or TurnPlan(REQUEST, ERROR_ID))
        self.now = 0.0
        self.steps: list[Step] = []
        if begun:
            self.feed(Begun())

    def feed(self, *events: TurnEvent, after: float = 0.0) -> list[Step]:
        """Feed events that arrive together, `after` seconds after the last ones."""
        self.now += after
        steps = self.machine.feed_all(events, self.now)
        self.steps += steps
        return steps

    def all(self, kind: type[S]) -> list[S]:
        """Every step of one kind so far."""
        return [step for step in self.steps if isinstance(step, kind)]

    @property
    def text(self) -> str:
        """The answer as it was shown, with segments separated."""
        return shown(self.all(ShowText))

    @property
    def reasoning(self) -> str:
        """The reasoning as it was shown, with segments separated."""
        return shown(self.all(ShowReasoning))

    @property
    def unbilled(self) -> int | None:
        """The characters of attempts that upstream sent no bill for; None if there was none."""
        known = [step.unbilled for step in self.all(AttemptEnded) if step.unbilled is not None]
        return sum(known) if known else None

    @property
    def kept(self) -> list[JsonObject]:
        """The items kept for later turns."""
        return [kept.item for step in self.all(Persist) for kept in step.items]

    @property
    def statuses(self) -> list[Status]:
        """The status lines."""
        return [shown.status for shown in self.all(ShowStatus)]

    @property
    def attempts(self) -> list[CallUpstream]:
        """The upstream calls requested so far."""
        return self.all(CallUpstream)

    @property
    def started(self) -> list[str]:
        """Ids of the tool calls started."""
        return [step.call.call_id for step in self.all(StartCall)]

    @property
    def began(self) -> list[int]:
        """Numbers of the attempts announced."""
        return [step.no for step in self.all(AttemptBegan)]

    @property
    def ended_attempts(self) -> list[AttemptEnded]:
        """The attempts that ended."""
        return self.all(AttemptEnded)

    @property
    def end(self) -> End:
        """How the turn ended: exactly one Finish; the reader got the same end unless the turn was cancelled."""
        (finish,) = self.all(Finish)
        assert [ended.end for ended in self.all(Ended)] in ([], [finish.end])
        return finish.end

    @property
    def fault(self) -> str:
        """The name of the fault it ended with."""
        fault = self.end.fault
        assert fault is not None
        return fault.kind.name


def shown(pieces: list[ShowText] | list[ShowReasoning]) -> str:
    """Join pieces: within a segment without a separator, segments with a bar."""
    segments: dict[int, str] = {}
    for piece in pieces:
        segments[piece.segment] = segments.get(piece.segment, "") + piece.text
    return "|".join(segments.values())


def delta(text: str, index: int = 0, item_id: str = "msg_1", part: int = 0) -> TextDelta:
    """A piece of text."""
    return TextDelta(index, item_id, part, text)


def message(*texts: str, item_id: str = "msg_1") -> JsonObject:
    """A finished message with one part per text."""
    content = [{"type": "output_text", "text": text, "annotations": []} for text in texts]
    return {"type": "message", "id": item_id, "status": "completed", "role": "assistant", "content": content}


def thought(summary: str = "", raw: str = "", item_id: str = "rs_1") -> JsonObject:
    """A finished reasoning item."""
    item: dict[str, object] = {"type": "reasoning", "id": item_id, "encrypted_content": "gAAA"}
    item["summary"] = [{"type": "summary_text", "text": summary}] if summary else []
    return {**item, "content": [{"type": "reasoning_text", "text": raw}]} if raw else item


def call(call_id: str = "call_1", name: str = "look", arguments: str = '{"q": 1}', item_id: str = "") -> JsonObject:
    """A finished function call."""
    return {
        "type": "function_call",
        "id": item_id or f"fc_{call_id}",
        "call_id": call_id,
        "name": name,
        "arguments": arguments,
    }


def done(*items: JsonObject) -> list[UpstreamEvent]:
    """Finish items, each at its own place."""
    return [ItemDone(index, item) for index, item in enumerate(items)]


def completed(*items: JsonObject, usage: Usage | None = None) -> ResponseEnded:
    """The terminal event of a complete answer."""
    return ResponseEnded(ResponseStatus.COMPLETED, "gen-1", "maker/answering", items, usage)


def incomplete(reason: str, usage: Usage | None = None) -> ResponseEnded:
    """The terminal event of an answer that was cut off."""
    return ResponseEnded(ResponseStatus.INCOMPLETE, "gen-1", "maker/answering", (), usage, reason)


def failed(problem: UpstreamProblem | None = None, usage: Usage | None = None) -> ResponseEnded:
    """The terminal event of an answer that failed."""
    return ResponseEnded(ResponseStatus.FAILED, "gen-1", "maker/answering", (), usage, problem=problem)


def problem(status: int | None = None, kind: str = "", **more: object) -> UpstreamProblem:
    """An error reported by upstream."""
    return UpstreamProblem(status, kind, "words of upstream", **more)  # type: ignore[arg-type]


def reported(status: int | None = None, kind: str = "", **more: object) -> ProblemReported:
    """An error inside a stream."""
    return ProblemReported(problem(status, kind, **more))

"""Record what a turn is fed, and feed it again: the same events at the same times give the same steps."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache

from domain.turn.events import TurnEvent
from domain.turn.machine import TurnMachine
from domain.turn.plan import TurnPlan
from domain.turn.steps import Step
from ports.answer_facts import AnswerFacts
from ports.response_events import ArgumentsDelta, ItemTextDelta, ReasoningDelta, RefusalDelta, TextDelta
from ports.responses import UpstreamRequest
from ports.transcripts import Transcript
from ports.usage import Usage

MOST_OF_EVENT, MOST_OF_PLAN = 1024 * 1024, 4 * 1024 * 1024
"""Characters that are recorded of one event, and of a plan; of a larger one only the beginning of its longest text."""
MOST_VALUES = 20_000
"""Values that are measured; what has more counts as too large."""
HEAD = 1_000
EVENT_BYTES, VALUE_BYTES = 160, 60
"""What an event, and each value in it, takes beside its texts."""
SMALL = frozenset({bool, int, float, type(None), Usage, AnswerFacts})
"""Types whose values are never large."""
PIECES = frozenset({TextDelta, ReasoningDelta, RefusalDelta, ArgumentsDelta, ItemTextDelta})


@dataclass(frozen=True, slots=True)
class Fed:
    """Events that were fed together, at clock value `at` (s)."""

    at: float
    events: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class FellBack:
    """The request to the fallback model that the plan's callback made; None: there can be none."""

    request: UpstreamRequest | None


@dataclass(frozen=True, slots=True)
class Shortened:
    """What is left of a value that was too large to record: its type, about how many characters, how it begins."""

    kind: str
    characters: int
    head: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """The steps that followed events at clock value `at`; `defect`: what the machine raised instead."""

    at: float
    steps: tuple[Step, ...]
    defect: str = ""


class RecordingMachine(TurnMachine):
    """A machine that writes down what it is fed; chosen only while somebody records."""

    def __init__(self, plan: TurnPlan, transcript: Transcript) -> None:
        self._record = transcript.events
        fallback = plan.alternatives.fallback
        alone = replace(plan.alternatives, fallback=None)
        kept, size = _bounded(replace(plan, alternatives=alone, fit=replace(plan.fit, weights={})), MOST_OF_PLAN)
        transcript.planned(kept, size)
        if fallback is not None:
            plan = replace(plan, alternatives=replace(plan.alternatives, fallback=self._remembered(fallback)))
        super().__init__(plan)

    def feed_all(self, events: Sequence[TurnEvent], now: float) -> list[Step]:
        """Write the events down, then process them."""
        if len(events) == 1 and events[0].__class__ in PIECES:  # almost every read
            self._record.add((now, events[0]), EVENT_BYTES + len(events[0].text))  # type: ignore[union-attr]
        elif events:
            bounded = [_bounded(event, MOST_OF_EVENT) for event in events]
            self._record.add(Fed(now, tuple(event for event, _ in bounded)), sum(size for _, size in bounded))
        else:
            self._record.add(Fed(now, ()), EVENT_BYTES)
        return super().feed_all(events, now)

    def _remembered(self, fallback: Callable[[], UpstreamRequest | None]) -> Callable[[], UpstreamRequest | None]:
        def built() -> UpstreamRequest | None:
            request = fallback()
            kept, size = _bounded(FellBack(request), MOST_OF_PLAN)
            self._record.add(kept, size)
            return request

        return built


def entries_of(transcript: Transcript) -> Iterator[object]:
    """Yield what was recorded, `Fed` and `FellBack`, in order."""
    for entry in transcript.events.entries():
        yield Fed(entry[0], (entry[1],)) if isinstance(entry, tuple) else entry


def replay(plan: TurnPlan, entries: Iterable[object]) -> Iterator[Replayed]:
    """Feed recorded events to a new machine, and yield what follows each feed.

    `entries`: `Fed` and `FellBack` in the order in which they were recorded.
    """
    listed = tuple(entries)
    other = next((entry.request for entry in listed if isinstance(entry, FellBack)), None)
    try:
        machine = TurnMachine(replace(plan, alternatives=replace(plan.alternatives, fallback=lambda: other)))
    except Exception as defect:  # noqa: BLE001 - of a plan of which parts are left out
        yield Replayed(0.0, (), f"{type(defect).__name__}: {defect}")
        return
    for entry in listed:
        if isinstance(entry, Fed):
            try:
                steps = machine.feed_all(entry.events, entry.at)  # type: ignore[arg-type]
            except Exception as defect:  # noqa: BLE001 - the defect may be what the record is replayed for
                yield Replayed(entry.at, (), f"{type(defect).__name__}: {defect}")
            else:
                yield Replayed(entry.at, tuple(steps))


def _bounded(value: object, most: int) -> tuple[object, int]:
    """Return a value as it is recorded, and about how many bytes it takes."""
    characters, values, longest = 0, 1, ""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        kind: type = type(one)
        if kind is str:
            length = len(one)  # type: ignore[arg-type]
            characters += length
            if length > len(longest):
                longest = one  # type: ignore[assignment]
        elif kind is dict:
            values += len(one)  # type: ignore[arg-type]
            waiting += one.values()  # type: ignore[attr-defined]
        elif kind is list or kind is tuple or kind is frozenset:
            values += len(one)  # type: ignore[arg-type]
            waiting += one  # type: ignore[arg-type]
        elif kind not in SMALL:
            parts = _parts_of(one, kind)
            values += len(parts)
            characters += len(one) if isinstance(one, bytes) else 0
            waiting += parts
        if characters > most or values > MOST_VALUES:
            return Shortened(type(value).__name__, characters, longest[:HEAD]), EVENT_BYTES + HEAD
    return value, EVENT_BYTES + characters + VALUE_BYTES * values


def _parts_of(value: object, kind: type) -> list[object]:
    """Return what a dataclass or an error holds."""
    if isinstance(value, BaseException):
        return [*value.args, *vars(value).values()]
    return [getattr(value, name) for name in _field_names(kind)]


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(part.name for part in fields(kind)) if is_dataclass(kind) else ()

"""Turn a finished transcript into a record without secrets, and read the events of a record back.

Rendering is pure computation in proportion to the turn: a store does it in its own thread.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from domain.redaction.records import RecordMask
from domain.turn.plan import TurnPlan
from domain.turn.recorded import Fed, FellBack, Shortened, entries_of, replay
from domain.turn.recorded_values import TAG, UnreadableRecord, decoded, encoded
from domain.turn.steps import End, Finish
from ports.json_values import JsonObject
from ports.response_events import ArgumentsDelta, ItemTextDelta, ReasoningDelta, RefusalDelta, TextDelta
from ports.transcripts import Line, Record, Transcript

VERSION = 1
Piece = TextDelta | RefusalDelta | ReasoningDelta | ArgumentsDelta | ItemTextDelta
Place = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class RecordedTurn:
    """The events of one turn as a file has them. `exact`: nothing was masked or left out, so the replay is exact."""

    request_id: str
    exact: bool
    plan: TurnPlan | None
    entries: tuple[Fed | FellBack, ...]


def rendered(transcript: Transcript, *, emails: bool = True) -> Record:
    """Return the record of a finished turn."""
    mask = RecordMask(transcript.mask, emails)
    ids = mask.fields_of(transcript.ids.named())
    logs = tuple(_log_lines(transcript, ids, mask))
    mask.changed = 0
    entries, whole = _event_lines(transcript, mask)
    dropped = transcript.events.dropped
    exact = whole and not (mask.changed or dropped) and transcript.plan is not None
    head: JsonObject = {"turn": ids.get("request_id", ""), "version": VERSION, "exact": exact}
    if transcript.plan is None:  # the turn ended before its machine began
        entries = ()
    meta: JsonObject = {
        "ids": ids,
        "task": mask.text(transcript.ids.task),
        "began_at": transcript.began.isoformat(),
        "lines": len(logs),
        "lines_dropped": transcript.lines.dropped,
        "events": len(entries),
        "events_dropped": dropped,
        "exact": exact,
        "masked": mask.changed,
    }
    return Record(transcript.ids, meta, logs, (head, *entries) if entries else ())


def recorded_turns(lines: Iterable[object]) -> Iterator[RecordedTurn]:
    """Yield the turns in the event lines of one file. Raises UnreadableRecord."""
    head: Mapping[str, object] | None = None
    values: list[object] = []
    for line in lines:
        if not isinstance(line, dict):
            raise UnreadableRecord("a line is no object")
        if "turn" in line:
            if head is not None:
                yield _turn(head, values)
            head, values = line, []
        else:
            values.append(decoded(line.get("value")))
    if head is not None:
        yield _turn(head, values)


def end_of_replay(turn: RecordedTurn) -> End | None:
    """Feed a recorded turn again and return how it ends; None if it was cut off, or cannot be fed."""
    if turn.plan is None:
        return None
    steps = (step for fed in replay(turn.plan, turn.entries) for step in fed.steps)
    return next((step.end for step in steps if isinstance(step, Finish)), None)


def _turn(head: Mapping[str, object], values: list[object]) -> RecordedTurn:
    if head.get("version") != VERSION:
        raise UnreadableRecord("another version")
    plan = next((value for value in values if isinstance(value, TurnPlan)), None)
    entries = tuple(value for value in values if isinstance(value, Fed | FellBack))
    return RecordedTurn(str(head.get("turn", "")), head.get("exact") is True, plan, entries)


def _log_lines(transcript: Transcript, ids: JsonObject, mask: RecordMask) -> Iterator[JsonObject]:
    for line in transcript.lines.entries():
        if isinstance(line, Line):
            ts = transcript.began + timedelta(seconds=line.at - transcript.began_at)
            values = mask.fields_of(line.values)
            yield {"ts": ts.isoformat(), "level": line.level, "event": mask.text(line.name), **ids, **values}


def _event_lines(transcript: Transcript, mask: RecordMask) -> tuple[tuple[JsonObject, ...], bool]:
    """Return the plan and the events as lines, and whether all of them could be written."""
    entries, lines, whole = tuple(entries_of(transcript)), list[JsonObject](), True
    pieces = _Pieces(entries, mask)
    for entry in (transcript.plan, *entries):
        shortened = (entry,) if not isinstance(entry, Fed) else entry.events
        whole = whole and not any(isinstance(one, Shortened) for one in shortened)
        try:
            value = pieces.fed(entry) if isinstance(entry, Fed) else mask.value(encoded(entry))
        except (UnreadableRecord, TypeError, RecursionError) as error:
            whole, value = False, {"unrecorded": type(error).__name__}
        lines.append({"value": value})
    return tuple(lines), whole


class _Pieces:
    """The pieces of one turn's texts. A secret may be split between them, so each text is masked as a whole.

    If that changes it, its first piece gets all of the masked text, and the others none.
    """

    def __init__(self, entries: Iterable[object], mask: RecordMask) -> None:
        self._mask = mask
        self._changed: dict[Place, str] = {}
        texts: dict[Place, list[str]] = {}
        for entry in entries:
            for event in entry.events if isinstance(entry, Fed) else ():
                if isinstance(event, Piece):
                    texts.setdefault(_place(event), []).append(event.text)
        for place, parts in texts.items():
            text = "".join(parts)
            masked = mask.text(text, longest=2 * len(text) + 1_000)  # names of data may be longer than the data
            if masked != text:
                self._changed[place] = masked

    def fed(self, entry: Fed) -> object:
        """Return what was fed as JSON."""
        events = [
            self._piece(event) if isinstance(event, Piece) else self._mask.value(encoded(event))
            for event in entry.events
        ]
        return {TAG: "Fed", "at": encoded(entry.at), "events": {TAG: "tuple", "is": events}}

    def _piece(self, event: Piece) -> object:
        place = _place(event)
        if place in self._changed:
            event = replace(event, text=self._changed[place])
            self._changed[place] = ""
        shown = self._mask.name(event.item_id)
        return encoded(event if shown == event.item_id else replace(event, item_id=shown))


def _place(event: Piece) -> Place:
    which = getattr(event, "part", None) if not isinstance(event, ItemTextDelta) else event.channel
    return (type(event), event.index, event.item_id, which, getattr(event, "raw", None))

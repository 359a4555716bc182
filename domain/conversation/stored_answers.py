"""Match history messages to stored turns. An answer is a run of messages of an assistant and its tools.

Messages that name the same turn belong together. So does a message without a reference whose text is the next part of
the turn: hosts return no reference with an answer that was not preceded by thinking.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from domain.conversation.call_kinds import CALLS, OUTPUTS
from domain.conversation.fingerprint import normalised, text_of, visible_text
from domain.conversation.history_format import HistoryFormat
from domain.conversation.item_types import MESSAGE
from domain.conversation.marks import Marks, call_ids_of, marks_of, with_fingerprints
from domain.conversation.record import TurnRecord
from ports.json_values import JsonObject


@dataclass(slots=True)
class StoredAnswer:
    """Messages `start` to `stop` (exclusive) of a history, and the turns they belong to, in order.

    `by_reference`: they name the turns; otherwise they were recognised by their words. `wanted`: the normalised text of
    the turns; `read`: how many of its characters the messages contain. `intact`: all texts compared so far are equal.
    `calls`: ids of the turns' calls for the caller; `shown`: ids of the calls in the messages.
    """

    start: int
    stop: int
    by_reference: bool
    history_format: HistoryFormat
    turns: dict[str, TurnRecord] = field(default_factory=dict)
    wanted: str = ""
    read: int = 0
    intact: bool = True
    calls: set[str] = field(default_factory=set)
    shown: set[str] = field(default_factory=set)

    @property
    def unchanged(self) -> bool:
        """Return whether the host returned the stored text and all rows of the turns exist.

        If the last turn was interrupted, the page may have received less of its last text than was stored.
        """
        if not self.intact or self.beheaded or not all(turn.whole for turn in self.turns.values()):
            return False
        return self.read == len(self.wanted) or (self.cut and self.read > self.before_last)

    @property
    def beheaded(self) -> bool:
        """Return whether the host dropped the first rounds of the first turn: later calls are there, the first is not.

        A host that compacts a chat within an answer puts a summary in their place.
        """
        if not self.shown or not self.turns:
            return False
        first = next(iter(self.turns.values()))
        visible = visible_ids(first)
        ran = [visible[one.item["call_id"]] for one in first.items if one.item["type"] in OUTPUTS]
        return bool(ran) and ran[0] not in self.shown and not self.shown.isdisjoint(ran)

    @property
    def cut(self) -> bool:
        """Return whether the newest of the turns was interrupted."""
        return bool(self.turns) and next(reversed(self.turns.values())).cut

    @property
    def before_last(self) -> int:
        """The position in `wanted` at which the last text begins."""
        newest = next(reversed(self.turns.values()))
        said = [kept for kept in newest.items if kept.item["type"] == MESSAGE]
        return len(self.wanted) - len(normalised(text_of(said[-1:]), self.history_format)) if said else len(self.wanted)

    def name(self, record: TurnRecord, text: str) -> None:
        """Add a turn; `text` is its normalised text."""
        if record.turn_id not in self.turns:
            self.turns[record.turn_id] = record
            self.calls.update(visible_ids(record).values())
            self.wanted = f"{self.wanted} {text}".strip()

    def take(self, messages: Sequence[object], stop: int) -> None:
        """Add the messages up to `stop` (exclusive) and compare their texts."""
        for message in messages[self.stop : stop]:
            if isinstance(message, Mapping) and message.get("role") == "assistant":
                following = self._after(normalised(visible_text(message), self.history_format))
                self.intact = self.intact and following is not None
                self.read = following if following is not None else self.read
                self.shown.update(call_ids_of(message))
        self.stop = stop

    def goes_on_with(self, message: JsonObject) -> bool:
        """Return whether the text of a message without a reference is the next part of the turns."""
        text = normalised(visible_text(message), self.history_format)
        return bool(text) and not message.get("tool_calls") and self.intact and self._after(text) is not None

    def _after(self, text: str) -> int | None:
        """Return the position after `text` in the stored text; None if the stored text does not continue with it."""
        if not text:
            return self.read
        begin = self.read + 1 if self.read else 0
        end = begin + len(text)
        if not self.wanted.startswith(text, begin):
            return None
        return end if self.cut or self.wanted[end : end + 1] in ("", " ") else None


def visible_ids(record: TurnRecord) -> dict[str, str]:
    """Return the caller's ids of a turn's calls by their upstream ids."""
    calls = (kept for kept in record.items if kept.item["type"] in CALLS)
    return {kept.item["call_id"]: kept.shown or kept.item["call_id"] for kept in calls}


def stored_answers(
    messages: Sequence[object],
    records: Iterable[TurnRecord],
    history_format: HistoryFormat,
    marks: Marks | None = None,
) -> tuple[StoredAnswer, ...]:
    """Find the answers of stored turns in a history, in order, without overlap. `marks`: None to read them here."""
    by_id = {record.turn_id: record for record in records}
    if not by_id:
        return ()
    marks = marks or marks_of(messages, history_format)
    said = _by_fingerprint(messages, by_id.values(), marks, history_format)
    texts: dict[str, str] = {}
    answers: list[StoredAnswer] = []
    answer: StoredAnswer | None = None
    for position, message in enumerate(messages):
        role = message.get("role") if isinstance(message, Mapping) else None
        if not isinstance(message, Mapping) or role not in ("assistant", "tool"):
            answer = None
            continue
        named = [by_id[turn_id] for turn_id in marks.references[position] if turn_id in by_id]
        by_reference = bool(named)
        if not named and position in said and (answer is None or not answer.goes_on_with(message)):
            named = [said[position]]
        if answer is None or not _belongs(message, named, answer):
            if not named:
                continue
            answer = StoredAnswer(position, position, by_reference, history_format)
            answers.append(answer)
        for record in named:
            if record.turn_id not in texts:
                texts[record.turn_id] = normalised(text_of(record.items), history_format)
            answer.name(record, texts[record.turn_id])
        answer.take(messages, position + 1)
    return tuple(answers)


def _belongs(message: JsonObject, named: Sequence[TurnRecord], answer: StoredAnswer) -> bool:
    if named:
        return any(record.turn_id in answer.turns for record in named)
    if message.get("role") == "tool":
        return message.get("tool_call_id") in answer.calls
    return answer.goes_on_with(message)


def _by_fingerprint(
    messages: Sequence[object], records: Iterable[TurnRecord], marks: Marks, history_format: HistoryFormat
) -> dict[int, TurnRecord]:
    """Map positions to turns of the same fingerprint; skip fingerprints with more turns than positions."""
    turns: dict[str, list[TurnRecord]] = defaultdict(list)
    for record in records:
        if record.fingerprint:
            turns[record.fingerprint].append(record)
    places: dict[str, list[int]] = defaultdict(list)
    if turns:
        for position, found in with_fingerprints(marks, messages, history_format).fingerprints or ():
            if found in turns:
                places[found].append(position)
    given: dict[int, TurnRecord] = {}
    for found, positions in places.items():
        same = sorted(turns[found], key=lambda record: record.turn_id)
        if len(same) <= len(positions):
            given.update(zip(positions[-len(same) :], same, strict=True))
    return given

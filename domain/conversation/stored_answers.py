"""Which messages of a history are the answers of stored turns: consecutive messages of an assistant and its tools.

Messages that name the same turn belong together, and so does one without a name that says what the turn said next:
a host returns no reference with an answer that followed no thinking.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from domain.conversation.fingerprint import normalised, text_of, visible_text
from domain.conversation.history_format import HistoryFormat
from domain.conversation.marks import Marks, marks_of, with_fingerprints
from domain.conversation.record import CALL, MESSAGE, TurnRecord
from ports.json_values import JsonObject


@dataclass(slots=True)
class StoredAnswer:
    """Messages `start` to `stop` (exclusive) of a history, and the turns they are of, in order.

    `by_reference`: they name the turns; otherwise they were recognised by what they say. `intact`: they say what was
    stored, so far as they were read.
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

    @property
    def unchanged(self) -> bool:
        """Tell whether the host returned the text as stored, and all that was stored is there.

        Of a turn that broke off the page may have got less than was stored, if only in its last text.
        """
        if not self.intact or not all(turn.whole for turn in self.turns.values()):
            return False
        return self.read == len(self.wanted) or (self.cut and self.read > self.before_last)

    @property
    def cut(self) -> bool:
        """Tell whether the newest of the turns broke off."""
        return bool(self.turns) and next(reversed(self.turns.values())).cut

    @property
    def before_last(self) -> int:
        """Where the last text begins in the whole of what was said."""
        newest = next(reversed(self.turns.values()))
        said = [kept for kept in newest.items if kept.item["type"] == MESSAGE]
        return len(self.wanted) - len(normalised(text_of(said[-1:]), self.history_format)) if said else len(self.wanted)

    def name(self, record: TurnRecord, text: str) -> None:
        """Add a turn that said `text` (normalised)."""
        if record.turn_id not in self.turns:
            self.turns[record.turn_id] = record
            self.calls.update(visible_ids(record).values())
            self.wanted = f"{self.wanted} {text}".strip()

    def take(self, messages: Sequence[object], stop: int) -> None:
        """Grow up to message `stop` (exclusive) and compare what the messages say."""
        for message in messages[self.stop : stop]:
            if isinstance(message, Mapping) and message.get("role") == "assistant":
                following = self._after(normalised(visible_text(message), self.history_format))
                self.intact = self.intact and following is not None
                self.read = following if following is not None else self.read
        self.stop = stop

    def goes_on_with(self, message: JsonObject) -> bool:
        """Tell whether a message without a name says what comes next."""
        text = normalised(visible_text(message), self.history_format)
        return bool(text) and not message.get("tool_calls") and self.intact and self._after(text) is not None

    def _after(self, text: str) -> int | None:
        """Return where the stored text goes on after `text`; None if it does not say that next."""
        if not text:
            return self.read
        begin = self.read + 1 if self.read else 0
        end = begin + len(text)
        if not self.wanted.startswith(text, begin):
            return None
        return end if self.cut or self.wanted[end : end + 1] in ("", " ") else None


def visible_ids(record: TurnRecord) -> dict[str, str]:
    """Return the ids of a turn's calls as the caller knows them, by the ids upstream knows."""
    calls = (kept for kept in record.items if kept.item["type"] == CALL)
    return {kept.item["call_id"]: kept.shown or kept.item["call_id"] for kept in calls}


def stored_answers(
    messages: Sequence[object],
    records: Iterable[TurnRecord],
    history_format: HistoryFormat,
    marks: Marks | None = None,
) -> tuple[StoredAnswer, ...]:
    """Find the answers of stored turns in a history, in order; they do not overlap. `marks`, if they are read."""
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
    """Give places to turns by what is said there; not where more turns than places said the same."""
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

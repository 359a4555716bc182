"""What stored turns put in the place of a history's messages.

A turn whose text came back unchanged goes upstream exactly as it was received, its thinking only to the model that
made it. Of a turn that was changed the host's words count, and of the store only calls and their full outputs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from domain.conversation.marks import Marks, call_ids_of, is_answer
from domain.conversation.provenance import every_call_was_thought_of, thinking_goes_back
from domain.conversation.record import REASONING
from domain.conversation.replayed_items import Ids, as_read, host_items, outputs_in, stored_items
from domain.conversation.stored_answers import StoredAnswer
from ports.catalog import Model
from ports.json_values import JsonObject

MOST = 2000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look up for a history: the newest `MOST` of each. `common`: fingerprints that count in one chat only."""

    turn_ids: tuple[str, ...] = ()
    fingerprints: tuple[str, ...] = ()
    common: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Span:
    """Messages `start` to `stop` (exclusive) are replaced by `items`, in which every call has its output.

    `with_reasoning`: every round with calls has its thinking; otherwise models that refuse such calls must be told of
    them in words.
    """

    start: int
    stop: int
    items: tuple[JsonObject, ...]
    with_reasoning: bool
    turn_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """An answer of stored turns, and the outputs of calls that came back with it."""

    answer: StoredAnswer
    outputs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Matches:
    """What of a history stored turns said: the same for every model it may go to.

    `call_ids`: of the calls in all other messages. `last_but_one`: where the person's last question but one is.
    """

    matches: tuple[Match, ...] = ()
    call_ids: frozenset[str] = frozenset()
    last_but_one: int = 0

    @property
    def turn_ids(self) -> frozenset[str]:
        """The turns of which something goes upstream."""
        return frozenset(turn_id for match in self.matches for turn_id in match.answer.turns)


def wanted_of(marks: Marks) -> Wanted:
    """Collect the turns a history names, and the fingerprints of its other answers if they were looked for."""
    turns = dict.fromkeys(turn_id for named in reversed(marks.references) for turn_id in named)
    found = dict.fromkeys(text for _, text in reversed(marks.fingerprints or ()))
    return Wanted(tuple(turns)[:MOST], tuple(found)[:MOST], marks.common)


def matches_of(
    messages: Sequence[object], answers: Iterable[StoredAnswer], unknown: Mapping[str, str] | None = None
) -> Matches:
    """Return which stored answers of a history count, with what came back in them.

    `unknown`: outputs, by the ids the host knows, of calls whose own were lost.
    """
    usable = _usable(answers)
    if not usable:
        return Matches()
    made: list[Match] = []
    for answer in usable:
        outputs = outputs_in(messages[answer.start : answer.stop])
        if unknown:
            named = {call_id for message in messages[answer.start : answer.stop] for call_id in call_ids_of(message)}
            outputs.update(
                (call, unknown[call]) for call in named | answer.calls if call in unknown and call not in outputs
            )
        made.append(Match(answer, outputs))
    return Matches(tuple(made), frozenset(_call_ids_outside(messages, usable)), _last_but_one(messages))


def spans_of(
    found: Matches, messages: Sequence[object], slug: str, model: Model | None = None, *, reasoning: str
) -> tuple[Span, ...]:
    """Return what replaces which messages when a history goes to `slug`, in order and without overlap.

    `model`: its entry in the catalog. `reasoning`: `conversation`, `next_reply` (thinking of the turn before the last
    question and of what follows it) or `disabled`.
    """
    ids = Ids(found.call_ids)
    first = {"conversation": 0, "next_reply": found.last_but_one}.get(reasoning, len(messages))
    made: list[Span] = []
    for match in found.matches:
        answer, outputs = match.answer, match.outputs
        items: list[JsonObject] = []
        if answer.unchanged:
            for record in as_read(answer):
                thinking = answer.start >= first and thinking_goes_back(record, slug, model)
                items += stored_items(record, outputs, ids, thinking=thinking)
        else:
            items = host_items(answer, messages, outputs, ids)
        made.append(Span(answer.start, answer.stop, tuple(items), _with_reasoning(items), tuple(answer.turns)))
    return tuple(made)


def outlived(messages: Sequence[object], answers: Iterable[StoredAnswer]) -> tuple[str, ...]:
    """Return the turns whose thinking no `next_reply` needs once the answer to `messages` is complete.

    The turn before the last question stays: the answer may be generated again.
    """
    first = _last_but_one(messages)
    gone: dict[str, None] = {}
    for answer in answers:
        for record in answer.turns.values():
            if answer.start < first and any(kept.item["type"] == REASONING for kept in record.items):
                gone[record.turn_id] = None
            elif answer.start >= first:
                gone.pop(record.turn_id, None)
    return tuple(gone)


def _last_but_one(messages: Sequence[object]) -> int:
    """Return where the person's last question but one is; 0 if there is none."""
    roles = [message.get("role") if isinstance(message, Mapping) else None for message in messages]
    starts = [at for at, role in enumerate(roles) if role == "user" and (not at or roles[at - 1] != "user")]
    return starts[-2] if len(starts) > 1 else 0


def _usable(answers: Iterable[StoredAnswer]) -> list[StoredAnswer]:
    """Leave out what was only recognised and is not the same, and turns a history repeats: they count once.

    A turn that came back unchanged has the first claim on what it left. What is left out stays as the host has it, so
    a history cannot blow up by naming one turn a thousand times.
    """
    used: set[str] = set()
    kept: list[StoredAnswer] = []
    for answer in sorted(answers, key=lambda answer: (not answer.unchanged, answer.start)):
        if not answer.unchanged:
            left = {
                turn_id: turn for turn_id, turn in answer.turns.items() if answer.by_reference and turn_id not in used
            }
            answer = replace(answer, intact=False, turns=left)
        if answer.turns and not used & answer.turns.keys():
            used |= answer.turns.keys()
            kept.append(answer)
    return sorted(kept, key=lambda answer: answer.start)


def _call_ids_outside(messages: Sequence[object], answers: Sequence[StoredAnswer]) -> set[str]:
    """Return the ids of calls in messages that no stored answer replaces."""
    replaced = {position for answer in answers for position in range(answer.start, answer.stop)}
    outside = (message for position, message in enumerate(messages) if position not in replaced and is_answer(message))
    return {call_id for message in outside for call_id in call_ids_of(message)}


def _with_reasoning(items: Sequence[JsonObject]) -> bool:
    return any(item["type"] == REASONING for item in items) and every_call_was_thought_of(items)

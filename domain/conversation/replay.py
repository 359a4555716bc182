"""Replace messages of a history with the items of the stored turns they belong to.

A turn whose text was returned unchanged is sent upstream exactly as it was received, its thinking only to the model
that produced it. Of a changed turn, the host's text is sent; only calls and their full outputs come from the store.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from domain.conversation.item_types import REASONING
from domain.conversation.marks import Marks, call_ids_of, is_answer
from domain.conversation.output_parts import ToolOutput
from domain.conversation.provenance import audience_of, every_call_was_thought_of, thinking_goes_back
from domain.conversation.refused_turns import as_marked
from domain.conversation.replayed_items import Ids, as_read, host_items, outputs_in, stored_items
from domain.conversation.stored_answers import StoredAnswer
from domain.conversation.tool_outputs import without_unseen
from ports.catalog import Model
from ports.json_values import JsonObject

MOST = 2000


@dataclass(frozen=True, slots=True)
class Wanted:
    """The turn ids and fingerprints to look up for a history: the newest `MOST` of each.

    `common`: fingerprints that count in one chat only.
    """

    turn_ids: tuple[str, ...] = ()
    fingerprints: tuple[str, ...] = ()
    common: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Span:
    """Messages `start` to `stop` (exclusive) are replaced by `items`, in which every call has its output.

    `with_reasoning`: every round with calls has its thinking; otherwise the calls are rendered as text for models that
    reject calls without thinking.
    """

    start: int
    stop: int
    items: tuple[JsonObject, ...]
    with_reasoning: bool
    turn_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """A stored answer, and the outputs of its calls that the caller returned."""

    answer: StoredAnswer
    outputs: Mapping[str, ToolOutput]


@dataclass(frozen=True, slots=True)
class Matches:
    """The stored answers of a history, independent of the model it is sent to.

    `call_ids`: of the calls in all other messages. `last_but_one`: position of the person's last question but one.
    """

    matches: tuple[Match, ...] = ()
    call_ids: frozenset[str] = frozenset()
    last_but_one: int = 0

    @property
    def turn_ids(self) -> frozenset[str]:
        """The turns of which something goes upstream."""
        return frozenset(turn_id for match in self.matches for turn_id in match.answer.turns)


def wanted_of(marks: Marks) -> Wanted:
    """Collect the turns that a history names, and the fingerprints of its other answers if they were computed."""
    turns = dict.fromkeys(turn_id for named in reversed(marks.references) for turn_id in named)
    found = dict.fromkeys(text for _, text in reversed(marks.fingerprints or ()))
    return Wanted(tuple(turns)[:MOST], tuple(found)[:MOST], marks.common)


def matches_of(
    messages: Sequence[object], answers: Iterable[StoredAnswer], unknown: Mapping[str, str] | None = None
) -> Matches:
    """Return the stored answers that are used for replay, with the outputs that the caller returned.

    `unknown`: outputs, by host id, of calls whose own were lost.
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
    """Return the replacements for a history that is sent to `slug`, in order and without overlap.

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
                audience = audience_of(record, slug, model)
                items += stored_items(record, outputs, ids, thinking=thinking, audience=audience)
        else:
            items = host_items(answer, messages, outputs, ids)
        items = [*without_unseen(as_marked(items, answer.turns.values()), model)]
        made.append(Span(answer.start, answer.stop, tuple(items), _with_reasoning(items), tuple(answer.turns)))
    return tuple(made)


def outlived(messages: Sequence[object], answers: Iterable[StoredAnswer]) -> tuple[str, ...]:
    """Return the turns whose thinking can be deleted once the answer to `messages` is complete (mode `next_reply`).

    The turn before the last question is excluded: the answer may be regenerated.
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
    """Return the position of the person's last question but one; 0 if there is none."""
    roles = [message.get("role") if isinstance(message, Mapping) else None for message in messages]
    starts = [at for at, role in enumerate(roles) if role == "user" and (not at or roles[at - 1] != "user")]
    return starts[-2] if len(starts) > 1 else 0


def _usable(answers: Iterable[StoredAnswer]) -> list[StoredAnswer]:
    """Omit changed answers that were recognised by their words only, and use each turn once.

    If a history names a turn several times, an unchanged answer is preferred. Omitted answers are sent as the host has
    them, so a history that names one turn a thousand times does not grow.
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

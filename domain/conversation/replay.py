"""What stored turns put in the place of a history's messages.

A turn whose text came back unchanged goes upstream exactly as it was received, its thinking only to the model that
made it. Of a turn that was changed the host's words count, and of the store only calls and their full outputs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from domain.conversation.marks import Marks, call_ids_of, is_answer
from domain.conversation.provenance import every_call_was_thought_of, thinking_goes_back
from domain.conversation.rebuilding import Ids, as_read, host_items, outputs_in, stored_items
from domain.conversation.record import REASONING
from domain.conversation.returned import Run
from ports.catalog import Model
from ports.json_values import JsonObject

MOST = 2000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look up for a history: the newest `MOST` of each."""

    turn_ids: tuple[str, ...] = ()
    fingerprints: tuple[str, ...] = ()


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
    """A run of messages that stored turns said, and the outputs of calls that came back with them."""

    run: Run
    outputs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Matches:
    """What of a history stored turns said: the same for every model it may go to.

    `call_ids`: of the calls in all other messages. `last_but_one`: where the person's last question but one is.
    """

    matches: tuple[Match, ...] = ()
    call_ids: frozenset[str] = frozenset()
    last_but_one: int = 0


def wanted_of(marks: Marks) -> Wanted:
    """Collect the turns a history names, and the fingerprints of its other answers if they were looked for."""
    turns = dict.fromkeys(turn_id for named in reversed(marks.references) for turn_id in named)
    found = dict.fromkeys(text for _, text in reversed(marks.fingerprints or ()))
    return Wanted(tuple(turns)[:MOST], tuple(found)[:MOST])


def matches_of(messages: Sequence[object], runs: Iterable[Run], unknown: Mapping[str, str] | None = None) -> Matches:
    """Return which runs of a history count, with what came back in them.

    `unknown`: outputs, by the ids the host knows, of calls whose own were lost.
    """
    usable = _usable(runs)
    if not usable:
        return Matches()
    made: list[Match] = []
    for run in usable:
        outputs = outputs_in(messages[run.start : run.stop])
        if unknown:
            named = {call_id for message in messages[run.start : run.stop] for call_id in call_ids_of(message)}
            outputs.update(
                (call, unknown[call]) for call in named | run.calls if call in unknown and call not in outputs
            )
        made.append(Match(run, outputs))
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
        run, outputs = match.run, match.outputs
        items: list[JsonObject] = []
        if run.unchanged:
            for record in as_read(run):
                thinking = run.start >= first and thinking_goes_back(record, slug, model)
                items += stored_items(record, outputs, ids, thinking=thinking)
        else:
            items = host_items(run, messages, outputs, ids)
        made.append(Span(run.start, run.stop, tuple(items), _with_reasoning(items), tuple(run.turns)))
    return tuple(made)


def outlived(messages: Sequence[object], runs: Iterable[Run]) -> tuple[str, ...]:
    """Return the turns whose thinking no `next_reply` needs once the answer to `messages` is complete.

    The turn before the last question stays: the answer may be generated again.
    """
    first = _last_but_one(messages)
    gone: dict[str, None] = {}
    for run in runs:
        for record in run.turns.values():
            if run.start < first and any(kept.item["type"] == REASONING for kept in record.items):
                gone[record.turn_id] = None
            elif run.start >= first:
                gone.pop(record.turn_id, None)
    return tuple(gone)


def _last_but_one(messages: Sequence[object]) -> int:
    """Return where the person's last question but one is; 0 if there is none."""
    roles = [message.get("role") if isinstance(message, Mapping) else None for message in messages]
    starts = [at for at, role in enumerate(roles) if role == "user" and (not at or roles[at - 1] != "user")]
    return starts[-2] if len(starts) > 1 else 0


def _usable(runs: Iterable[Run]) -> list[Run]:
    """Leave out what was only recognised and is not the same, and turns a history repeats: they count once.

    A turn that came back unchanged has the first claim on what it left. What is left out stays as the host has it, so
    a history cannot blow up by naming one turn a thousand times.
    """
    used: set[str] = set()
    kept: list[Run] = []
    for run in sorted(runs, key=lambda run: (not run.unchanged, run.start)):
        if not run.unchanged:
            left = {turn_id: turn for turn_id, turn in run.turns.items() if run.by_reference and turn_id not in used}
            run = replace(run, intact=False, turns=left)
        if run.turns and not used & run.turns.keys():
            used |= run.turns.keys()
            kept.append(run)
    return sorted(kept, key=lambda run: run.start)


def _call_ids_outside(messages: Sequence[object], runs: Sequence[Run]) -> set[str]:
    """Return the ids of calls in messages that no run replaces."""
    replaced = {place for run in runs for place in range(run.start, run.stop)}
    outside = (message for place, message in enumerate(messages) if place not in replaced and is_answer(message))
    return {call_id for message in outside for call_id in call_ids_of(message)}


def _with_reasoning(items: Sequence[JsonObject]) -> bool:
    return any(item["type"] == REASONING for item in items) and every_call_was_thought_of(items)

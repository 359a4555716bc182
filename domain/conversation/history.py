"""A chat's history -> items: translate messages, restore stored turns, shorten old tool outputs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.conversation.calls_as_text import as_text, takes_calls
from domain.conversation.history_format import PLAIN, HistoryFormat
from domain.conversation.interrupted_calls import InterruptedAnswer, with_interrupted
from domain.conversation.items import answered_calls, items_of, translated
from domain.conversation.marks import Marks
from domain.conversation.persons_words import with_persons_words
from domain.conversation.pruning import pruned
from domain.conversation.record import TurnRecord
from domain.conversation.replay import Matches, matches_of, spans_of
from domain.conversation.replayed_items import distinct_calls
from domain.conversation.stored_answers import StoredAnswer, stored_answers
from domain.conversation.turn_boundaries import last_turns
from ports.catalog import Model
from ports.json_values import JsonObject


@dataclass(frozen=True, slots=True)
class Past:
    """The stored turns of a history, and how they are used.

    `reasoning`: `conversation`, `next_reply` or `disabled`. Outputs in turns older than the last `full_turns` are
    shortened (0: never). `unknown`: outputs, by host id, for calls that have none in the history. `interrupted`:
    interrupted answers that are missing from the history. `marks`: the history's, None if not read yet.
    """

    records: tuple[TurnRecord, ...] = ()
    reasoning: str = "conversation"
    full_turns: int = 0
    unknown: Mapping[str, str] = field(default_factory=dict)
    interrupted: tuple[InterruptedAnswer, ...] = ()
    marks: Marks | None = None
    history_format: HistoryFormat = PLAIN


@dataclass(frozen=True, slots=True)
class History:
    """A history parsed once, independent of the model it is sent to.

    `messages`: those of the turns that are sent, interrupted answers inserted. `answers`: the messages that belong to
    stored turns; `matches`: the answers that are used for replay. The other fields as in `Past`.
    """

    messages: Sequence[object]
    answers: tuple[StoredAnswer, ...] = ()
    matches: Matches = field(default_factory=Matches)
    reasoning: str = "conversation"
    full_turns: int = 0
    history_format: HistoryFormat = PLAIN


def parsed(messages: Sequence[object], turns: int = 0, past: Past | None = None) -> History:
    """Parse a history, or its last `turns` turns."""
    past = past or Past()
    window = with_interrupted(_with_unknown(last_turns(messages, turns), past.unknown), past.interrupted)
    marks = past.marks if window is messages else None
    answers = stored_answers(window, past.records, past.history_format, marks)
    matches = matches_of(window, answers, past.unknown)
    return History(window, answers, matches, past.reasoning, past.full_turns, past.history_format)


def items_for(history: History, slug: str, model: Model | None = None) -> tuple[JsonObject, ...]:
    """Translate a history for the model `slug`, whose entry in the catalog is `model`; see `items_of`."""
    window, history_format = history.messages, history.history_format
    replaced = spans_of(history.matches, window, slug, model, reasoning=history.reasoning)
    if not replaced:
        items, with_calls = translated(window, model, history_format=history_format)
        if not with_calls:
            return tuple(items)
        shortens = bool(history.full_turns) and _with_outputs(window)
        whole = answered_calls(items, model, "" if shortens else slug, history_format)
        return _joined([(whole, False)], history, all_calls=takes_calls(slug, model)) if shortens else whole
    sections: list[tuple[Sequence[JsonObject], bool]] = []  # items, and whether their calls have thinking
    at = 0
    for span in replaced:
        between = items_of(window[at : span.start], model, first=at, history_format=history_format)
        sections += [(between, False), (span.items, span.with_reasoning)]
        at = span.stop
    sections.append((items_of(window[at:], model, first=at, history_format=history_format), False))
    return _joined(sections, history, all_calls=takes_calls(slug, model))


def _with_outputs(messages: Sequence[object]) -> bool:
    roles = [message.get("role") for message in messages if isinstance(message, dict)]
    return "tool" in roles or "function" in roles


def _with_unknown(messages: Sequence[object], unknown: Mapping[str, str]) -> Sequence[object]:
    """Insert the outputs of calls that have none in the history."""
    if not unknown:
        return messages
    added: list[object] = []
    for message in messages:
        added.append(message)
        calls = message.get("tool_calls") if isinstance(message, dict) else None
        for call in calls if isinstance(calls, list) else ():
            call_id = call.get("id") if isinstance(call, dict) else None
            if isinstance(call_id, str) and call_id in unknown:
                added.append({"role": "tool", "tool_call_id": call_id, "content": unknown[call_id]})
    return added


def _joined(
    sections: Sequence[tuple[Sequence[JsonObject], bool]], history: History, *, all_calls: bool
) -> tuple[JsonObject, ...]:
    items = tuple(distinct_calls(item for section, _ in sections for item in section))
    whole = pruned(with_persons_words(items, history.history_format.asking), history.full_turns)
    joined: list[JsonObject] = []
    at = 0
    for section, with_reasoning in sections:
        part = whole[at : at + len(section)]
        at += len(section)
        joined += part if all_calls or with_reasoning else as_text(part)
    return tuple(joined)

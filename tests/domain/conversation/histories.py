"""Process a history of Open WebUI in one call: what is looked up, what replaces messages, what is sent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from domain.conversation.history import Past, items_for, parsed
from domain.conversation.marks import marks_of
from domain.conversation.record import TurnRecord
from domain.conversation.replay import Span, Wanted, matches_of, spans_of, wanted_of
from domain.conversation.stored_answers import stored_answers
from entrypoints.openwebui.history_format import OPEN_WEBUI
from ports.catalog import Model
from ports.json_values import JsonObject


def wanted(messages: Sequence[object], *, by_fingerprint: bool = True) -> Wanted:
    """Collect the turns that a history names and, `by_fingerprint`, the fingerprints of its other answers."""
    return wanted_of(marks_of(messages, OPEN_WEBUI, by_fingerprint=by_fingerprint))


def spans(
    messages: Sequence[object],
    records: Iterable[TurnRecord],
    slug: str,
    model: Model | None = None,
    *,
    reasoning: str = "conversation",
    unknown: Mapping[str, str] | None = None,
) -> tuple[Span, ...]:
    """Return the replacements for a history that is sent to `slug`."""
    found = matches_of(messages, stored_answers(messages, records, OPEN_WEBUI), unknown)
    return spans_of(found, messages, slug, model, reasoning=reasoning)


def history_items(
    messages: Sequence[object], model: Model | None = None, turns: int = 0, slug: str = "", past: Past | None = None
) -> tuple[JsonObject, ...]:
    """Translate a history, or its last `turns` turns, for the model `slug`."""
    return items_for(parsed(messages, turns, replace(past or Past(), history_format=OPEN_WEBUI)), slug, model)

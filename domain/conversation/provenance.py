"""Whether the thinking of a stored turn may go back to a model.

Only to the model that made it, and only complete: a part of a turn's thinking, or thinking whose seal is missing, is
refused; and to an endpoint only in a form it takes. Source: OpenRouter API reference, reasoning replay rules 3 to 6.
"""

import re
from collections.abc import Iterable

from domain.catalog.support import takes_tools
from domain.conversation.calls_as_text import takes_calls
from domain.conversation.record import CALL, MESSAGE, OUTPUT, REASONING, TurnRecord
from ports.catalog import Model
from ports.json_values import JsonObject
from ports.responses import CHAT_DETAILS, Endpoint

_DATE = re.compile(r"-(?:\d{8}|\d{4}-\d{2}-\d{2})")
_SIGNS = ("anthropic/",)
_SEALS = ("openai/", "x-ai/")
_OPEN_WEIGHTS = "openai/gpt-oss"
_SIGNS_CALLS = "google/gemini-3"
_ROUTERS = ("openrouter/",)
CLAUDE = "anthropic-claude-v1"


def bare(slug: str) -> str:
    """Return a slug without the mark of an alias, its variants and its preset."""
    return slug.lstrip("~").partition("@")[0].partition(":")[0].casefold()


def same_model(record: TurnRecord, slug: str, model: Model | None = None) -> bool:
    """Tell whether a turn was answered by the model that `slug` stands for; `model` is its entry in the catalog.

    Upstream tells the dated name of the one that answered. An alias or a router may stand for another model today.
    """
    answered, asked = bare(record.model), bare(slug)
    if not answered or not asked or asked.startswith(_ROUTERS):
        return False
    if answered == asked:
        return True
    canonical = bare(model.canonical_slug) if model is not None else ""
    if canonical and canonical != asked:
        return answered == canonical
    return answered.startswith(asked) and _DATE.fullmatch(answered, len(asked)) is not None


def thinking_goes_back(record: TurnRecord, slug: str, model: Model | None = None) -> bool:
    """Tell whether all thinking of a turn may be sent to a model, and there is some."""
    items = [kept.item for kept in record.items]
    thoughts = [item for item in items if item["type"] == REASONING]
    if not thoughts or not record.whole or not same_model(record, slug, model):
        return False
    if not all(_has_its_seal(item, bare(slug)) for item in thoughts):
        return False
    if any(item["type"] == CALL for item in items) and not takes_calls(slug, model):
        return takes_tools(model) and every_call_was_thought_of(items, signed=bare(slug).startswith(_SIGNS_CALLS))
    return True


def every_call_was_thought_of(items: Iterable[JsonObject], *, signed: bool = False) -> bool:
    """Tell whether each round with calls has thinking before them (`signed`: with a seal)."""
    thought = False
    for item in items:
        kind = item["type"]
        if kind == REASONING:
            thought = thought or not signed or bool(item.get("encrypted_content") or item.get("signature"))
        elif kind == CALL and not thought:
            return False
        elif kind == OUTPUT or (kind == MESSAGE and item.get("role") != "assistant"):
            thought = False
    return True


def taken_by(endpoint: Endpoint, items: tuple[JsonObject, ...]) -> tuple[JsonObject, ...]:
    """Return the items an endpoint takes: the same object if that is all of them.

    `POST /responses` refuses thinking that says nothing in its own form, as some of chat completions does, and thinking
    of that origin that neither more thinking, an answer nor a call follows.
    """
    if endpoint is not Endpoint.RESPONSES or not any(CHAT_DETAILS in item for item in items):
        return items
    kept: list[JsonObject] = []
    for item in reversed(items):
        if CHAT_DETAILS not in item or (_says_something(item) and kept and _goes_on(kept[-1])):
            kept.append(item)
    return tuple(reversed(kept))


def _says_something(item: JsonObject) -> bool:
    return any(item.get(key) for key in ("summary", "content", "encrypted_content"))


def _goes_on(item: JsonObject) -> bool:
    return item.get("type") in (REASONING, CALL) or item.get("role") == "assistant"


def _has_its_seal(item: JsonObject, slug: str) -> bool:
    """Claude refuses readable thinking without a signature; those that seal know nothing of an unsealed item."""
    if item.get("encrypted_content"):
        return True
    if slug.startswith(_SEALS) and not slug.startswith(_OPEN_WEIGHTS):
        return False
    signs = slug.startswith(_SIGNS) or item.get("format") == CLAUDE
    return bool(item.get("signature")) or not (signs and (item.get("content") or item.get("summary")))

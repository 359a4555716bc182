"""Whether the thinking of a stored turn may be sent to a model again.

It is sent only to the model that produced it, and only complete: providers reject a part of a turn's thinking, and
thinking whose seal is missing. An endpoint receives it only in a form that it accepts. Source: OpenRouter API
reference, reasoning replay rules 3 to 6.
"""

import re
from collections.abc import Iterable

from domain.catalog.support import author, takes_tools
from domain.conversation.call_kinds import CALLS, OUTPUTS
from domain.conversation.calls_as_text import takes_calls
from domain.conversation.item_types import MESSAGE, REASONING
from domain.conversation.plain_items import without_server_items
from domain.conversation.record import TurnRecord
from domain.conversation.server_items import Audience, is_server_item
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
    """Return whether the model that `slug` names answered the turn; `model` is its entry in the catalog.

    Upstream reports the dated name of the model that answered. An alias or a router may name another model today.
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
    """Return whether a turn has thinking and all of it may be sent to a model."""
    items = [kept.item for kept in record.items]
    thoughts = [item for item in items if item["type"] == REASONING]
    if not thoughts or record.refused or not record.whole or not same_model(record, slug, model):
        return False
    if not all(_has_its_seal(item, bare(slug)) for item in thoughts):
        return False
    if any(item["type"] in CALLS for item in items) and not takes_calls(slug, model):
        return takes_tools(model) and every_call_was_thought_of(items, signed=bare(slug).startswith(_SIGNS_CALLS))
    return True


def every_call_was_thought_of(items: Iterable[JsonObject], *, signed: bool = False) -> bool:
    """Return whether thinking precedes the calls of each round (`signed`: thinking with a seal)."""
    thought = False
    for item in items:
        kind = item["type"]
        if kind == REASONING:
            thought = thought or not signed or bool(item.get("encrypted_content") or item.get("signature"))
        elif kind in CALLS and not thought:
            return False
        elif kind in OUTPUTS or (kind == MESSAGE and item.get("role") != "assistant"):
            thought = False
    return True


def audience_of(record: TurnRecord, slug: str, model: Model | None = None) -> Audience:
    """Return whether the model that `slug` names is sent the items of server tools of a turn."""
    if not takes_tools(model):
        return Audience.NOBODY
    maker = author(bare(record.model))
    is_same = bool(maker) and maker == author(bare(slug)) and not bare(slug).startswith(_ROUTERS)
    return Audience.SAME_MAKER if is_same else Audience.ANY_MODEL


def taken_by(endpoint: Endpoint, items: tuple[JsonObject, ...]) -> tuple[JsonObject, ...]:
    """Return the items that an endpoint accepts; the same object if it accepts all of them.

    Chat completions have no form for items of server tools. Of thinking that came from chat completions, `POST
    /responses` rejects items that are empty in its own form, and items that are followed by neither thinking nor an
    answer nor a call.
    """
    if endpoint is not Endpoint.RESPONSES:
        return without_server_items(items) if any(map(is_server_item, items)) else items
    if not any(CHAT_DETAILS in item for item in items):
        return items
    kept: list[JsonObject] = []
    for item in reversed(items):
        if CHAT_DETAILS not in item or (_says_something(item) and kept and _goes_on(kept[-1])):
            kept.append(item)
    return tuple(reversed(kept))


def _says_something(item: JsonObject) -> bool:
    return any(item.get(key) for key in ("summary", "content", "encrypted_content"))


def _goes_on(item: JsonObject) -> bool:
    return item.get("type") in {REASONING, *CALLS} or item.get("role") == "assistant"


def _has_its_seal(item: JsonObject, slug: str) -> bool:
    """Return whether an item has the seal that the model requires.

    Claude rejects readable thinking without a signature; OpenAI and xAI reject any item without encrypted content.
    """
    if item.get("encrypted_content"):
        return True
    if slug.startswith(_SEALS) and not slug.startswith(_OPEN_WEIGHTS):
        return False
    signs = slug.startswith(_SIGNS) or item.get("format") == CLAUDE
    return bool(item.get("signature")) or not (signs and (item.get("content") or item.get("summary")))

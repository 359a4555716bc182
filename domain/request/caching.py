"""Prompt cache marks, for providers that require them.

Most providers cache automatically. Claude requires a mark; on `/responses` a mark at the top level sets the break point
at the last cacheable block. Source: OpenRouter API reference, usage and request body.
"""

from domain.catalog.support import ANTHROPIC, author
from domain.request.shapes import inner, one_of
from domain.request.turn_request import Prompting
from ports.json_values import JsonObject

_TAKE_MARKS = (ANTHROPIC, "qwen", "openrouter")
"""Makers whose models read marks, and routers, which choose among them."""
MARK = inner({"type": one_of("ephemeral"), "ttl": one_of("5m", "1h")}, "type")


def cache_mark(slug: str, prompting: Prompting, asked: JsonObject | None = None) -> JsonObject | None:
    """Return the `cache_control` object for a model, None if it needs none; the caller's own mark comes first."""
    own = MARK(asked) if author(slug) in _TAKE_MARKS else None
    if own is not None or not prompting.cache_marks or author(slug) != ANTHROPIC:
        return own
    return {"type": "ephemeral", "ttl": "1h"} if prompting.cache_ttl == "1h" else {"type": "ephemeral"}

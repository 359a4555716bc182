"""Marks for prompt caches: only where the provider wants them.

Most providers cache by themselves. Claude wants a mark; on `/responses` one at the top sets the break point at the
last cacheable block. Source: OpenRouter API reference, usage and request body.
"""

from domain.catalog.support import ANTHROPIC, author
from domain.request.turn_request import Prompting
from ports.json_values import JsonObject


def cache_mark(slug: str, prompting: Prompting) -> JsonObject | None:
    """Return the `cache_control` object for a model, None where none is wanted."""
    if not prompting.cache_marks or author(slug) != ANTHROPIC:
        return None
    return {"type": "ephemeral", "ttl": "1h"} if prompting.cache_ttl == "1h" else {"type": "ephemeral"}

"""Prompt cache marks, for providers that require them.

Most providers cache automatically. Claude requires a mark; on `/responses` a mark at the top level sets the break point
at the last cacheable block. Source: OpenRouter API reference, usage and request body.
"""

from domain.catalog.support import ANTHROPIC, author
from domain.request.turn_request import Prompting
from ports.json_values import JsonObject


def cache_mark(slug: str, prompting: Prompting) -> JsonObject | None:
    """Return the `cache_control` object for a model, None if the model needs none."""
    if not prompting.cache_marks or author(slug) != ANTHROPIC:
        return None
    return {"type": "ephemeral", "ttl": "1h"} if prompting.cache_ttl == "1h" else {"type": "ephemeral"}

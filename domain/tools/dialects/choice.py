"""Which dialect a model speaks."""

from domain.catalog.support import author
from domain.tools.dialects.anthropic import ANTHROPIC
from domain.tools.dialects.dialect import Dialect
from domain.tools.dialects.google import GOOGLE
from domain.tools.dialects.mistral import MISTRAL
from domain.tools.dialects.openai import OPENAI
from domain.tools.dialects.plain import PLAIN

_BY_AUTHOR = {"openai": OPENAI, "google": GOOGLE, "anthropic": ANTHROPIC, "mistralai": MISTRAL, "mistral": MISTRAL}
_ROUTERS = {"openrouter": OPENAI}
"""Routers choose the model themselves; the narrowest form with a strict mode fits most of them."""


def dialect_of(slug: str) -> Dialect:
    """Return the dialect of a model's maker, by the first part of the model's slug."""
    maker = author(slug)
    return _BY_AUTHOR.get(maker) or _ROUTERS.get(maker) or PLAIN

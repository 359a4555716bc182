"""Models of several providers and the form of their reasoning, signed so that the simulator can verify it."""

from random import Random
from typing import Any

from adapters.openrouter.catalog.models import read_model
from entrypoints.simulator.seals import sealed, signature
from tests.oracle.rules.facts import ENTRIES

OPUS = "anthropic/claude-opus-5-20260730"
ALIASES = {"~anthropic/claude-opus-latest": OPUS}
SLUGS = (
    "openai/gpt-5.6-sol",
    "anthropic/claude-sonnet-4.5",
    "google/gemini-3.6-flash",
    "deepseek/deepseek-v4-flash",
    "moonshotai/kimi-k2.6",
    "openai/gpt-oss-20b:free",
    "openai/gpt-4o-mini",
    "anthropic/claude-opus-5",
    *ALIASES,
    "deepseek/deepseek-r1",
    "mistralai/mistral-small-3.2-24b-instruct",
)
MODELS = {slug: read_model(ENTRIES[slug]) for slug in SLUGS}


def answers_as(slug: str) -> str:
    """Return the name under which the model of a slug answers."""
    model = MODELS[slug]
    assert model is not None
    return ALIASES.get(slug) or model.canonical_slug or slug


def thinks(slug: str) -> bool:
    return bool(ENTRIES[slug].get("reasoning"))


def calls_tools(slug: str) -> bool:
    return "tools" in ENTRIES[slug]["supported_parameters"]


def thought(slug: str, rng: Random) -> dict[str, Any]:
    """Return a reasoning item in the provider's form; the simulator accepts its encrypted data or signature."""
    name, item_id = answers_as(slug), f"rs_{rng.getrandbits(64):016x}"
    words = f"Thinking {rng.randrange(1000)} é\u2028 \\u00e9"
    item: dict[str, Any] = {"type": "reasoning", "id": item_id, "summary": []}
    author = name.partition("/")[0]
    if author == "anthropic":
        content = [{"type": "reasoning_text", "text": words}]
        return {**item, "content": content, "signature": signature(name, words), "format": "anthropic-claude-v1"}
    if author == "google":
        return {**item, "encrypted_content": sealed(name, item_id), "format": "google-gemini-v1"}
    if author == "openai" and "oss" not in name:
        summary = [{"type": "summary_text", "text": words}]
        return {**item, "summary": summary, "encrypted_content": sealed(name, item_id), "format": "openai-responses-v1"}
    return {**item, "content": [{"type": "reasoning_text", "text": words}]}

"""Reads a usage object in the form of `/responses` or of chat completions."""

from decimal import Decimal

from adapters.openrouter.wire.fields import amount, count, mapping
from ports.json_values import JsonObject
from ports.usage import Usage

MOST_DETAILS = 16
NAME_LIMIT = 64
_PRICE = "upstream_inference_cost"
_PARTS = (
    ("upstream_inference_input_cost", "upstream_inference_prompt_cost"),
    ("upstream_inference_output_cost", "upstream_inference_completions_cost"),
)


def read_usage(value: object) -> Usage | None:
    """Return the usage of a call; None if `value` is not a usage object.

    Absent, null and wrongly typed numbers become zero, or None for money. Source: OpenRouter API reference, usage.
    """
    usage = mapping(value)
    if not usage:
        return None
    into = mapping(usage.get("input_tokens_details")) or mapping(usage.get("prompt_tokens_details"))
    out = mapping(usage.get("output_tokens_details")) or mapping(usage.get("completion_tokens_details"))
    details = mapping(usage.get("cost_details"))
    input_tokens = count(usage.get("input_tokens")) or count(usage.get("prompt_tokens"))
    output_tokens = count(usage.get("output_tokens")) or count(usage.get("completion_tokens"))
    is_byok = usage.get("is_byok") is True
    return Usage(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        total_tokens=count(usage.get("total_tokens")) or input_tokens + output_tokens,
        cached_tokens=count(into.get("cached_tokens")),
        cache_write_tokens=count(into.get("cache_write_tokens")),
        reasoning_tokens=count(out.get("reasoning_tokens")),
        cost=amount(usage.get("cost")),
        upstream_cost=_price(details) if is_byok else None,
        is_byok=is_byok,
        cost_details=_amounts(details),
    )


def _price(details: JsonObject) -> Decimal | None:
    """Return what the provider charges: the whole price, or else the sum of its parts."""
    whole = amount(details.get(_PRICE))
    if whole is not None:
        return whole
    parts = [amount(details.get(one)) or amount(details.get(other)) for one, other in _PARTS]
    known = [part for part in parts if part is not None]
    return sum(known, Decimal(0)) if known else None


def _amounts(details: JsonObject) -> tuple[tuple[str, Decimal], ...]:
    read = ((name, amount(value)) for name, value in list(details.items())[:MOST_DETAILS] if len(name) <= NAME_LIMIT)
    return tuple((name, value) for name, value in read if value is not None)

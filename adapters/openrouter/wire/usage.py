"""Reads a usage object in the form of `/responses` or of chat completions."""

from collections.abc import Mapping
from decimal import Decimal

from adapters.openrouter.wire.fields import amount, count, mapping
from ports.json_values import JsonObject
from ports.usage import Usage

MOST_DETAILS = 16
NAME_LIMIT = 64
_PRICE = "upstream_inference_cost"
_INTO, _OUT = "upstream_inference_input_cost", "upstream_inference_output_cost"
_SPELLED = {"upstream_inference_prompt_cost": _INTO, "upstream_inference_completions_cost": _OUT}
"""Names of chat completions, and those of `/responses`, which we use for both."""


def read_usage(value: object) -> Usage | None:
    """Return the usage of a call; None if `value` is not a usage object.

    Absent, null and wrongly typed numbers become zero, or None for money. Source: OpenRouter API reference, usage.
    """
    usage = mapping(value)
    if not usage:
        return None
    into = mapping(usage.get("input_tokens_details")) or mapping(usage.get("prompt_tokens_details"))
    out = mapping(usage.get("output_tokens_details")) or mapping(usage.get("completion_tokens_details"))
    details = _amounts(mapping(usage.get("cost_details")))
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
        cost_details=tuple(details.items()),
        server_tools=_counts(mapping(usage.get("server_tool_use_details")) or mapping(usage.get("server_tool_use"))),
    )


def _price(details: Mapping[str, Decimal]) -> Decimal | None:
    """Return what the provider charges: the whole price, or else the sum of its parts."""
    if _PRICE in details:
        return details[_PRICE]
    parts = [details[part] for part in (_INTO, _OUT) if part in details]
    return sum(parts, Decimal(0)) if parts else None


def _amounts(details: JsonObject) -> dict[str, Decimal]:
    read = (
        (_SPELLED.get(name, name), amount(value))
        for name, value in list(details.items())[:MOST_DETAILS]
        if len(name) <= NAME_LIMIT
    )
    return {name: value for name, value in read if value is not None}


def _counts(given: JsonObject) -> tuple[tuple[str, int], ...]:
    """Return the counts above zero; what upstream may name newly is kept under its name."""
    read = ((name, count(value)) for name, value in list(given.items())[:MOST_DETAILS] if len(name) <= NAME_LIMIT)
    return tuple((name, number) for name, number in read if number)

"""Reads a usage object in the form of `/responses` or of chat completions."""

from adapters.openrouter.wire.fields import amount, count, mapping
from ports.usage import Usage


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
    return Usage(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        total_tokens=count(usage.get("total_tokens")) or input_tokens + output_tokens,
        cached_tokens=count(into.get("cached_tokens")),
        cache_write_tokens=count(into.get("cache_write_tokens")),
        reasoning_tokens=count(out.get("reasoning_tokens")),
        cost=amount(usage.get("cost")),
        upstream_cost=amount(details.get("upstream_inference_cost")),
        is_byok=usage.get("is_byok") is True,
    )

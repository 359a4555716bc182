"""Add the usage of calls, and estimate costs that upstream has not reported."""

from decimal import Decimal

from domain.usage.facts import added
from ports.catalog import Model
from ports.usage import EXACT, Usage

CHARACTERS_PER_TOKEN = 4


def add(total: Usage, more: Usage) -> Usage:
    """Sum two usages field by field; the cost is unknown only if both costs are. `more` holds the later calls."""
    return Usage(
        input_tokens=total.input_tokens + more.input_tokens,
        output_tokens=total.output_tokens + more.output_tokens,
        total_tokens=total.total_tokens + more.total_tokens,
        cached_tokens=total.cached_tokens + more.cached_tokens,
        cache_write_tokens=total.cache_write_tokens + more.cache_write_tokens,
        reasoning_tokens=total.reasoning_tokens + more.reasoning_tokens,
        cost=_sum(total.cost, more.cost),
        upstream_cost=_sum(total.upstream_cost, more.upstream_cost),
        is_byok=total.is_byok or more.is_byok,
        cost_details=_details(total, more),
        latest_input=more.prompt_tokens,
        latest_output=more.completion_tokens,
        server_tools=added(total.server_tools, more.server_tools),
    )


def _details(total: Usage, more: Usage) -> tuple[tuple[str, Decimal], ...]:
    if not total.cost_details or not more.cost_details:
        return total.cost_details or more.cost_details
    summed = dict(total.cost_details)
    for name, amount in more.cost_details:
        summed[name] = EXACT.add(summed.get(name, Decimal(0)), amount)
    return tuple(summed.items())


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    if one is None or other is None:
        return other if one is None else one
    return EXACT.add(one, other)


def estimate(model: Model | None, *, sent_characters: int, received_characters: int) -> Decimal | None:
    """Estimate the cost in USD of an interrupted call, from its characters and the model's token prices.

    None if the prices are unknown. Upstream reports the exact cost only in the terminal event.
    """
    if model is None or model.prompt_price is None or model.completion_price is None:
        return None
    sent = Decimal(sent_characters) / CHARACTERS_PER_TOKEN * model.prompt_price
    received = Decimal(received_characters) / CHARACTERS_PER_TOKEN * model.completion_price
    return sent + received

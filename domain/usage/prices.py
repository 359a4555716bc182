"""The price of one call: upstream's own figure, else that of its record, else an estimate, else unknown and marked."""

from dataclasses import dataclass
from decimal import Decimal

from domain.usage.accounting import estimate
from ports.catalog import Model
from ports.generations import GenerationRecord
from ports.ledger import CostSource
from ports.usage import Usage

SEARCHES = "web_search_requests"
"""Upstream's name for the number of searches of one call."""
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Consumed:
    """What is known of one call's consumption.

    `usage` and `record` are upstream's, None if they never came. `model` was called, None if the catalog does not know
    it. Characters and `pictures` of the prompt serve only to estimate a call without usage.
    """

    usage: Usage | None = None
    record: GenerationRecord | None = None
    model: Model | None = None
    sent_characters: int = 0
    received_characters: int = 0
    pictures: int = 0


@dataclass(frozen=True, slots=True)
class Price:
    """A cost in USD as in `Usage`, and where it is from; None if unknown."""

    cost: Decimal | None
    source: CostSource
    upstream_cost: Decimal | None = None

    @property
    def is_exact(self) -> bool:
        """Return whether the figure is upstream's."""
        return self.source in (CostSource.UPSTREAM, CostSource.RECORD, CostSource.FREE)


FREE = Price(NOTHING, CostSource.FREE)
UNKNOWN = Price(None, CostSource.UNKNOWN)


def price_of(call: Consumed) -> Price:
    """Return the price of a call from the best source there is."""
    if call.usage is not None and call.usage.total_cost is not None:
        return Price(call.usage.cost, CostSource.UPSTREAM, call.usage.upstream_cost)
    if call.record is not None and call.record.cost is not None:
        return Price(call.record.cost, CostSource.RECORD, call.record.upstream_cost)
    guess = _by_tokens(call.model, call.usage, call.pictures) if _counts(call.usage) else _by_characters(call)
    return UNKNOWN if guess is None else Price(guess, CostSource.CATALOG)


def _counts(usage: Usage | None) -> bool:
    return usage is not None and (usage.input_tokens > 0 or usage.output_tokens > 0)


def _by_tokens(model: Model | None, usage: Usage | None, pictures: int) -> Decimal | None:
    """Price the parts that upstream counted; None if the catalog does not know a price of a part that there is."""
    if model is None or usage is None:
        return None
    into, out, rare = model.prompt_price, model.completion_price, model.prices
    fresh = max(0, usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens)
    plain = max(0, usage.output_tokens - usage.reasoning_tokens)
    parts = (
        (fresh, into),
        (usage.cached_tokens, _first(rare.cache_read, into)),
        (usage.cache_write_tokens, _first(rare.cache_write, into)),
        (plain, out),
        (usage.reasoning_tokens, _first(rare.reasoning, out)),
        (dict(usage.server_tools).get(SEARCHES, 0), model.web_search_price),
    )
    if any(price is None for number, price in parts if number):
        return None
    return sum((number * price for number, price in parts if price is not None), _per_call(model, pictures))


def _by_characters(call: Consumed) -> Decimal | None:
    sent, received = call.sent_characters, call.received_characters
    guess = estimate(call.model, sent_characters=sent, received_characters=received)
    return None if guess is None or call.model is None else guess + _per_call(call.model, call.pictures)


def _per_call(model: Model, pictures: int) -> Decimal:
    return (model.prices.request or NOTHING) + pictures * (model.prices.image or NOTHING)


def _first(price: Decimal | None, other: Decimal | None) -> Decimal | None:
    return other if price is None else price

"""The price of one attempt: upstream's own figure, else that of its record, else an estimate, else unknown and marked.

The only room that prices attempts: the ledger, the last line of an answer, its usage, the log and the metrics read what
is worked out here.
"""

from dataclasses import dataclass
from decimal import Decimal

from domain.usage.accounting import estimate
from ports.catalog import Model
from ports.generations import GenerationRecord
from ports.ledger import PLACES, CostSource
from ports.usage import EXACT, Paid, Usage

SEARCHES = "web_search_requests"
"""Upstream's name for the number of searches of one call."""
NOTHING = Decimal(0)
_SMALLEST = Decimal(1).scaleb(-PLACES)


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
class EndOfAttempt:
    """How an attempt ended, as far as money goes.

    `was_sent`: upstream may have got it. `is_free`: upstream refused it before the model wrote anything. Names, of
    bounded length, are empty where upstream did not give them.
    """

    was_sent: bool
    is_free: bool
    consumed: Consumed
    generation_id: str = ""
    model: str = ""
    provider: str = ""
    is_byok: bool = False


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

    @property
    def paid(self) -> Paid:
        """The price as part of a sum."""
        cost, upstream_cost = self.cost or NOTHING, self.upstream_cost or NOTHING
        estimated = NOTHING if self.is_exact else EXACT.add(cost, upstream_cost)
        return Paid(cost, upstream_cost, estimated, int(self.source is CostSource.UNKNOWN))


FREE = Price(NOTHING, CostSource.FREE)
UNKNOWN = Price(None, CostSource.UNKNOWN)


def price_of_attempt(end: EndOfAttempt) -> Price:
    """Return the price of an attempt that has ended: nothing if it was never sent, or refused without a bill."""
    if not end.was_sent:
        return FREE
    price = price_of(end.consumed)
    return FREE if end.is_free and not price.is_exact else price


def price_of(call: Consumed) -> Price:
    """Return the price of a call from the best source there is."""
    usage, record = call.usage, call.record
    if usage is not None and (usage.cost is not None or usage.upstream_cost is not None):
        return Price(_stored(usage.cost), CostSource.UPSTREAM, _stored(usage.upstream_cost))
    if record is not None and record.cost is not None:
        return Price(_stored(record.cost), CostSource.RECORD, _stored(record.upstream_cost))
    guess = _by_tokens(call.model, usage, call.pictures) if _counts(usage) else _by_characters(call)
    return UNKNOWN if guess is None else Price(_stored(guess), CostSource.CATALOG)


def _stored(amount: Decimal | None) -> Decimal | None:
    """Return an amount as a ledger stores it."""
    exponent = amount.as_tuple().exponent if amount is not None else 0
    if amount is None or not isinstance(exponent, int) or exponent >= -PLACES:
        return amount
    return amount.quantize(_SMALLEST, context=EXACT)


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

"""The sentence that warns an administrator of what the key of the server may still spend."""

from decimal import ROUND_DOWN, Decimal

from domain.usage.allowances import percent_left
from entrypoints.sentences.fault_facts import usd
from entrypoints.sentences.vocabulary import NEUTRAL, Vocabulary
from ports.allowances import Allowance, AllowanceKind

_TEXTS = {
    AllowanceKind.KEY: (
        "OpenRouter allows the key of this server to spend {remaining} more, {percent} % of its limit of {limit}."
    ),
    AllowanceKind.CREDITS: (
        "The OpenRouter account of this server has {remaining} left, {percent} % of its credits of {limit}."
    ),
}


def allowance_words(allowance: Allowance, vocabulary: Vocabulary = NEUTRAL) -> str:
    """Return how much is left of an allowance, as one sentence."""
    remaining, limit = (vocabulary.decimal(usd(_cents(one))) for one in (allowance.remaining, allowance.limit))
    return vocabulary.say(_TEXTS[allowance.kind], remaining=remaining, percent=percent_left(allowance), limit=limit)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_DOWN)

"""The numbers and reasons that upstream names beside a fault, as sentences."""

from decimal import Decimal

from domain.faults.facts import FaultFacts
from domain.faults.fault import Fault
from entrypoints.sentences.fault_texts import (
    BALANCE_TEXT,
    CONTEXT_OUTPUT_TEXT,
    CONTEXT_TEXT,
    COST_BALANCE_TEXT,
    COST_TEXT,
    REASONS_TEXT,
    SECONDS_TEXT,
)
from entrypoints.sentences.times import span_words
from entrypoints.sentences.usage import dollars
from entrypoints.sentences.vocabulary import NEUTRAL, Vocabulary

MOST_REASONS = 10


def known_words(fault: Fault, vocabulary: Vocabulary = NEUTRAL) -> list[str]:
    """Return what is known about limits of length, of time and of money, one sentence each."""
    facts, seconds = fault.facts, ""
    if facts.seconds is not None:
        seconds = vocabulary.say(SECONDS_TEXT, span=span_words(facts.seconds, vocabulary))
    return [said for said in (_limits(facts, vocabulary), seconds, _money(facts, vocabulary)) if said]


def reasons_of(fault: Fault) -> tuple[str, tuple[str, ...]]:
    """Return a line and the reasons that follow it as a list, foreign and unescaped; ("", ()) if there are none."""
    reasons = fault.facts.moderation.reasons[:MOST_REASONS]
    return (REASONS_TEXT, reasons) if reasons else ("", ())


def usd(amount: Decimal) -> str:
    """Return an amount in USD with its digits, at least two and at most six of them: `$0.50`, `-$1.20`, `$0.000012`."""
    digits = dollars(abs(amount))
    shown = digits if len(digits.partition(".")[2]) > 1 else f"{abs(amount):.2f}"
    return f"{'-' if amount < 0 else ''}${shown}"


def _limits(facts: FaultFacts, vocabulary: Vocabulary) -> str:
    if facts.limits is None:
        return ""
    context, output = facts.limits.context, facts.limits.output
    if output is None or output >= context:
        return vocabulary.say(CONTEXT_TEXT, context=vocabulary.thousands(context))
    shown = {"context": vocabulary.thousands(context), "output": vocabulary.thousands(output)}
    return vocabulary.say(CONTEXT_OUTPUT_TEXT, **shown)


def _money(facts: FaultFacts, vocabulary: Vocabulary) -> str:
    required, balance = facts.amounts.required, facts.amounts.balance
    if required is not None and balance is not None:
        return vocabulary.say(COST_BALANCE_TEXT, cost=_usd(required, vocabulary), balance=_usd(balance, vocabulary))
    if required is not None:
        return vocabulary.say(COST_TEXT, cost=_usd(required, vocabulary))
    return vocabulary.say(BALANCE_TEXT, balance=_usd(balance, vocabulary)) if balance is not None else ""


def _usd(amount: Decimal, vocabulary: Vocabulary) -> str:
    return vocabulary.decimal(usd(amount))

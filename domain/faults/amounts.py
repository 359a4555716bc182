"""Read from a refusal for lack of credits what the request costs and what the account has, in USD.

Sources: OpenRouter API reference, errors 402; public reports of its texts. Numbers of tokens are no amounts.
"""

import re
from decimal import Decimal

from domain.faults.facts import Amounts
from ports.response_events import UpstreamProblem

_REQUIRED_NAMES = ("required_cost", "required_credits", "required_amount", "estimated_cost", "cost")
_BALANCE_NAMES = ("account_balance", "balance", "remaining_credits", "credits_remaining", "available_credits")
_LONGEST = 2_000
_NUMBER = r"(-?)\s?\$?\s?(-?\d{1,9}(?:,\d{3})*(?:\.\d{1,12})?)"
_MONEY = rf"(?:(?=-?\s?\$){_NUMBER}|{_NUMBER}(?=\s*(?:usd|dollars|credits)\b))"
_REQUIRED = re.compile(rf"(?:requires?|costs?|needs?|at least)\b[^$\d-]{{0,30}}{_MONEY}", re.IGNORECASE)
_BALANCE = re.compile(rf"(?:balance|remaining|available|ha(?:s|ve)|left|only)\b[^$\d-]{{0,30}}{_MONEY}", re.IGNORECASE)


def amounts_in(problem: UpstreamProblem) -> Amounts:
    """Return the amounts that a refusal names, first those of its metadata, then those of its text."""
    named = dict(problem.details.amounts)
    text = f"{problem.text} {problem.quoted.text}"[:_LONGEST]
    return Amounts(_named(named, _REQUIRED_NAMES, _REQUIRED, text), _named(named, _BALANCE_NAMES, _BALANCE, text))


def _named(named: dict[str, Decimal], names: tuple[str, ...], words: re.Pattern[str], text: str) -> Decimal | None:
    for name in names:
        if name in named:
            return named[name]
    found = words.search(text)
    if found is None:
        return None
    sign, digits, other_sign, other_digits = found.groups()
    number = Decimal((digits or other_digits).replace(",", ""))
    return -number if (sign or other_sign) and number > 0 else number

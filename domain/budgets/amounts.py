"""Amounts in the whole numbers that budgets count in."""

from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

from ports.budgets import Unit
from ports.usage import EXACT

PLACES = 10
"""Decimals of a dollar that are counted; what is below is rounded up, so that a budget never counts too little."""
MOST = 10**17
"""The largest amount: ten million dollars. A sum of ninety of them still fits a database's whole numbers."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """What calls cost, or may cost: `usd` is None if a price is unknown; `exempt`: they are free by their prices."""

    usd: Decimal | None = None
    tokens: int = 0
    requests: int = 0
    exempt: bool = False

    def __add__(self, other: "Amounts") -> "Amounts":
        usd = other.usd if self.usd is None else self.usd if other.usd is None else EXACT.add(self.usd, other.usd)
        exempt = self.exempt and other.exempt
        return Amounts(usd, self.tokens + other.tokens, self.requests + other.requests, exempt)

    def of(self, unit: Unit) -> int:
        """Return the amount in the whole numbers of a unit; 0 dollars if the price is unknown."""
        if unit is Unit.USD:
            return whole(self.usd or Decimal(0))
        return min(MOST, self.tokens if unit is Unit.TOKENS else self.requests)


def whole(usd: Decimal) -> int:
    """Return an amount of dollars as budgets count it, from 0 to MOST."""
    if not usd.is_finite() or usd <= 0:
        return 0
    if usd.adjusted() > 20:
        return MOST
    return min(MOST, int(EXACT.scaleb(usd, PLACES).to_integral_value(ROUND_UP)))


def dollars_of(amount: int) -> Decimal:
    """Return the dollars of an amount."""
    return EXACT.scaleb(Decimal(amount), -PLACES).normalize()

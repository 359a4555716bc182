"""The bill of one turn: what its attempts cost, and what its person has spent in all if that is to be shown."""

from dataclasses import dataclass, replace

from domain.services.sum_spending import AskedSums
from domain.turn.steps import End, Reason
from domain.usage.prices import Price
from ports.usage import NOT_PAID, Paid


@dataclass(slots=True)
class TurnBill:
    """`paid` adds up the attempts that have ended; `sums`: what was spent before, None if nobody asks for it."""

    paid: Paid = NOT_PAID
    sums: AskedSums | None = None

    def add(self, price: Price) -> None:
        """Add the price of one attempt."""
        self.paid += price.paid

    async def closed(self, end: End) -> End:
        """Return how the turn ended, with what it cost; waits a moment for the sums if they are on their way.

        Neither an error card nor a tool that the caller runs waits for them.
        """
        waits = end.reason not in (Reason.FAULT, Reason.TOOL_CALLS)
        spent = await self.sums.with_turn(self.paid, waits=waits) if self.sums is not None else None
        return replace(end, paid=self.paid, spent=spent)

"""All that knows of money in one core: the ledger, the budgets, the keys that pay."""

from dataclasses import dataclass

from domain.services.fetch_remote import FetchRemote
from domain.services.turn_books import TurnBooks
from entrypoints.core.core_budgets import CoreBudgets
from entrypoints.core.core_keys import CoreKeys
from entrypoints.core.core_ledger import CoreLedger
from entrypoints.core.foundation import Foundation
from ports.allowances import Allowances
from ports.generations import Generations
from ports.people import People
from ports.upstream_figures import UpstreamFigures


@dataclass(frozen=True, slots=True)
class UpstreamAccounts:
    """What upstream tells of money: records of calls, figures of days, what keys may still spend."""

    generations: Generations
    figures: UpstreamFigures
    allowances: Allowances


class CoreBooks:
    """Belongs to one event loop. Without a database there is no ledger."""

    def __init__(
        self, base: Foundation, upstream: UpstreamAccounts, remote: FetchRemote, people: People | None
    ) -> None:
        self.keys = CoreKeys(base, upstream.allowances)
        self.ledger = CoreLedger(base, upstream.generations, upstream.figures) if base.location.url else None
        booked = self.ledger.keeper.caught_up if self.ledger is not None else None
        self.budgets = CoreBudgets(base, remote, people, booked)

    def of_turns(self) -> TurnBooks:
        """Return what turns are booked in."""
        if self.ledger is None:
            return TurnBooks(budgets=self.budgets.turns)
        return TurnBooks(self.ledger.keeper, self.ledger.sums, self.budgets.turns, self.ledger.costs)

    async def aclose(self) -> None:
        """Settle and write what waits; call it once no turn runs any more, and after `keys.aclose`."""
        await self.budgets.aclose()
        if self.ledger is not None:
            await self.ledger.aclose()

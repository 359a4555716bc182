"""Where turns are booked, and what knows of money around them."""

from dataclasses import dataclass

from domain.services.budget_turn import BudgetTurn
from domain.services.keep_ledger import KeepLedger
from domain.services.share_costs import ShareCosts
from domain.services.sum_spending import SumSpending


@dataclass(frozen=True, slots=True)
class TurnBooks:
    """`keeper` books attempts, `sums` adds up what people have spent, `budgets` limit it, `costs` shares it with other
    programs; None does nothing of the kind.
    """

    keeper: KeepLedger | None = None
    sums: SumSpending | None = None
    budgets: BudgetTurn | None = None
    costs: ShareCosts | None = None


NO_BOOKS = TurnBooks()

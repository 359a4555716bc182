"""What one turn holds of the budgets, and what its attempts cost."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo

from domain.budgets.accounts import Due, claims_of, dues_of
from domain.budgets.rule import Payer, Rule
from domain.faults.fault import Fault
from domain.request.turn_request import TurnRequest
from domain.services.store_budget import StoreBudget
from domain.services.turn_tally import TurnTally
from domain.turn.statuses import BudgetLow
from ports.budgets import Balance, Claim, Unit
from ports.catalog import Model


@dataclass(slots=True)
class TurnHold:
    """The reservation of one turn, from its admission to its settlement.

    `dues` are the budgets of the model that is about to be called; every budget counts in the window of `began`: when
    the turn was checked, and from its reservation on when that began.
    `warning`: a soft limit that is reached. `time`: what the store may add. `tally`: what the turn's attempts cost.
    `reserved`: the balances of its counters, once the store has the reservation for certain.
    """

    request: TurnRequest
    rules: tuple[Rule, ...]
    payer: Payer
    began: datetime
    zone: tzinfo
    time: StoreBudget
    dues: tuple[Due, ...] = ()
    warning: BudgetLow | None = None
    reserving: "asyncio.Task[Fault | None] | None" = None
    reserved: tuple[Balance, ...] | None = None
    is_settled: bool = False
    tally: TurnTally = field(default_factory=TurnTally)

    @property
    def namespace(self) -> str:
        """The namespace of the counters."""
        return self.request.spending.namespace

    @property
    def turn_id(self) -> str:
        """The id of the turn."""
        return self.request.turn_id

    @property
    def is_reserved(self) -> bool:
        """Whether the store has the reservation for certain."""
        return self.reserved is not None

    def turn_to(self, slug: str, model: Model | None) -> None:
        """Name the model that is about to be called."""
        self.tally.slug, self.tally.model = slug, model
        if model is not None and model.id != slug:
            self.tally.entries[slug] = model.id
        self.dues = self.dues_of(slug)

    def charges(self) -> tuple[Claim, ...]:
        """Return what the turn cost, per counter; empty if nothing was sent. Each counts at most one request."""
        charges: dict[str, Claim] = {}
        for slugs, amounts in self.tally.spent.items():
            for claim in claims_of(self.dues_of(*slugs), amounts):
                known = charges.get(claim.account)
                if known is None or claim.unit is Unit.REQUESTS:
                    charges[claim.account] = claim
                else:
                    charges[claim.account] = replace(claim, amount=known.amount + claim.amount)
        return tuple(charges.values())

    def all_dues(self) -> tuple[Due, ...]:
        """Return the budgets of every model that was called, each once; several may share a counter."""
        return tuple(dict.fromkeys(due for slugs in self.tally.spent for due in self.dues_of(*slugs)))

    def dues_of(self, *slugs: str) -> tuple[Due, ...]:
        """Return the budgets of models, each once."""
        entries = self.tally.entries
        names = [*slugs, *(entries[slug] for slug in slugs if slug in entries)]
        found = (due for slug in names for due in dues_of(self.rules, self.payer, slug, self.began, self.zone))
        return tuple(dict.fromkeys(found))

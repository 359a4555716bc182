"""A stage whose turns are limited by budgets."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import ClassVar

from adapters.memory.budgets import MemoryBudgets
from adapters.memory.ledger import MemoryLedger
from domain.budgets.accounts import dues_of
from domain.budgets.amounts import whole
from domain.budgets.rule import Payer, Period, Rule, Scope
from domain.budgets.verdict import Alert
from domain.request.spending import Spending
from domain.request.turn_request import Person
from domain.services.budget_turn import BudgetTurn, RuleBook
from domain.services.keep_holds import KeepHolds
from domain.services.keep_ledger import KeepLedger
from domain.services.known_people import KnownPeople
from domain.services.store_budget import StoreHealth
from ports.budgets import BudgetsUnavailable, Change, Claim, Granted, Unit
from ports.people import Profile
from tests.domain.services.stage import REQUEST, Stage
from tests.doubles.clock import FakeClock
from tests.doubles.ids import FakeIds
from tests.doubles.people import MemoryPeople
from tests.doubles.responses import Move
from tests.doubles.telemetry import RecordedTelemetry

ANN = Person("ann", "chat", "message")
LIMITED = replace(REQUEST, turn_id="turn", person=ANN, spending=Spending("ns"))
ANN_PAYS = Payer("ann")
MONTHLY = Rule("Monthly", Scope.EACH, Period.MONTH, hard=whole(Decimal(100)))


class BreakableBudgets(MemoryBudgets):
    """Budgets in memory that cannot be reached while `down`."""

    down = False

    async def reserve(
        self, namespace: str, turn_id: str, claims: Collection[Claim], holder: str, until: datetime
    ) -> Granted:
        self._look()
        return await super().reserve(namespace, turn_id, claims, holder, until)

    async def post(self, namespace: str, turn_id: str, charges: Collection[Claim]) -> tuple[Change, ...]:
        self._look()
        return await super().post(namespace, turn_id, charges)

    async def void(self, namespace: str, turn_id: str) -> None:
        self._look()
        await super().void(namespace, turn_id)

    def _look(self) -> None:
        if self.down:
            raise BudgetsUnavailable("unreachable")


class Budgeted(Stage):
    """A stage with budgets in memory, by default of 100 dollars a month for each person."""

    opened: ClassVar[list["Budgeted"]] = []

    def __init__(
        self,
        *scripts: Sequence[Move],
        rules: tuple[Rule, ...] = (MONTHLY,),
        keeping: Callable[[FakeClock, RecordedTelemetry], KeepLedger] | None = None,
    ) -> None:
        self.opened.append(self)
        self.budgets, self.rules = BreakableBudgets(), rules
        self.people = MemoryPeople({"ann": Profile("ann@example.org", frozenset({"Sales"}))})
        self.ledger, self.alerts = MemoryLedger(), list[Alert]()

        async def book(_spending: Spending) -> RuleBook:
            return RuleBook(self.rules, UTC)

        def limited(clock: FakeClock, log: RecordedTelemetry) -> BudgetTurn:
            health = StoreHealth(clock, log)
            self.holds = KeepHolds(self.budgets, self.ledger, store=health, ids=FakeIds(), telemetry=log)
            people = KnownPeople(self.people, clock, log)
            booked = self.keeper.caught_up if self.keeper is not None else None
            self.turns = BudgetTurn(
                self.budgets, book, people, self.holds, lambda alert, _: self.alerts.append(alert), booked
            )
            return self.turns

        super().__init__(*scripts, limited=limited, keeping=keeping)

    async def balance(
        self, rule: Rule = MONTHLY, payer: Payer = ANN_PAYS, slug: str = "maker/model"
    ) -> tuple[int, int]:
        """Return what is spent and what is reserved of the counter of a rule."""
        (due,) = dues_of([rule], payer, slug, self.clock.now(), UTC)
        (found,) = await self.budgets.read("ns", [due.account])
        return found.spent, found.reserved

    async def spend_all(self, rule: Rule = MONTHLY, slug: str = "maker/model") -> None:
        """Spend all that a rule allows."""
        assert rule.hard is not None
        await self.spend(rule.hard, rule, slug)

    async def spend(self, amount: int, rule: Rule = MONTHLY, slug: str = "maker/model") -> None:
        """Spend an amount of a rule before the test."""
        payer = Payer("ann", groups=frozenset({"Sales"}))
        (due,) = dues_of([rule], payer, slug, self.clock.now(), UTC)
        charge = Claim(due.account, rule.unit, amount, due.window.ends)
        await self.budgets.post("ns", f"before-{due.account}", [charge])


def usd(text: str) -> int:
    return whole(Decimal(text))


def tokens(hard: int, **changes: object) -> Rule:
    """A budget of tokens a day for each person."""
    return replace(Rule("Tokens", Scope.EACH, Period.DAY, Unit.TOKENS, hard=hard), **changes)  # type: ignore[arg-type]

"""Budgets around a turn: what is spent is checked before the line, what the turn may cost is reserved before its
request, and what it cost is posted at its settlement.

No turn fails because the store does, unless the operator wants that: it then runs without a reservation, and what it
cost is posted as soon as the store is back.

The ledger stores what a turn did before the budgets settle it. So a process that dies between the two leaves a
reservation, which expires and gets the ledger's figures: both end with the same.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from functools import partial

from domain.budgets.accounts import Due, claims_of
from domain.budgets.amounts import Amounts
from domain.budgets.estimate import UsualOutputs, estimated
from domain.budgets.rule import Payer, Rule, rules_for
from domain.budgets.seen import SeenBalances
from domain.budgets.verdict import Alert, alerts_of, beyond_soft, refusing, spent_up
from domain.catalog.support import is_free
from domain.conversation.size import size_of
from domain.faults.causes import BudgetSpent, TooFast
from domain.faults.fault import Fault, FaultKind
from domain.request.spending import Spending
from domain.request.turn_request import TurnRequest
from domain.services.keep_holds import HOLD_SECONDS, KeepHolds, Settlement
from domain.services.known_people import KnownPeople
from domain.services.store_budget import StoreBudget, StoreTrouble
from domain.services.turn_hold import TurnHold
from domain.turn.statuses import BudgetLow
from domain.usage.entries import key_id_of
from ports.budgets import Balance, Budgets, Change
from ports.catalog import Model

UNAVAILABLE = "budgets_unavailable"
TRIES = 3
GUESSED_CHARACTERS = 2
"""Characters of a token in a prompt that is not built yet: fewer than in most texts."""


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The rules in effect, and the time zone of their days and months."""

    rules: tuple[Rule, ...]
    zone: tzinfo


Rules = Callable[[Spending], Awaitable[RuleBook]]
"""Returns the rules in effect; never raises, and is quick once the text of the rules is known."""


class BudgetTurn:
    """The use case; belongs to one event loop. `alert` is called for each budget that crosses a threshold.

    `booked` returns once the entries noted so far are in the ledger or a journal, or are lost; None without a ledger.
    """

    def __init__(
        self,
        budgets: Budgets,
        rules: Rules,
        people: KnownPeople,
        holds: KeepHolds,
        alert: Callable[[Alert, Spending], None] | None = None,
        booked: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._budgets, self._rules, self._people, self._holds = budgets, rules, people, holds
        self._clock, self._store = holds.clock, holds.store
        self._outputs, self._alert, self._booked = UsualOutputs(), alert, booked
        self._seen = SeenBalances()
        self._waiting: dict[asyncio.Task[None], TurnHold] = {}

    async def check(
        self, request: TurnRequest, slug: str, model: Model | None, *, reads: bool
    ) -> TurnHold | Fault | None:
        """Return what the turn is to hold, None if there are no budgets, or the fault if one is spent already.

        A model without budgets is held too: one that has some may answer in its place.

        Nothing is taken yet. Counters are read if `reads`, and those that refused a turn a moment ago.
        """
        if not request.spending.namespace:
            return None
        book = await self._rules(request.spending)
        rules = rules_for(book.rules, own_key=request.route.own_key)
        if not rules:
            return None
        profile = await self._people.profile(request.person.user_id, rules)
        payer = Payer(request.person.user_id, profile.email, profile.groups, key_id_of(request.route))
        now = self._clock.now()
        hold = TurnHold(request, rules, payer, now, book.zone, StoreBudget(self._store))
        hold.turn_to(slug, model)
        if reads or self._seen.may_refuse(hold.dues, self._clock.monotonic()):
            return await self._checked(hold)
        return hold

    async def turn_to(self, hold: TurnHold, slug: str, model: Model | None) -> Fault | None:
        """Let the turn call another model; return the fault if a budget is spent for it."""
        hold.turn_to(slug, model)
        checked = await self._checked(hold)
        return checked if isinstance(checked, Fault) else None

    async def affords(self, hold: TurnHold, slug: str, model: Model | None, *, extras: bool) -> bool:
        """Return whether no budget is spent for a model that may answer when the turn's own one fails.

        Call it once the turn has reserved; `extras` as in `reserve`. A store that fails decides nothing here.
        """
        dues = hold.dues_of(slug, *(() if model is None else (model.id,)))
        if not dues or (hold.dues and not hold.is_reserved):
            return True
        balances: tuple[Balance, ...] | Fault = hold.reserved or ()
        known = {balance.account for balance in hold.reserved or ()}
        if any(due.account not in known for due in dues):
            balances = await self._balances(hold, dues)
        if isinstance(balances, Fault):
            return False
        return spent_up(dues, Amounts(exempt=is_free(slug, model) and not extras), balances) is None

    def begin(self, hold: TurnHold) -> None:
        """Reserve while the request is built, where there was plenty of room a moment ago: nobody waits for it then.

        The prompt is guessed, and what upstream may charge beside it; a refusal of that guess counts for nothing. A
        turn that waited in line counts in the windows of now.
        """
        hold.began = self._clock.now()
        hold.turn_to(hold.tally.slug, hold.tally.model)
        guessed = size_of(hold.request.messages) // GUESSED_CHARACTERS
        amounts = self._amounts(hold, guessed, None, extras=True)
        if hold.dues and self._seen.has_plenty(hold.dues, amounts, self._clock.monotonic()):
            hold.reserving = self._reserving(hold, amounts)

    async def reserve(
        self, hold: TurnHold, prompt_tokens: int, most_output: int | None, *, extras: bool
    ) -> Fault | None:
        """Reserve what the turn may cost; return the fault if a budget has no room for it.

        `extras`: upstream may charge for more than tokens, so that a free model costs money too.
        """
        hold.tally.prompt_tokens = prompt_tokens
        if not hold.dues:
            return None
        if hold.reserving is not None and await asyncio.shield(hold.reserving) is None:
            return None
        hold.reserving = self._reserving(hold, self._amounts(hold, prompt_tokens, most_output, extras=extras))
        return await asyncio.shield(hold.reserving)

    async def settle(self, hold: TurnHold) -> None:
        """Post what the turn cost, or release what it holds if nothing was sent; only the first call counts.

        A turn whose bill upstream has not written yet keeps its reservation until then.
        """
        if hold.is_settled:
            return
        hold.is_settled = True
        if hold.reserving is not None:
            await asyncio.wait((hold.reserving,))
        if hold.tally.output_tokens:
            self._outputs.learn(hold.payer.user_id, hold.tally.slug, hold.tally.output_tokens)
        if not hold.tally.awaited:
            await self._post(hold)
            return
        task = asyncio.get_running_loop().create_task(self._post_later(hold), name="openrouter-pipe-await-bill")
        self._waiting[task] = hold
        task.add_done_callback(self._waited)

    async def aclose(self) -> None:
        """Stop waiting for bills: those reservations expire, and are settled by the ledger, which gets the bills."""
        waiting = dict(self._waiting)
        for task in waiting:
            task.cancel()
        if waiting:
            await asyncio.wait(waiting)
        for task, hold in waiting.items():
            if task.cancelled() and not hold.is_reserved:
                await self._holds.leave(hold.namespace, hold.turn_id, self._settlement(hold))

    # --- details ------------------------------------------------------------------------------------------

    async def _post_later(self, hold: TurnHold) -> None:
        await hold.tally.complete()
        await self._post(hold)

    def _waited(self, task: "asyncio.Task[None]") -> None:
        self._waiting.pop(task, None)

    async def _post(self, hold: TurnHold) -> None:
        if self._booked is not None:
            await self._booked()
        await self._holds.settle(hold.namespace, hold.turn_id, self._settlement(hold))

    def _settlement(self, hold: TurnHold) -> Settlement:
        return Settlement(hold.charges(), hold.is_reserved, partial(self._posted, hold))

    def _posted(self, hold: TurnHold, changes: tuple[Change, ...]) -> None:
        if self._alert is not None:
            for alert in alerts_of(hold.all_dues(), changes):
                self._alert(alert, hold.request.spending)

    def _amounts(self, hold: TurnHold, prompt_tokens: int, most_output: int | None, *, extras: bool) -> Amounts:
        slug, model = hold.tally.slug, hold.tally.model
        usual = self._outputs.usual(hold.payer.user_id, slug)
        return estimated(model, prompt_tokens, usual, most_output, free=is_free(slug, model) and not extras)

    def _reserving(self, hold: TurnHold, amounts: Amounts) -> "asyncio.Task[Fault | None]":
        return asyncio.get_running_loop().create_task(self._reserve(hold, amounts), name="openrouter-pipe-reserve")

    async def _checked(self, hold: TurnHold) -> TurnHold | Fault:
        balances = await self._balances(hold, hold.dues)
        if isinstance(balances, Fault):
            return balances
        full = spent_up(hold.dues, Amounts(exempt=is_free(hold.tally.slug, hold.tally.model)), balances)
        if full is not None:
            return self._refusal(full)
        self._warn(hold, balances)
        return hold

    def _warn(self, hold: TurnHold, balances: tuple[Balance, ...]) -> None:
        low = beyond_soft(hold.dues, balances)
        hold.warning = _warning(low, balances) if low is not None else None

    async def _balances(self, hold: TurnHold, dues: tuple[Due, ...]) -> tuple[Balance, ...] | Fault:
        accounts = list(dict.fromkeys(due.account for due in dues))
        if not accounts:
            return ()
        try:
            async with hold.time.asked(UNAVAILABLE):
                return await self._budgets.read(hold.namespace, accounts)
        except StoreTrouble as trouble:
            if hold.request.spending.refuses_blindly:
                return Fault(FaultKind.BUDGET_UNKNOWN, trouble.reason, retry_after=10.0)
            return tuple(Balance(account) for account in accounts)

    async def _reserve(self, hold: TurnHold, amounts: Amounts) -> Fault | None:
        for _ in range(TRIES):  # another turn may make room just after this one was refused
            refused = await self._tried(hold, amounts)
            if not isinstance(refused, tuple):
                return refused
            full = refusing(hold.dues, amounts, refused)
            if full is not None:
                return self._refusal(full)
        return Fault(FaultKind.BUSY, retry_after=1.0)

    async def _tried(self, hold: TurnHold, amounts: Amounts) -> Fault | tuple[Balance, ...] | None:
        """Return the balances if an account refuses; None if the turn may go on."""
        claims = claims_of(hold.dues, amounts)
        until = self._clock.now() + timedelta(seconds=HOLD_SECONDS)
        self._holds.add(hold.namespace, hold.turn_id, books=bool(hold.request.ledger.namespace))
        try:
            async with hold.time.asked(UNAVAILABLE, writes=True):
                granted = await self._budgets.reserve(hold.namespace, hold.turn_id, claims, self._holds.holder, until)
        except StoreTrouble as trouble:
            if hold.request.spending.refuses_blindly:
                return Fault(FaultKind.BUDGET_UNKNOWN, trouble.reason, retry_after=10.0)
            return None
        hold.reserved = granted.balances if granted.held else None
        self._seen.note(granted.balances, self._clock.monotonic(), held=granted.held)
        if granted.held:
            self._warn(hold, granted.balances)
        return None if granted.held else granted.balances

    def _refusal(self, due: Due) -> Fault:
        rule, ends = due.rule, due.window.ends
        self._seen.refused(due.account, self._clock.monotonic())
        wait = max(1.0, (ends - self._clock.now()).total_seconds())
        if rule.is_rate:
            return Fault(FaultKind.RATE_LIMITED, retry_after=wait, cause=TooFast(rule.unit, rule.hard or 0))
        cause = BudgetSpent(rule.name, rule.unit, rule.hard or 0, rule.period, ends)
        return Fault(FaultKind.BUDGET_SPENT, retry_after=wait, cause=cause)


def _warning(due: Due, balances: tuple[Balance, ...]) -> BudgetLow:
    spent = next(balance.spent for balance in balances if balance.account == due.account)
    rule = due.rule
    return BudgetLow(rule.name, rule.unit, spent, rule.hard or rule.soft or 0, due.window.ends)

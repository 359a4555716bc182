"""The budgets in effect: those of the settings, those in the store, and the limits per minute.

A text is read once, in a thread. Changes take effect with the next turn, those in the store after a minute.
"""

import asyncio
from dataclasses import replace
from datetime import UTC

from domain.budgets.rule import GROUPED, Period, Rule, Scope
from domain.request.spending import Spending
from domain.services.budget_turn import RuleBook
from domain.services.store_budget import within
from entrypoints.core.budget_text import IN_A_THREAD, BudgetText, read_budgets
from entrypoints.core.stored_budgets import StoredBudgets
from entrypoints.core.time_zones import time_zone
from entrypoints.settings_rows import SettingProblem
from ports.budgets import Unit
from ports.clock import Clock
from ports.offload import Offload
from ports.people import People, PeopleUnavailable
from ports.telemetry import Telemetry
from ports.turn_scope import of_no_turn

LOOK_SECONDS, TEXTS_KEPT = 2.0, 8


class BudgetRules:
    """Reads rules. Belongs to one event loop."""

    def __init__(
        self,
        stored: StoredBudgets,
        people: People | None,
        *,
        clock: Clock,
        offload: Offload,
        telemetry: Telemetry,
    ) -> None:
        self._stored, self._people = stored, people
        self._clock, self._offload, self._telemetry = clock, offload, telemetry
        self._texts: dict[str, BudgetText] = {}
        self._good = BudgetText()
        self._books: dict[Spending, RuleBook] = {}
        self._lock = asyncio.Lock()
        self._strangers: tuple[SettingProblem, ...] = ()
        self._latest = RuleBook((), UTC)
        self._reading: asyncio.Task[RuleBook] | None = None

    async def book(self, spending: Spending) -> RuleBook:
        """Return the rules in effect; never raises."""
        known = self._books.get(spending)
        if spending.budgets or spending.requests_per_minute or spending.tokens_per_minute:
            if known is None or not self._stored.is_known(spending.namespace):
                return await self._read(spending)
        elif known is None:  # whether the store has some is read beside the turn
            known = self._books[spending] = RuleBook((), UTC)
        if self._reading is None and self._stored.is_due(spending.namespace):
            work = self._read(spending)
            self._reading = asyncio.get_running_loop().create_task(
                work, name="openrouter-pipe-read-budgets", context=of_no_turn()
            )
            self._reading.add_done_callback(self._was_read)
        return known

    async def aclose(self) -> None:
        """Stop reading."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait((self._reading,))

    async def problems(self, spending: Spending) -> tuple[SettingProblem, ...]:
        """Return what is wrong with the settings of budgets."""
        if not spending.namespace:
            return ()
        await self.book(spending)
        found = [*self._texts[spending.budgets].problems] if spending.budgets in self._texts else []
        if time_zone(spending.zone) is None:
            text = "BUDGET_TIME_ZONE: this server knows no such time zone; UTC is used."
            found.append(SettingProblem("BUDGET_TIME_ZONE", spending.zone[:40], "UTC", text))
        return (*found, *self._strangers)

    # --- details ------------------------------------------------------------------------------------------

    async def _read(self, spending: Spending) -> RuleBook:
        async with self._lock:
            text = await self._text(spending.budgets)
            paces = _paces(spending)
            stored = await self._stored.rules(spending.namespace, opens=bool(spending.budgets or paces))
            rules = (*text.rules, *stored, *paces)
            book = RuleBook(rules, time_zone(spending.zone) or UTC)
            before, self._latest = self._latest, book
            await self._follow(before, book)
            others = [one for one in self._books.items() if one[0] != spending]
            self._books = {spending: book, **dict(others[: TEXTS_KEPT - 1])}
            return book

    def _was_read(self, task: "asyncio.Task[RuleBook]") -> None:
        self._reading = None
        if not task.cancelled() and (defect := task.exception()) is not None:
            self._telemetry.event("error", "budgets_unread", detail=type(defect).__name__)

    async def _text(self, text: str) -> BudgetText:
        """Return the rules of a text; of one that cannot be read, those that were read before."""
        if not text.strip():
            return BudgetText()
        read = self._texts.get(text)
        if read is None:
            read = await self._offload.run(lambda: read_budgets(text), size=IN_A_THREAD)
            if read.broken:
                read = replace(read, rules=self._good.rules)
            self._texts = {text: read, **dict(list(self._texts.items())[: TEXTS_KEPT - 1])}
        if not read.broken:
            self._good = read
        return read

    async def _follow(self, before: RuleBook, after: RuleBook) -> None:
        """Log what changed, and look for names that the host does not know."""
        old, new = set(before.rules), set(after.rules)
        if old == new:
            return
        added, removed = sorted(rule.name for rule in new - old), sorted(rule.name for rule in old - new)
        self._telemetry.event("info", "budgets_changed", added=", ".join(added)[:500], removed=", ".join(removed)[:500])
        users = sorted({rule.who for rule in new if rule.scope is Scope.USER})
        groups = sorted({rule.who for rule in new if rule.scope in GROUPED})
        self._strangers = ()
        if self._people is None or not (users or groups):
            return
        try:
            async with within(self._clock, LOOK_SECONDS):
                strangers = await self._people.unknown(users, groups)
        except (PeopleUnavailable, TimeoutError):
            return
        named = {name: rule.name for rule in new for name in strangers if rule.who == name}
        self._strangers = tuple(
            SettingProblem("BUDGETS", "who", "", f"BUDGETS: who: nobody here has the name that {title} is for.")
            for title in sorted(set(named.values()))
        )


def _paces(spending: Spending) -> tuple[Rule, ...]:
    limits = ((Unit.REQUESTS, spending.requests_per_minute), (Unit.TOKENS, spending.tokens_per_minute))
    return tuple(
        Rule(f"{unit.value} per minute", Scope.EACH, Period.MINUTE, unit, hard=limit) for unit, limit in limits if limit
    )

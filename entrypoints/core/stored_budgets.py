"""The budgets that operators keep in the store, read every minute."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from domain.budgets.rule import Rule
from domain.services.store_budget import within
from entrypoints.core.budget_text import IN_A_THREAD, BudgetText, read_budgets
from entrypoints.settings_rows import SettingProblem
from ports.budget_rules import BudgetRuleStore, StoredRule
from ports.budgets import BudgetsUnavailable
from ports.clock import Clock
from ports.offload import Offload
from ports.telemetry import Telemetry

STORED_SECONDS, LOAD_SECONDS = 60.0, 2.0
AGAIN_SECONDS = 2.0
"""The rest until the next try while the store is being opened, or fails."""
MOST_STORED = 200


class StoredBudgets:
    """Reads stored rules. Mistakes are logged once.

    `opened` returns their store, None if there is none; its argument says whether the database is opened for them.
    """

    def __init__(
        self,
        opened: Callable[[bool], Awaitable[BudgetRuleStore | None]],
        *,
        clock: Clock,
        offload: Offload,
        telemetry: Telemetry,
    ) -> None:
        self._opened = opened
        self._clock, self._offload, self._telemetry = clock, offload, telemetry
        self._rows: dict[str, tuple[float, BudgetText]] = {}
        self._reported: set[str] = set()

    def is_due(self, namespace: str) -> bool:
        """Return whether the rules of a namespace should be read again."""
        known = self._rows.get(namespace)
        return known is None or self._clock.monotonic() >= known[0]

    def is_known(self, namespace: str) -> bool:
        """Return whether they were read before."""
        return namespace in self._rows

    def forget(self) -> None:
        """Read all of them again."""
        self._rows.clear()

    async def rules(self, namespace: str, *, opens: bool) -> tuple[Rule, ...]:
        """Return the rules; while the store cannot be read, those that were read before.

        Unless it `opens` the database, only rules in one that is open already are read.
        """
        _, known = self._rows.get(namespace, (0.0, BudgetText()))
        if not self.is_due(namespace):
            return known.rules
        again = STORED_SECONDS
        try:
            async with within(self._clock, LOAD_SECONDS):
                store = await self._opened(opens)
                if store is None:
                    raise BudgetsUnavailable("not open")
                rows = await store.load(namespace, MOST_STORED)
            known = await self._offload.run(lambda: _of_rows(rows), size=IN_A_THREAD) if rows else BudgetText()
            for problem in known.problems:
                self._report(problem)
        except (BudgetsUnavailable, TimeoutError):
            again = AGAIN_SECONDS  # whoever reads the counters reports it
        self._rows[namespace] = (self._clock.monotonic() + again, known)
        return known.rules

    def _report(self, problem: SettingProblem) -> None:
        if problem.text not in self._reported and len(self._reported) < MOST_STORED:
            self._reported.add(problem.text)
            self._telemetry.event("warning", "setting_not_used_as_given", setting=problem.name, text=problem.text)


def _of_rows(rows: tuple[StoredRule, ...]) -> BudgetText:
    rules: list[Rule] = []
    problems: list[SettingProblem] = []
    for row in rows:
        indented = "\n".join(f"  {line}" for line in row.text.splitlines())
        read = read_budgets(f"-\n{indented}", f"The stored budget {row.name[:60]}")
        rules += [replace(rule, name=row.name[:60]) for rule in read.rules]
        problems += read.problems
    return BudgetText(tuple(rules), tuple(problems))

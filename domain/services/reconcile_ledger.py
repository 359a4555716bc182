"""Reconcile the ledger in the background: compare each day that is over with upstream's figures; report differences.

Upstream's figures of the day by model need a management key. Without one, the running total of the key is compared, and
the records of single calls: of all that are only estimated, which they settle, and of some others, chosen by chance.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from domain.limits import LEDGER_DAYS
from domain.services.background_pass import BackgroundPass, Frame, HeldLease
from domain.services.check_records import CheckRecords
from domain.services.look_up_bills import LookUpBills
from domain.usage.entries import key_hash_of, key_id_of
from domain.usage.reconciling import Compared, Theirs, added, altogether, bounds, compare, results
from ports.clock import Clock
from ports.ids import Ids
from ports.leases import Leases
from ports.ledger import LedgerUnavailable, ModelSum, UsageLedger
from ports.reconciliations import FiguresFrom, Outcome, Reconciled, Reconciliations, ReconciliationsUnavailable
from ports.responses import Route
from ports.telemetry import Level, LogValue, Telemetry
from ports.upstream_figures import DayFigures, FiguresUnavailable, UpstreamFigures

EVERY_SECONDS = 3600.0
SETTLES_IN = timedelta(hours=3)
"""How long after its end a day is compared: its last calls have ended, and upstream has counted them."""
MIDNIGHT_IS_NEAR = timedelta(minutes=10)
"""So long before the next day the running total is not asked: upstream's day may already be another."""
DAYS_BACK = 7
"""Days that are compared later, after nobody chatted or upstream could not be reached."""
MOST_ROWS = 10_000
FRAME = Frame(
    "reconcile",
    "reconcile-ledger",
    "ledger_not_reconciled",
    (LedgerUnavailable, ReconciliationsUnavailable, FiguresUnavailable),
)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ReconcilePlan:
    """The key of `route` is reconciled; `management` has a key that may read the account's figures.

    Results are kept for `days`.
    """

    route: Route
    management: Route | None = None
    days: int = LEDGER_DAYS

    @property
    def key_id(self) -> str:
        """The name of the key in the ledger."""
        return key_id_of(self.route)


@dataclass(frozen=True, slots=True)
class Books:
    """A ledger that may be written, the results, and the leases beside them."""

    ledger: UsageLedger
    results: Reconciliations
    leases: Leases


class ReconcileLedger:
    """The use case; belongs to one event loop. `opened` returns the books, None while they must not be written."""

    def __init__(
        self,
        *,
        opened: Callable[[], Awaitable[Books | None]],
        figures: UpstreamFigures,
        bills: LookUpBills,
        clock: Clock,
        ids: Ids,
        telemetry: Telemetry,
    ) -> None:
        self._opened, self._figures = opened, figures
        self._clock, self._telemetry = clock, telemetry
        self._records = CheckRecords(bills, ids)
        self._passes = BackgroundPass(FRAME, clock, ids, telemetry)

    def begin(self, plan: ReconcilePlan) -> None:
        """Start to reconcile in the background if it is due."""
        self._passes.begin(plan.key_id, EVERY_SECONDS, EVERY_SECONDS / 4, lambda: self.catch_up(plan))

    async def aclose(self) -> None:
        """Stop and wait until it has stopped."""
        await self._passes.aclose()

    async def catch_up(self, plan: ReconcilePlan) -> None:
        """Reconcile the days of the last week that are over and were not, unless another process does.

        Raises nothing but cancellation.
        """

        async def work(books: Books, held: HeldLease) -> None:
            newest = (self._clock.now() - SETTLES_IN).date() - DAY
            oldest = newest - (DAYS_BACK - 1) * DAY
            done = {row.day for row in await self._stored(books, plan, oldest, newest)}
            for number in range(DAYS_BACK):
                if (day := oldest + number * DAY) not in done:
                    await self._day(books, held, plan, day)
            await books.results.delete_before(newest - plan.days * DAY)

        await self._passes.run(plan.key_id, self._opened, work)

    async def reconcile(self, plan: ReconcilePlan, day: date) -> bool:
        """Reconcile one day, even if it was before; return whether that was done. Raises nothing but cancellation."""

        async def work(books: Books, held: HeldLease) -> None:
            await self._day(books, held, plan, day)

        return await self._passes.run(plan.key_id, self._opened, work)

    # --- details ------------------------------------------------------------------------------------------

    async def _stored(self, books: Books, plan: ReconcilePlan, since: date, until: date) -> list[Reconciled]:
        """Return the stored days of the key, without those of single models."""
        rows = await books.results.between(since, until, MOST_ROWS)
        return [row for row in rows if row.key_id == plan.key_id and not row.model]

    async def _day(self, books: Books, held: HeldLease, plan: ReconcilePlan, day: date) -> None:
        """Compare one day, store and report what came of it. A day before the first one of the ledger is left out."""
        corrected = await self._records.settle(books.ledger, held, plan.route, day)
        ours = await self._ours(books.ledger, plan, day)
        earlier = await self._stored(books, plan, day - DAYS_BACK * DAY, day - DAY)
        if not ours and not earlier:
            return
        theirs = await self._theirs(plan, day, ours, earlier)
        if theirs.figures in (FiguresFrom.TOTAL_OF_KEY, FiguresFrom.RECORDS):
            wrong = await self._records.wrong(books.ledger, held, plan.route, day)
            theirs = replace(theirs, lines=wrong)
        await held.renew()
        rows = results(plan.key_id, day, theirs, self._clock.now(), may_be_partial=not earlier)
        await books.results.replace(rows)
        self._report(rows, corrected, theirs.unreadable)

    async def _ours(self, ledger: UsageLedger, plan: ReconcilePlan, day: date) -> tuple[ModelSum, ...]:
        """Add up over all namespaces: upstream knows the key only."""
        since, until = bounds(day)
        sums: list[ModelSum] = []
        for namespace in await ledger.namespaces():
            sums += await ledger.by_model(namespace, plan.key_id, since, until)
        return tuple(sums)

    async def _theirs(
        self, plan: ReconcilePlan, day: date, ours: Sequence[ModelSum], earlier: Sequence[Reconciled]
    ) -> Theirs:
        if plan.management is not None:
            try:
                return await self._of_day(plan.management, plan, day, ours)
            except FiguresUnavailable as error:
                if not error.is_refusal:
                    raise
                self._telemetry.event("warning", "ledger_figures_refused", reason=str(error))
        total = await self._total(plan, day)
        before = next((row.total for row in earlier if row.day == day - DAY), None)
        spent = total - before if total is not None and before is not None else None
        figures = FiguresFrom.RECORDS if total is None else FiguresFrom.TOTAL_OF_KEY
        return Theirs(figures, Compared(added(ours), cost=spent), total=total)

    async def _of_day(self, management: Route, plan: ReconcilePlan, day: date, ours: Sequence[ModelSum]) -> Theirs:
        """Ask for the day of the key; if upstream knows nothing of it, for that of the whole account."""
        source, found = FiguresFrom.DAY_OF_KEY, DayFigures(day)
        try:
            found = await self._figures.of_day(management, day, key_hash=key_hash_of(plan.route.api_key))
        except FiguresUnavailable as error:
            if not error.is_refusal:
                raise
        if not found.models and (ours or found.unreadable):
            source, found = FiguresFrom.DAY_OF_ACCOUNT, await self._figures.of_day(management, day)
        lines = compare(ours, found.models)
        return Theirs(source, altogether(lines), lines, unreadable=found.unreadable)

    async def _total(self, plan: ReconcilePlan, day: date) -> Decimal | None:
        """Return what the key had spent when a day ended, None unless that day was yesterday."""
        now = self._clock.now()
        if day != now.date() - DAY or (now + MIDNIGHT_IS_NEAR).date() != now.date():
            return None
        try:
            return await self._figures.spent_before_today(plan.route)
        except FiguresUnavailable as error:
            if not error.is_refusal:
                raise
            return None

    def _report(self, rows: Sequence[Reconciled], corrected: int, unreadable: int) -> None:
        whole, models = rows[0], [row for row in rows[1:] if row.outcome is Outcome.DIFFERS]
        for row in models:
            self._telemetry.event("warning", "ledger_differs", model=row.model, **_values(row))
        level: Level = "warning" if whole.outcome is Outcome.DIFFERS else "info"
        more = {"differences": len(models), "corrected": corrected, "unreadable": unreadable}
        self._telemetry.event(level, "ledger_reconciled", outcome=whole.outcome.value, **_values(whole), **more)


def _values(row: Reconciled) -> dict[str, LogValue]:
    return {
        "day": row.day.isoformat(),
        "figures": row.figures.value,
        "ours": format(row.cost.normalize(), "f"),
        "theirs": None if row.their_cost is None else format(row.their_cost.normalize(), "f"),
        "entries": row.entries,
        "inexact": row.inexact,
        "requests": row.their_requests,
    }

"""Keep the tool journal of one person within its bounds, in bytes and in rows: the oldest finished calls go first.

A call that has not finished may still run, and is what a later turn reports: it goes only after IDLE.
"""

from collections.abc import Collection
from datetime import timedelta
from functools import partial

from domain.limits import JOURNAL_BYTES, JOURNAL_ROWS
from domain.services.keep_quota import KeepQuota
from domain.services.store_budget import StoreHealth
from ports.telemetry import Telemetry
from ports.tool_runs import RUN_BYTES, RunBounds, ToolRun, ToolRuns

IDLE = timedelta(days=1)
"""No turn takes that long."""
REACHED = "tool_journal_quota_reached"
FAILED = "tool_runs_unavailable"


class KeepJournal:
    """The use case over one journal; belongs to one event loop. Raises nothing but cancellation."""

    def __init__(
        self,
        runs: ToolRuns,
        store: StoreHealth,
        telemetry: Telemetry,
        *,
        most_bytes: int = JOURNAL_BYTES,
        most_rows: int = JOURNAL_ROWS,
    ) -> None:
        self._runs, self._store = runs, store
        self._most_bytes, self._most_rows = most_bytes, most_rows
        self._quota = KeepQuota(store, telemetry, failed=FAILED, reached=REACHED)

    async def written(self, runs: Collection[ToolRun]) -> None:
        """Count runs that were stored, and delete what their owners have beyond the bounds."""
        row = max(RUN_BYTES, self._most_bytes // self._most_rows)
        for run in runs:
            size = row + (len(run.kept.payload) if run.kept is not None else 0)
            idle_before = self._store.clock.now() - IDLE
            bounds = RunBounds(self._most_bytes, self._most_rows, idle_before, spared=run.turn_id)
            trim = partial(self._runs.trim, run.namespace, run.user_id, bounds)
            await self._quota.written(trim, run.namespace, run.user_id, size=size, most_bytes=self._most_bytes)

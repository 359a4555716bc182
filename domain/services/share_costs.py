"""Share what attempts cost with other programs: snapshots of ledger entries, written after the turn has gone on.

Snapshots are a courtesy: what does not fit into the line, or cannot be written, is counted and left out.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from domain.request.turn_request import TurnRequest
from domain.services.book_attempts import BookAttempts, BookedAttempt
from domain.services.measured import LOST
from domain.turn.steps import AttemptEnded, Booking
from ports.cost_snapshots import CostSnapshot, CostSnapshots, CostSnapshotsUnavailable
from ports.ledger import EntryState
from ports.metrics import Metrics
from ports.telemetry import Telemetry
from ports.turn_scope import of_no_turn

MOST_WAITING = 1_000
BATCH = 100
CLOSE_SECONDS = 2.0
SNAPSHOT = "cost_snapshot"


class ShareCosts:
    """The use case; belongs to one event loop."""

    def __init__(self, snapshots: CostSnapshots, telemetry: Telemetry, metrics: Metrics) -> None:
        self._snapshots, self._telemetry, self._metrics = snapshots, telemetry, metrics
        self._waiting: deque[CostSnapshot] = deque()
        self._writer: asyncio.Task[None] | None = None
        self._reason = ""

    def after(
        self, book: BookAttempts, request: TurnRequest, journal: Callable[[Booking], None]
    ) -> Callable[[Booking], None]:
        """Return a function that calls `journal`, then shares the entry of each attempt that was sent and has ended."""
        sharing, person = request.sharing, request.person
        if not sharing.seconds or not person.user_id:
            return journal

        def shared(booking: Booking) -> None:
            journal(booking)
            if isinstance(booking, AttemptEnded) and isinstance(book.latest, BookedAttempt):
                entry = book.latest.entry
                if entry.state is not EntryState.VOID:
                    model = sharing.prefix + entry.requested_model
                    self.note(CostSnapshot(entry, model, sharing.seconds, sharing.email, sharing.name))

        return shared

    def note(self, snapshot: CostSnapshot) -> None:
        """Write a snapshot soon. Costs the caller microseconds and never raises."""
        if len(self._waiting) >= MOST_WAITING:
            self._lose(1, "full")
            return
        self._waiting.append(snapshot)
        if self._writer is None:
            work = self._write_all()
            self._writer = asyncio.get_running_loop().create_task(
                work, name="openrouter-pipe-share-costs", context=of_no_turn()
            )

    async def aclose(self) -> None:
        """Write what waits, for a moment at most."""
        if self._writer is not None:
            await asyncio.wait((self._writer,), timeout=CLOSE_SECONDS)
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.wait((self._writer,))
            self._lose(len(self._waiting), "closed")

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
                try:
                    await self._snapshots.put(batch)
                except CostSnapshotsUnavailable as error:
                    self._lose(len(batch), error.reason)
                except asyncio.CancelledError:
                    self._lose(len(batch), "closed")
                    raise
                except Exception as defect:  # noqa: BLE001 - the edge of a background task
                    self._lose(len(batch), type(defect).__name__)
                else:
                    self._reason = ""
        finally:
            self._writer = None

    def _lose(self, count: int, reason: str) -> None:
        """Count snapshots that were not written; log the first of each reason until some are written again."""
        if count:
            self._metrics.count(LOST, (SNAPSHOT,), count)
        if count and reason != self._reason:
            self._telemetry.event("warning", "cost_snapshots_lost", reason=reason, entries=count)
            self._reason = reason

"""What turns cost whose reservations expired, by the ledger."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from domain.budgets.amounts import Amounts
from domain.recent import Recent
from ports.budgets import Claim, Orphan, Unit
from ports.clock import Clock
from ports.ledger import CostSource, Entry, EntryState, LedgerEntries
from ports.usage import NOT_PAID

SILENT_SECONDS = 3600.0
"""For so long a turn without an entry may have one in a journal, or its process may live and post what it cost."""
MOST_SILENT = 1_000
"""Turns without an entry that are remembered; the oldest of more than that wait anew."""


class OrphanCosts:
    """The use case; belongs to one event loop."""

    def __init__(self, ledger: LedgerEntries, clock: Clock) -> None:
        self._ledger, self._clock = ledger, clock
        self._silent = Recent[tuple[str, str], float](MOST_SILENT)

    async def of(self, namespace: str, orphan: Orphan) -> Collection[Claim] | None:
        """Return what an orphan cost; empty if it sent nothing, None while that is not known yet.

        Raises LedgerUnavailable.
        """
        entries = await self._ledger.of_turn(namespace, orphan.turn_id)
        if not entries:
            return None if self._may_speak(namespace, orphan.turn_id) else ()
        if any(entry.state is EntryState.STARTED for entry in entries):
            return None
        return _charges(orphan, [entry for entry in entries if entry.state is not EntryState.VOID])

    def forget(self, namespace: str, turn_id: str) -> None:
        """Forget an orphan that was settled."""
        self._silent.pop((namespace, turn_id), None)

    def _may_speak(self, namespace: str, turn_id: str) -> bool:
        now, key = self._clock.monotonic(), (namespace, turn_id)
        if key not in self._silent:
            self._silent[key] = now
        return now - self._silent[key] < SILENT_SECONDS


def _charges(orphan: Orphan, sent: Sequence[Entry]) -> Collection[Claim]:
    if not sent:
        return ()
    amounts = Amounts(
        sum((entry.paid for entry in sent), NOT_PAID).total,
        sum(entry.input_tokens + entry.output_tokens for entry in sent),
        requests=1,
    )
    free = all(entry.cost_source is CostSource.FREE for entry in sent)
    counted = free or amounts.tokens > 0  # an estimated entry has no tokens: then those that were reserved
    return [
        claim if claim.unit is Unit.TOKENS and not counted else replace(claim, amount=amounts.of(claim.unit))
        for claim in orphan.claims
    ]

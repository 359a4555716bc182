"""Check entries of the ledger against upstream's records of single calls: all estimates of a day, and some others."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from domain.services.background_pass import HeldLease
from domain.services.look_up_bills import LookUpBills
from domain.usage.entries import key_id_of
from domain.usage.reconciling import Compared, added, altogether, bounds
from ports.generations import GenerationsUnavailable
from ports.ids import Ids
from ports.ledger import CostSource, Entry, EntryState, Key, ModelSum, UsageLedger
from ports.reconciliations import Outcome
from ports.responses import Route
from ports.upstream_figures import FiguresUnavailable

MOST_ESTIMATED, SAMPLE = 200, 20
"""Records that are read for one day and namespace: of estimates, and of settled entries."""
PAGE = 500
"""Entries that are read of the ledger at once."""
MOMENT = timedelta(microseconds=1)


class CheckRecords:
    """The part of reconciling that reads records. Raises FiguresUnavailable once upstream cannot be reached."""

    def __init__(self, bills: LookUpBills, ids: Ids) -> None:
        self._bills, self._ids = bills, ids

    async def settle(self, ledger: UsageLedger, held: HeldLease, route: Route, day: date) -> int:
        """Settle entries of a day that were only estimated, as far as upstream has records; return how many."""
        settled: list[Entry] = []
        for namespace in await ledger.namespaces():
            entries = await _estimated(ledger, namespace, key_id_of(route), day)
            settled += [found for _, found in await self._found(held, route, entries)]
        await ledger.write(settled)
        return len(settled)

    async def wrong(self, ledger: UsageLedger, held: HeldLease, route: Route, day: date) -> tuple[Compared, ...]:
        """Compare some settled entries of a day, chosen by chance; return what differs, added up by model."""
        since, until = bounds(day)
        chosen: dict[Key, Entry] = {}
        for namespace in await ledger.namespaces():
            for _ in range(SAMPLE):
                begin = since + self._ids.jitter() * (until - since)
                for entry in await ledger.ended(namespace, EntryState.SETTLED, begin, until, 1):
                    if entry.cost_source is not CostSource.FREE:
                        chosen[entry.key] = entry
        by_model: dict[str, list[Compared]] = {}
        for entry, found in await self._found(held, route, list(chosen.values())):
            model = entry.answering_model or entry.requested_model
            line = Compared(ModelSum(model, 1, 0, entry.cost or Decimal(0)), 1, found.cost)
            if line.outcome() is Outcome.DIFFERS:
                by_model.setdefault(model, []).append(line)
        return tuple(_line(model, lines) for model, lines in by_model.items())

    async def _found(self, held: HeldLease, route: Route, entries: Sequence[Entry]) -> list[tuple[Entry, Entry]]:
        """Return entries of the route's key, each with its like that has the figures of upstream's record."""
        pairs: list[tuple[Entry, Entry]] = []
        for entry in entries:
            if not _has_record(entry, key_id_of(route)):
                continue
            try:
                found = await self._bills.find(route, entry)
            except GenerationsUnavailable as error:
                if error.status is None:  # no answer at all
                    raise FiguresUnavailable(str(error)) from error
                continue
            await held.renew()
            if found is not None:
                pairs.append((entry, found))
        return pairs


def _has_record(entry: Entry, key_id: str) -> bool:
    return bool(entry.generation_id) and entry.key_id == key_id


async def _estimated(ledger: UsageLedger, namespace: str, key_id: str, day: date) -> list[Entry]:
    """Return the oldest estimates of a day for which the key may have records, however many others there are."""
    since, until = bounds(day)
    chosen: dict[Key, Entry] = {}
    while len(chosen) < MOST_ESTIMATED:
        page = await ledger.ended(namespace, EntryState.ESTIMATED, since, until, PAGE)
        chosen |= {entry.key: entry for entry in page if _has_record(entry, key_id)}
        if len(page) < PAGE:
            break
        last = page[-1].started_at
        since = last if last > since else last + MOMENT  # the last moment again: it may have more entries
    return list(chosen.values())[:MOST_ESTIMATED]


def _line(model: str, lines: Sequence[Compared]) -> Compared:
    whole = altogether(lines)
    return Compared(added((line.ours for line in lines), model), whole.requests, whole.cost)

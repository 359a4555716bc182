"""The ledger in the memory of one process."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from threading import Lock

from ports.ledger import FOLLOWERS, CostSource, Entry, EntryState, Key, ModelSum, Spend
from ports.usage import EXACT, NOT_PAID, Paid


class MemoryLedger:
    """Implements UsageLedger. Beyond `most` entries the oldest are dropped."""

    def __init__(self, *, most: int = 10_000) -> None:
        self._entries: dict[Key, Entry] = {}
        self._most = most
        self._lock = Lock()

    async def write(self, entries: Collection[Entry]) -> None:
        """Store entries."""
        with self._lock:
            for entry in entries:
                known = self._entries.get(entry.key)
                if known is None:
                    self._entries[entry.key] = entry
                elif _may_follow(known, entry):
                    named = entry.generation_id or known.generation_id
                    self._entries[entry.key] = replace(entry, started_at=known.started_at, generation_id=named)
            while len(self._entries) > self._most:
                del self._entries[next(iter(self._entries))]

    async def unfinished(self, namespace: str, before: datetime, limit: int) -> tuple[Entry, ...]:
        """Search the entries."""
        found = [
            entry for entry in self._of(namespace) if entry.state is EntryState.STARTED and entry.started_at < before
        ]
        return tuple(sorted(found, key=lambda entry: entry.started_at)[:limit])

    async def of_turn(self, namespace: str, turn_id: str) -> tuple[Entry, ...]:
        """Search the entries."""
        found = (entry for entry in self._of(namespace) if entry.turn_id == turn_id)
        return tuple(sorted(found, key=lambda entry: entry.key))

    async def spend(self, namespace: str, since: datetime, until: datetime) -> tuple[Spend, ...]:
        """Add up the entries."""
        groups: dict[tuple[str, str, date, bool], list[Entry]] = defaultdict(list)
        for entry in self._of(namespace):
            if entry.state is not EntryState.VOID and since <= entry.started_at < until:
                model = entry.answering_model or entry.requested_model
                groups[entry.user_id, model, entry.started_at.date(), entry.own_key].append(entry)
        return tuple(_spend_of(*key, groups[key]) for key in sorted(groups))

    async def by_model(self, namespace: str, key_id: str, since: datetime, until: datetime) -> tuple[ModelSum, ...]:
        """Add up the entries."""
        groups: dict[str, list[Entry]] = defaultdict(list)
        for entry in self._of(namespace):
            taken = entry.state is not EntryState.VOID and entry.cost_source is not CostSource.FREE
            if taken and entry.key_id == key_id and since <= entry.started_at < until:
                groups[entry.answering_model or entry.requested_model].append(entry)
        return tuple(_sum_of(model, groups[model]) for model in sorted(groups))

    async def ended(
        self, namespace: str, state: EntryState, since: datetime, until: datetime, limit: int
    ) -> tuple[Entry, ...]:
        """Search the entries."""
        found = (entry for entry in self._of(namespace) if entry.state is state and since <= entry.started_at < until)
        return tuple(sorted(found, key=lambda entry: entry.started_at)[:limit])

    async def namespaces(self) -> tuple[str, ...]:
        """Search the entries."""
        with self._lock:
            return tuple(sorted({key[0] for key in self._entries}))

    async def paid(
        self, namespace: str, user_id: str, *, chat_id: str = "", since: datetime | None = None, but_turn: str = ""
    ) -> Paid:
        """Add up the entries of a person."""
        total = NOT_PAID
        for entry in self._of(namespace) if user_id else ():
            theirs = entry.user_id == user_id and (not chat_id or entry.chat_id == chat_id)
            counts = entry.state is not EntryState.VOID and entry.turn_id != but_turn
            if theirs and counts and (since is None or entry.started_at >= since):
                total += entry.paid
        return total

    async def delete_before(self, namespace: str, before: datetime, limit: int) -> int:
        """Delete entries."""
        with self._lock:
            old = [key for key, entry in self._entries.items() if key[0] == namespace and entry.started_at < before]
            for key in old[:limit]:
                del self._entries[key]
            return len(old[:limit])

    async def anonymise(self, namespace: str, user_id: str, limit: int) -> int:
        """Empty ids."""
        with self._lock:
            theirs = [key for key, entry in self._entries.items() if (key[0], entry.user_id) == (namespace, user_id)]
            for key in theirs[: limit if user_id else 0]:
                self._entries[key] = replace(self._entries[key], user_id="", chat_id="", message_id="")
            return len(theirs[: limit if user_id else 0])

    def _of(self, namespace: str) -> list[Entry]:
        with self._lock:
            return [entry for entry in self._entries.values() if entry.namespace == namespace]


def _may_follow(known: Entry, entry: Entry) -> bool:
    allowed = entry.state in FOLLOWERS[known.state]
    return allowed and (entry.state is not EntryState.STARTED or bool(entry.generation_id))


def _sum_of(model: str, entries: list[Entry]) -> ModelSum:
    inexact = sum(entry.state is not EntryState.SETTLED for entry in entries)
    return ModelSum(model, len(entries), inexact, _total(entry.cost for entry in entries))


def _spend_of(user_id: str, model: str, day: date, own_key: bool, entries: list[Entry]) -> Spend:
    return Spend(
        user_id,
        model,
        day,
        len(entries),
        sum(entry.state is not EntryState.SETTLED for entry in entries),
        sum(entry.input_tokens + entry.output_tokens for entry in entries),
        _total(entry.cost for entry in entries),
        _total(entry.upstream_cost for entry in entries),
        own_key,
    )


def _total(amounts: Iterable[Decimal | None]) -> Decimal:
    return reduce(EXACT.add, (amount for amount in amounts if amount is not None), Decimal(0))

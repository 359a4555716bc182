"""The ledger: one entry per upstream attempt, and what was spent."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Protocol, runtime_checkable


class EntryState(Enum):
    """STARTED: the attempt runs, or nobody knows yet what it cost. SETTLED: the figure is upstream's. ESTIMATED: it was
    cut short and upstream gave no figure. VOID: nothing was sent.

    An entry moves from STARTED to any other state, and from ESTIMATED to SETTLED if upstream's figure comes late.
    """

    STARTED = "started"
    SETTLED = "settled"
    ESTIMATED = "estimated"
    VOID = "void"


class CostSource(Enum):
    """Where a cost is from. UPSTREAM: the answer itself. RECORD: upstream's record of the call. CATALOG: our estimate
    from the listed prices. FREE: upstream refused the call, or it was never sent. UNKNOWN: nobody knows the cost.
    """

    UPSTREAM = "upstream"
    RECORD = "record"
    CATALOG = "catalog"
    FREE = "free"
    UNKNOWN = "unknown"


FOLLOWERS = {
    EntryState.STARTED: frozenset(EntryState),
    EntryState.ESTIMATED: frozenset({EntryState.SETTLED}),
    EntryState.SETTLED: frozenset[EntryState](),
    EntryState.VOID: frozenset[EntryState](),
}
"""The states that may replace each state."""

Key = tuple[str, str, int, int]
"""Namespace, turn, call and attempt: what identifies an entry."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One upstream attempt. The key is (`namespace`, `turn_id`, `call_no`, `attempt_no`), numbers from 1.

    It holds no text of a chat and no key: `key_id` is a short hash of the API key. `kind`: "chat", or the name of a
    background task. `endpoint` is the path that was called. `cost` is USD charged by OpenRouter and `upstream_cost`
    USD charged by the provider beside it, both None if unknown; `cost_source` says where they are from. Cached and
    written tokens are part of `input_tokens`, reasoning of `output_tokens`. `settled_at` is None while STARTED. The ids
    are empty where unknown, for temporary chats, and after the person was forgotten.
    """

    namespace: str
    turn_id: str
    call_no: int
    attempt_no: int
    started_at: datetime
    state: EntryState = EntryState.STARTED
    kind: str = "chat"
    user_id: str = ""
    chat_id: str = ""
    message_id: str = ""
    endpoint: str = ""
    key_id: str = ""
    requested_model: str = ""
    answering_model: str = ""
    provider: str = ""
    generation_id: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    is_byok: bool = False
    cost: Decimal | None = None
    upstream_cost: Decimal | None = None
    cost_source: CostSource = CostSource.UNKNOWN
    settled_at: datetime | None = None

    @property
    def key(self) -> Key:
        """What identifies the entry."""
        return self.namespace, self.turn_id, self.call_no, self.attempt_no


@dataclass(frozen=True, slots=True)
class Spend:
    """What one person spent on one model on one day (UTC); `cost` and `upstream_cost` add up the known figures, in USD.

    `entries` counts attempts that were sent; `inexact` counts those of them without a figure of upstream.
    """

    user_id: str
    model: str
    day: date
    entries: int
    inexact: int
    tokens: int
    cost: Decimal
    upstream_cost: Decimal


OPENING = "opening"
"""The reason while nobody knows yet whether the ledger can be written."""


class LedgerUnavailable(Exception):
    """The ledger cannot be reached, read or written. `reason` contains no data."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"ledger: {reason}")
        self.reason = reason


@runtime_checkable
class UsageLedger(Protocol):
    """Stores entries. Safe to use from many tasks and processes at once. Every method raises LedgerUnavailable."""

    async def write(self, entries: Collection[Entry]) -> None:
        """Store entries in one transaction; durable once it returns.

        Idempotent: a key has one entry. A known entry is replaced only as FOLLOWERS allows, so the order of writes does
        not matter and each may be repeated; its `generation_id`, once known, is not lost. Ids have bounded lengths.
        """
        ...

    async def unfinished(self, namespace: str, before: datetime, limit: int) -> tuple[Entry, ...]:
        """Return up to `limit` STARTED entries that began before a time, oldest first."""
        ...

    async def of_turn(self, namespace: str, turn_id: str) -> tuple[Entry, ...]:
        """Return the entries of a turn, in the order of call and attempt."""
        ...

    async def spend(self, namespace: str, since: datetime, until: datetime) -> tuple[Spend, ...]:
        """Add up what was sent from `since` to before `until`, exactly, by person, model and day, in that order.

        The model is the one that answered, else the requested one.
        """
        ...

    async def delete_before(self, namespace: str, before: datetime, limit: int) -> int:
        """Delete up to `limit` entries that began before a time; return how many."""
        ...

    async def anonymise(self, namespace: str, user_id: str, limit: int) -> int:
        """Empty the ids of person, chat and message in up to `limit` entries of a person; return how many."""
        ...

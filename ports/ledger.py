"""The ledger: one entry per upstream attempt, and what was spent."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Protocol, runtime_checkable

from ports.usage import EXACT, Paid

PLACES = 30
"""Decimals of a dollar that a ledger stores."""


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

OWN_KEY = "own:"
"""The beginning of the id of a key that is a person's own: its calls cost the operator nothing."""
Key = tuple[str, str, int, int]
"""Namespace, turn, call and attempt: what identifies an entry."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One upstream attempt. The key is (`namespace`, `turn_id`, `call_no`, `attempt_no`), numbers from 1.

    It holds no text of a chat and no key: `key_id` is a short hash of the API key, after
    OWN_KEY if the key is the person's own. `kind`: "chat", or the name of a
    background task. `endpoint` is the path that was called. `cost` is USD charged by OpenRouter and `upstream_cost`
    USD charged by the provider beside it, both None if unknown, with PLACES decimals at most; `cost_source` says where
    they are from. Cached and written tokens are part of `input_tokens`, reasoning of `output_tokens`. `settled_at` is
    None while STARTED. The ids are empty where unknown, for temporary chats, and after the person was forgotten.
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

    @property
    def own_key(self) -> bool:
        """Whether the person's own key paid."""
        return self.key_id.startswith(OWN_KEY)

    @property
    def paid(self) -> Paid:
        """What the attempt cost, as part of a sum; a figure that is not settled counts as estimated."""
        cost, upstream_cost = self.cost or Decimal(0), self.upstream_cost or Decimal(0)
        estimated = Decimal(0) if self.state is EntryState.SETTLED else EXACT.add(cost, upstream_cost)
        return Paid(cost, upstream_cost, estimated, int(self.cost_source is CostSource.UNKNOWN))


@dataclass(frozen=True, slots=True)
class Spend:
    """What one person spent on one model on one day (UTC); `cost` and `upstream_cost` add up the known figures, in USD.

    `own_key`: the person's own key paid, which costs the operator nothing. `entries` counts attempts that were sent;
    `inexact` counts those of them without a figure of upstream.
    """

    user_id: str
    model: str
    day: date
    entries: int
    inexact: int
    tokens: int
    cost: Decimal
    upstream_cost: Decimal
    own_key: bool = False


@dataclass(frozen=True, slots=True)
class ModelSum:
    """What the calls that upstream took of one model cost, in USD; `inexact` counts entries without its figure."""

    model: str
    entries: int
    inexact: int
    cost: Decimal


OPENING = "opening"
"""The reason while nobody knows yet whether the ledger can be written."""


class LedgerUnavailable(Exception):
    """The ledger cannot be reached, read or written. `reason` contains no data."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"ledger: {reason}")
        self.reason = reason


@runtime_checkable
class LedgerEntries(Protocol):
    """Stores entries, and returns those of a turn."""

    async def write(self, entries: Collection[Entry]) -> None:
        """Store entries in one transaction; durable once it returns.

        Idempotent: a key has one entry. A known entry is replaced only as FOLLOWERS allows, so the order of writes does
        not matter and each may be repeated; its `generation_id`, once known, is not lost. Ids have bounded lengths.
        """
        ...

    async def of_turn(self, namespace: str, turn_id: str) -> tuple[Entry, ...]:
        """Return the entries of a turn, in the order of call and attempt."""
        ...


@runtime_checkable
class LedgerSums(Protocol):
    """Adds entries up, exactly."""

    async def spend(self, namespace: str, since: datetime, until: datetime) -> tuple[Spend, ...]:
        """Add up what was sent from `since` to before `until`, exactly, by person, model, day and whose
        key paid, in that order.

        The model is the one that answered, else the requested one.
        """
        ...

    async def by_model(self, namespace: str, key_id: str, since: datetime, until: datetime) -> tuple[ModelSum, ...]:
        """Add up by model, in their order, what one key paid for calls from `since` to before `until`, exactly.

        Calls that upstream refused are left out. The model is named as in `spend`.
        """
        ...

    async def paid(
        self, namespace: str, user_id: str, *, chat_id: str = "", since: datetime | None = None, but_turn: str = ""
    ) -> Paid:
        """Add up what a person's attempts cost, exactly: those of one chat, those that began since a time, or both.

        The attempts of the turn `but_turn` are not counted. Nothing for an empty `user_id`.
        """
        ...


@runtime_checkable
class LedgerUpkeep(Protocol):
    """Finds and deletes entries in the background, for all turns."""

    async def unfinished(self, namespace: str, before: datetime, limit: int) -> tuple[Entry, ...]:
        """Return up to `limit` STARTED entries that began before a time, oldest first."""
        ...

    async def ended(
        self, namespace: str, state: EntryState, since: datetime, until: datetime, limit: int
    ) -> tuple[Entry, ...]:
        """Return up to `limit` entries of a state that began from `since` to before `until`, oldest first."""
        ...

    async def namespaces(self) -> tuple[str, ...]:
        """Return the namespaces that have entries, in their order."""
        ...

    async def delete_before(self, namespace: str, before: datetime, limit: int) -> int:
        """Delete up to `limit` entries that began before a time; return how many."""
        ...

    async def anonymise(self, namespace: str, user_id: str, limit: int) -> int:
        """Empty the ids of person, chat and message in up to `limit` entries of a person; return how many."""
        ...


@runtime_checkable
class UsageLedger(LedgerEntries, LedgerSums, LedgerUpkeep, Protocol):
    """The whole ledger. Safe to use from many tasks and processes at once. Every method raises LedgerUnavailable."""

"""Budgets: what may be spent per window of time, and what running turns hold of it.

A reservation is a transfer in two phases: PENDING -> POSTED | VOIDED | EXPIRED. docs/models/budgets.pml models it with
the same names.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol, runtime_checkable


class Unit(Enum):
    """What is counted. Every amount is a whole number: of tokens, of requests, or of 10^-10 USD."""

    USD = "usd"
    TOKENS = "tokens"
    REQUESTS = "requests"


class HoldState(Enum):
    """PENDING: a running turn holds the amounts. POSTED: the real amounts are spent. VOIDED: nothing was spent.
    EXPIRED: its process vanished, and the reserved amounts count as spent until the real ones are known.
    """

    PENDING = "pending"
    POSTED = "posted"
    VOIDED = "voided"
    EXPIRED = "expired"


HOLD_FOLLOWERS = {
    HoldState.PENDING: frozenset({HoldState.POSTED, HoldState.VOIDED, HoldState.EXPIRED}),
    HoldState.EXPIRED: frozenset({HoldState.POSTED, HoldState.VOIDED}),
    HoldState.POSTED: frozenset[HoldState](),
    HoldState.VOIDED: frozenset[HoldState](),
}
"""The states that may replace each state."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An amount of one account, which is the counter of one budget, person and window; the window is over at `ends_at`.

    `limit`: the account never reserves beyond it; None if it only counts. Accounts have at most 200 characters.
    """

    account: str
    unit: Unit
    amount: int
    ends_at: datetime
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """What is spent of an account, and what running turns hold of it."""

    account: str
    spent: int = 0
    reserved: int = 0

    @property
    def taken(self) -> int:
        """What is spent or held."""
        return self.spent + self.reserved

    def admits(self, claim: Claim) -> bool:
        """Return whether the claim fits into what is left; a spent account admits nothing, not even an amount of 0."""
        return claim.limit is None or (self.taken < claim.limit and self.taken + claim.amount <= claim.limit)


@dataclass(frozen=True, slots=True)
class Granted:
    """The answer to a reservation; `balances` of the accounts it named: with it if `held`, otherwise as they are."""

    held: bool
    balances: tuple[Balance, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """How a posting changed what is spent of an account: one change's `after` is the `before` of the next one."""

    account: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Orphan:
    """An expired reservation whose real amounts are unknown; its claims name no limits."""

    turn_id: str
    claims: tuple[Claim, ...]


class BudgetsUnavailable(Exception):
    """The budgets cannot be reached, read or written. `reason` contains no data."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"budgets: {reason}")
        self.reason = reason


@runtime_checkable
class Budgets(Protocol):
    """Counts and reserves. Safe to use from many tasks and processes at once. Every method raises BudgetsUnavailable.

    A turn has one reservation; `holder` names the process that keeps it alive.
    """

    async def reserve(
        self, namespace: str, turn_id: str, claims: Collection[Claim], holder: str, until: datetime
    ) -> Granted:
        """Reserve all claims (of different accounts) or none of them, each only if its account admits it.

        A turn that has a reservation keeps it unchanged. Of any number of callers no more are served than the limits
        have room for. `until`: when the reservation expires.
        """
        ...

    async def post(self, namespace: str, turn_id: str, charges: Collection[Claim]) -> tuple[Change, ...]:
        """Replace a turn's reservation by what it really spent, whatever the limits; the first posting counts.

        It need not have a reservation, nor one of these accounts; accounts it reserved and does not name cost nothing.
        Nothing changes after it was posted or voided. `charges` is not empty: `void` is for turns that spent nothing.
        """
        ...

    async def void(self, namespace: str, turn_id: str) -> None:
        """Release a turn's reservation unless it was posted."""
        ...

    async def extend(self, namespace: str, holder: str, until: datetime) -> int:
        """Let the pending reservations of a process expire later; return how many it has."""
        ...

    async def expire(self, namespace: str, now: datetime, limit: int) -> tuple[Orphan, ...]:
        """Expire pending reservations whose time is over; return up to `limit` expired ones that nobody has settled.

        Also deletes settled reservations after a day, and accounts of windows that were over 70 days ago.
        """
        ...

    async def read(self, namespace: str, accounts: Collection[str]) -> tuple[Balance, ...]:
        """Return the balances of accounts, in their order; of an unknown one, nothing is spent."""
        ...

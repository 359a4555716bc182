"""What came of comparing the ledger with upstream's figures, day by day."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Protocol, runtime_checkable


class FiguresFrom(Enum):
    """Which figures the ledger was compared with: the day's of this key, the day's of the whole account (where others
    may have spent too), the running total of the key, or the records of single calls alone.
    """

    DAY_OF_KEY = "day of key"
    DAY_OF_ACCOUNT = "day of account"
    TOTAL_OF_KEY = "total of key"
    RECORDS = "records"


class Outcome(Enum):
    """UNKNOWN: there was nothing to compare with, or the ledger may not have been kept for all of the day."""

    EQUAL = "equal"
    DIFFERS = "differs"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reconciled:
    """One day (UTC) of one key, or with `model` one model of it. Amounts are USD, those of upstream None if unknown.

    `entries` counts our entries of calls that upstream took, `inexact` those of them without a figure of upstream.
    `total`: what the key had spent in all when the day ended, by upstream; None if unknown.
    """

    key_id: str
    day: date
    figures: FiguresFrom
    outcome: Outcome
    checked_at: datetime
    model: str = ""
    entries: int = 0
    inexact: int = 0
    cost: Decimal = Decimal(0)
    their_requests: int | None = None
    their_cost: Decimal | None = None
    total: Decimal | None = None


class ReconciliationsUnavailable(Exception):
    """The store cannot be reached, read or written. `reason` contains no data."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"reconciliations: {reason}")
        self.reason = reason


@runtime_checkable
class Reconciliations(Protocol):
    """Stores results. Safe to use from many processes. Every method raises ReconciliationsUnavailable."""

    async def replace(self, rows: Collection[Reconciled]) -> None:
        """Store the rows of one key and day, all at once, in place of any that are there for them."""
        ...

    async def between(self, since: date, until: date, limit: int) -> tuple[Reconciled, ...]:
        """Return up to `limit` rows of the days from `since` to `until`, both included, by day, key and model."""
        ...

    async def delete_before(self, day: date) -> int:
        """Delete the rows of all days before one; return how many."""
        ...

"""What upstream still lets a key spend, as upstream itself counts it."""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Protocol, runtime_checkable

from ports.responses import Route


class AllowanceKind(Enum):
    """KEY: the spending limit of the key. CREDITS: what was paid into its account, which only some keys may read."""

    KEY = "key"
    CREDITS = "credits"


@dataclass(frozen=True, slots=True)
class Allowance:
    """Of `limit` (USD, more than zero), `remaining` is left; never below zero."""

    kind: AllowanceKind
    limit: Decimal
    remaining: Decimal


class AllowancesUnavailable(Exception):
    """They could not be read now; `status` is upstream's HTTP status, None without an answer."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


@runtime_checkable
class Allowances(Protocol):
    """Reads what a key may spend. Safe to use from many tasks of one event loop."""

    async def read(self, route: Route) -> tuple[Allowance, ...]:
        """Return the allowances of the route's key, at most one of each kind.

        One that is unlimited, unknown to upstream, forbidden to this key or of a wrong type is left out. Raises
        AllowancesUnavailable if nothing could be read.
        """
        ...

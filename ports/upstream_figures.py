"""Upstream's own figures of what was spent: by day and model, and by key."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol, runtime_checkable

from ports.responses import Route


@dataclass(frozen=True, slots=True)
class ModelFigures:
    """What upstream charged for one model on one day (UTC), in USD; `version` is its name with a date, or empty."""

    model: str
    version: str
    requests: int
    cost: Decimal


@dataclass(frozen=True, slots=True)
class DayFigures:
    """One day (UTC) at upstream; a model may come several times. `unreadable` counts rows without usable figures."""

    day: date
    models: tuple[ModelFigures, ...] = ()
    unreadable: int = 0


class FiguresUnavailable(Exception):
    """The figures could not be read. `status` is upstream's HTTP status, None without an answer; no secret is quoted.

    `is_refusal`: this key may not read them, or upstream has none; asking again does not help.
    """

    def __init__(self, message: str, *, status: int | None = None, is_refusal: bool = False) -> None:
        super().__init__(message)
        self.status, self.is_refusal = status, is_refusal


@runtime_checkable
class UpstreamFigures(Protocol):
    """Reads upstream's figures. Safe to use from many tasks of one event loop."""

    async def of_day(self, route: Route, day: date, *, key_hash: str = "") -> DayFigures:
        """Return the figures of a day that is over; `route` has a management key.

        `key_hash` (SHA-256 of a key, in hex) selects that key; without it they are those of the whole account. Raises
        FiguresUnavailable.
        """
        ...

    async def spent_before_today(self, route: Route) -> Decimal | None:
        """Return what the route's key had spent in all, in USD, when upstream's present day (UTC) began.

        None if upstream does not say. Raises FiguresUnavailable.
        """
        ...

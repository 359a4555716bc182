"""Upstream's figures as a test sets them."""

from datetime import date
from decimal import Decimal

from ports.responses import Route
from ports.upstream_figures import DayFigures, FiguresUnavailable, ModelFigures


class ScriptedFigures:
    """Implements UpstreamFigures. `of_key` and `of_account` by day; `refuses` ends each question about a day."""

    def __init__(self) -> None:
        self.of_key: dict[date, tuple[ModelFigures, ...]] = {}
        self.of_account: dict[date, tuple[ModelFigures, ...]] = {}
        self.total: Decimal | None = None
        self.unreadable = 0
        self.refuses: FiguresUnavailable | None = None
        self.fails: FiguresUnavailable | None = None
        self.asked: list[tuple[date | str, str]] = []

    async def of_day(self, route: Route, day: date, *, key_hash: str = "") -> DayFigures:
        """Return a day."""
        self.asked.append((day, key_hash))
        if self.refuses or self.fails:
            raise self.refuses or self.fails  # type: ignore[misc]
        return DayFigures(day, (self.of_key if key_hash else self.of_account).get(day, ()), self.unreadable)

    async def spent_before_today(self, route: Route) -> Decimal | None:
        """Return the total."""
        self.asked.append(("total", route.api_key))
        if self.fails:
            raise self.fails
        return self.total

"""List models: answers from memory at once; loading and refreshing happen beside it.

One list per upstream address and key. A stale list is served while a refresh runs and after it failed; failures
back off from 5 s to 160 s, never beyond the list's age limit. Source: behaviour of the catalog.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

from ports.catalog import Catalog, CatalogError, Model
from ports.clock import Clock
from ports.responses import Route
from ports.telemetry import Telemetry

FIRST_BACKOFF, LONGEST_BACKOFF = 5.0, 160.0
ROUTES_KEPT = 8


@dataclass(frozen=True, slots=True)
class Listing:
    """What is known now: `models` in upstream's order; `loaded` once a load succeeded; `error` of the last try.

    `zero_retention` holds the ids of endpoints that keep nothing; empty if they were not asked for, or not to be had.
    `key_refused`: the list came, but upstream does not accept the key.
    """

    models: tuple[Model, ...] = ()
    loaded: bool = False
    error: str = ""
    error_status: int | None = None
    zero_retention: frozenset[str] = frozenset()
    key_refused: bool = False


@dataclass(slots=True)
class _Entry:
    listing: Listing = field(default_factory=Listing)
    due: float = 0.0
    failures: int = 0
    refresh: "asyncio.Task[None] | None" = None
    asks_retention: bool = False


class ListModels:
    """The use case; belongs to one event loop."""

    def __init__(self, *, catalog: Catalog, clock: Clock, telemetry: Telemetry) -> None:
        self._catalog, self._clock, self._telemetry = catalog, clock, telemetry
        self._entries: OrderedDict[tuple[str, str], _Entry] = OrderedDict()

    def current(self, route: Route, max_age: float, *, with_zero_retention: bool = False) -> Listing:
        """Return the list as known now; start a refresh beside it when it is older than `max_age` (s).

        `with_zero_retention`: also load which endpoints keep nothing; the first wish for it refreshes at once.
        Never waits and never raises; one refresh per route at a time. Needs a running event loop.
        """
        entry = self._entry(route)
        if with_zero_retention and not entry.asks_retention:
            entry.asks_retention, entry.due = True, self._clock.monotonic()
        if entry.refresh is None and self._clock.monotonic() >= entry.due:
            work = self._refresh(route, entry, max_age)
            entry.refresh = asyncio.get_running_loop().create_task(work, name="openrouter-pipe-models")
        return entry.listing

    async def loaded(self, route: Route, max_age: float) -> Listing:
        """Return the list after the refresh under way, if any, has ended."""
        self.current(route, max_age)
        refresh = self._entry(route).refresh
        if refresh is not None:
            await asyncio.wait((refresh,))
        return self._entry(route).listing

    async def aclose(self) -> None:
        """Cancel refreshes under way and wait for them."""
        tasks = [entry.refresh for entry in self._entries.values() if entry.refresh is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _entry(self, route: Route) -> _Entry:
        key = (route.base_url, route.api_key)
        entry = self._entries.setdefault(key, _Entry(due=self._clock.monotonic()))
        self._entries.move_to_end(key)
        if len(self._entries) > ROUTES_KEPT:
            idle = (known for known, other in self._entries.items() if other.refresh is None and other is not entry)
            oldest = next(idle, None)
            if oldest is not None:
                del self._entries[oldest]
        return entry

    async def _refresh(self, route: Route, entry: _Entry, max_age: float) -> None:
        try:
            models = await self._catalog.fetch(route)
            if not models:
                raise CatalogError("the list is empty")
            keeping_nothing = await self._zero_retention(route) if entry.asks_retention else frozenset()
            refused = await self._key_refused(route)
        except CatalogError as error:
            self._put_off(entry, max_age, str(error), error.status)
        except Exception as defect:  # noqa: BLE001 - the edge of a background task: a defect must not load endlessly
            self._put_off(entry, max_age, f"{type(defect).__name__}: {defect}", None)
        else:
            entry.failures = 0
            entry.due = self._clock.monotonic() + max_age
            entry.listing = Listing(models, loaded=True, zero_retention=keeping_nothing, key_refused=refused)
            self._telemetry.event("info", "catalog_refreshed", models=len(models))
        finally:
            entry.refresh = None

    async def _key_refused(self, route: Route) -> bool:
        """Ask whether the key is accepted: the list alone does not tell. An upstream that cannot say accepts it."""
        try:
            await self._catalog.check_key(route)
        except CatalogError as error:
            return error.status in (401, 403)
        return False

    async def _zero_retention(self, route: Route) -> frozenset[str]:
        """Return the ids of endpoints that keep nothing; none if they cannot be had: the filter fails closed."""
        try:
            return await self._catalog.fetch_zero_retention(route)
        except CatalogError as error:
            self._telemetry.event("warning", "zero_retention_unknown", error=str(error))
            return frozenset()

    def _put_off(self, entry: _Entry, max_age: float, error: str, status: int | None) -> None:
        """Note a failure: what was known stays, the next try waits."""
        backoff = min(FIRST_BACKOFF * 2 ** min(entry.failures, 10), LONGEST_BACKOFF, max_age)
        entry.failures += 1
        entry.due = self._clock.monotonic() + backoff
        known = entry.listing
        entry.listing = Listing(known.models, known.loaded, error, status, known.zero_retention)
        self._telemetry.event("warning", "catalog_refresh_failed", error=error, next_try_in=backoff)

"""List models from memory at once; load and refresh the list in the background.

There is one list per upstream address and key. A new load of the code starts with the cached list and waits for
upstream only if there is none. A stale list is served during a refresh and after a failed one. Retries back off from
5 s to 160 s, never beyond the age limit of the list. The list of models that only draw never holds up the other one:
if it is late or fails, those last known stay. Source: behaviour of the catalog; ADR 0016, ADR 0047.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import Any

from domain.catalog.picture_models import drawing, with_drawing
from domain.catalog.selection import Listed
from domain.catalog.snapshot import Snapshot
from domain.redaction.secrets import redact
from domain.services.background_tasks import BackgroundTasks
from domain.services.cache_catalog import CacheCatalog
from ports.catalog import Catalog, CatalogError, Model
from ports.clock import Clock
from ports.responses import Route
from ports.telemetry import Telemetry

FIRST_BACKOFF, LONGEST_BACKOFF = 5.0, 160.0
ROUTES_KEPT = 8
PATIENCE = 3.0
"""Longest wait of the first listing for a list, in seconds."""
KEY_SECONDS = 1.0
"""Longest wait of a loaded list for the check of the key and for the models that only draw, in seconds."""

Pictures = asyncio.Task[tuple[Model, ...] | None]
"""Loads the models that only draw; None if they are unavailable now."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What is known now: `models` in upstream's order; `loaded` after the first success; `error` of the last try.

    `zero_retention` holds the ids of endpoints that keep no data, as last known; empty before the first load.
    `retention_asked`: these ids were requested. `key_refused`: the list arrived, but upstream rejects the key.
    """

    models: tuple[Model, ...] = ()
    loaded: bool = False
    error: str = ""
    error_status: int | None = None
    zero_retention: frozenset[str] = frozenset()
    key_refused: bool = False
    retention_asked: bool = False


@dataclass(slots=True)
class _Entry:
    listing: Listing = field(default_factory=Listing)
    due: float = 0.0
    failures: int = 0
    refresh: "asyncio.Task[None] | None" = None
    recall: "asyncio.Task[None] | None" = None
    patient_until: float | None = None
    asks_retention: bool = False
    complaint: str = ""  # why the models that only draw could not be loaded, as logged

    @property
    def busy(self) -> bool:
        """Whether a background task uses the entry."""
        return self.refresh is not None or not (self.recall is None or self.recall.done())


class ListModels:
    """The use case; belongs to one event loop."""

    def __init__(self, *, catalog: Catalog, kept: CacheCatalog, clock: Clock, telemetry: Telemetry) -> None:
        self._catalog, self._kept, self._clock, self._telemetry = catalog, kept, clock, telemetry
        self._entries: OrderedDict[tuple[str, str], _Entry] = OrderedDict()
        self._tasks = BackgroundTasks()

    def current(self, route: Route, max_age: float, *, with_zero_retention: bool = False) -> Listing:
        """Return the list as known now; start a refresh in the background if it is older than `max_age` (s).

        `with_zero_retention`: also load which endpoints keep no data; the first request for that refreshes at once.
        Never waits, never raises; one refresh per route at a time. Needs a running event loop.
        """
        entry = self._entry(route)
        if with_zero_retention and not entry.asks_retention:
            entry.asks_retention, entry.due, entry.patient_until = True, self._clock.monotonic(), None
        if entry.recall is None:
            entry.recall = self._tasks.begin(self._recall(route, entry), "openrouter-pipe-recall-models")
        if entry.refresh is None and self._clock.monotonic() >= entry.due:
            entry.refresh = self._tasks.begin(self._refresh(route, entry, max_age), "openrouter-pipe-models")
        return entry.listing

    async def recalled(self, route: Route, max_age: float, *, with_zero_retention: bool = False) -> Listing:
        """Do the same as `current`, but wait for the cached list first; never wait for upstream."""
        entry, patient_until = self._begun(route, max_age, with_zero_retention)
        if not _suffices(entry, with_zero_retention):
            await self._first_of(entry.recall, until=patient_until)
        return entry.listing

    async def ready(self, route: Route, max_age: float, *, with_zero_retention: bool = False) -> Listing:
        """Do the same as `recalled`, but wait for upstream if nothing is cached, at most PATIENCE seconds in all.

        Only the first listing waits; later ones serve what has arrived.
        """
        entry, patient_until = self._begun(route, max_age, with_zero_retention)
        works = (entry.recall, entry.refresh)
        while not _suffices(entry, with_zero_retention) and await self._first_of(*works, until=patient_until):
            pass
        return entry.listing

    async def loaded(self, route: Route, max_age: float) -> Listing:
        """Return the list after the running refresh, if any, has ended."""
        self.current(route, max_age)
        refresh = self._entry(route).refresh
        if refresh is not None:
            await asyncio.wait((refresh,))
        return self._entry(route).listing

    async def aclose(self) -> None:
        """Cancel all background tasks and wait until they have ended."""
        await self._tasks.aclose()

    def _entry(self, route: Route) -> _Entry:
        key = (route.base_url, route.api_key)
        entry = self._entries.setdefault(key, _Entry(due=self._clock.monotonic()))
        self._entries.move_to_end(key)
        if len(self._entries) > ROUTES_KEPT:
            idle = (known for known, other in self._entries.items() if other is not entry and not other.busy)
            oldest = next(idle, None)
            if oldest is not None:
                del self._entries[oldest]
        return entry

    def _begun(self, route: Route, max_age: float, with_zero_retention: bool) -> tuple[_Entry, float]:
        """Start what is due; return the entry and the clock value (s) until which the first callers wait."""
        self.current(route, max_age, with_zero_retention=with_zero_retention)
        entry = self._entry(route)
        if entry.patient_until is None:
            entry.patient_until = self._clock.monotonic() + PATIENCE
        return entry, entry.patient_until

    async def _first_of(self, *works: "asyncio.Task[Any] | None", until: float) -> bool:
        """Wait until a task ends or `until` is reached, without cancelling any; return whether a task has ended."""
        under_way = [work for work in works if work is not None and not work.done()]
        if not under_way or self._clock.monotonic() >= until:
            return False
        timer = asyncio.get_running_loop().create_task(self._clock.sleep_until(until), name="openrouter-pipe-patience")
        try:
            await asyncio.wait((*under_way, timer), return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
        return any(work.done() for work in under_way)

    async def _recall(self, route: Route, entry: _Entry) -> None:
        """Start with the cached list unless upstream was faster; a refresh is still due."""
        kept = await self._kept.recall(route)
        if kept is not None and not entry.listing.loaded:
            entry.listing = replace(
                entry.listing,
                models=Listed(kept.models),
                loaded=True,
                zero_retention=kept.zero_retention or frozenset(),
                retention_asked=kept.zero_retention is not None,
            )

    async def _refresh(self, route: Route, entry: _Entry, max_age: float) -> None:
        """Load the list, and beside it what may be late: the check of the key, and the models that only draw."""
        key = self._tasks.begin(self._key_refused(route), "openrouter-pipe-check-key")
        pictures = self._tasks.begin(self._pictures(route, entry), "openrouter-pipe-picture-models")
        try:
            await self._load(route, entry, max_age, key, pictures)
        except CatalogError as error:
            self._put_off(entry, max_age, redact(str(error)), error.status)
        except Exception as defect:  # noqa: BLE001 - the edge of a background task: a defect must not reload forever
            self._put_off(entry, max_age, redact(f"{type(defect).__name__}: {defect}"), None)
        finally:
            for work in (key, pictures):
                if not work.done():
                    work.cancel()
            entry.refresh = None

    async def _load(
        self, route: Route, entry: _Entry, max_age: float, key: "asyncio.Task[bool]", pictures: Pictures
    ) -> None:
        """Load the list and show it, then what was late. Raises CatalogError if there is no list."""
        models = await self._catalog.fetch(route)
        if not models:
            raise CatalogError("the list is empty")
        asked = entry.asks_retention
        fetched = await self._zero_retention(route) if asked else None
        patient_until = self._clock.monotonic() + KEY_SECONDS
        while await self._first_of(key, pictures, until=patient_until):
            pass
        entry.failures = 0
        keeping_nothing = fetched if fetched is not None else entry.listing.zero_retention or None
        pause = min(LONGEST_BACKOFF, max_age) if asked and fetched is None else max_age
        entry.due = self._clock.monotonic() + (pause if asked is entry.asks_retention else 0.0)
        drawn = pictures.result() if pictures.done() else None
        models = Listed(with_drawing(models, drawing(entry.listing.models) if drawn is None else drawn))
        entry.listing = Listing(
            models,
            loaded=True,
            zero_retention=keeping_nothing or frozenset(),
            key_refused=key.result() if key.done() else entry.listing.key_refused,
            retention_asked=asked or keeping_nothing is not None,
        )
        self._telemetry.event("info", "catalog_refreshed", models=len(models))
        snapshot = Snapshot(models, self._clock.now(), keeping_nothing)
        self._tasks.begin(self._kept.keep(route, snapshot), "openrouter-pipe-keep-models")
        if not pictures.done():
            await self._add_late(route, entry, snapshot, pictures)

    async def _add_late(self, route: Route, entry: _Entry, kept: Snapshot, pictures: Pictures) -> None:
        """Add the models that only draw to a list that is shown already."""
        drawn = await pictures
        if drawn is None:
            return
        models = Listed(with_drawing(tuple(model for model in kept.models if model.pictures is None), drawn))
        entry.listing = replace(entry.listing, models=models)
        self._tasks.begin(self._kept.keep(route, replace(kept, models=models)), "openrouter-pipe-keep-models")

    async def _key_refused(self, route: Route) -> bool:
        """Return whether upstream rejects the key, which the list alone does not show; no answer counts as accepted."""
        try:
            await self._catalog.check_key(route)
        except CatalogError as error:
            return error.status in (401, 403)
        return False

    async def _pictures(self, route: Route, entry: _Entry) -> tuple[Model, ...] | None:
        """Return the models that only draw; None if they are unavailable now, which is logged once per reason."""
        try:
            drawn, complaint = await self._catalog.fetch_pictures(route), ""
        except CatalogError as error:
            drawn, complaint = None, redact(str(error))
        except Exception as defect:  # noqa: BLE001 - the edge of a background task: a defect must not cost the list
            drawn, complaint = None, redact(f"{type(defect).__name__}: {defect}")
        if complaint and complaint != entry.complaint:
            self._telemetry.event("warning", "picture_models_unknown", error=complaint)
        entry.complaint = complaint
        return drawn

    async def _zero_retention(self, route: Route) -> frozenset[str] | None:
        """Return the ids of endpoints that keep no data; None if they are unavailable now."""
        try:
            return await self._catalog.fetch_zero_retention(route)
        except CatalogError as error:
            self._telemetry.event("warning", "zero_retention_unknown", error=str(error))
            return None

    def _put_off(self, entry: _Entry, max_age: float, error: str, status: int | None) -> None:
        """Store a failure: the known list stays, and the next try is delayed."""
        backoff = min(FIRST_BACKOFF * 2 ** min(entry.failures, 10), LONGEST_BACKOFF, max_age)
        entry.failures += 1
        entry.due = self._clock.monotonic() + backoff
        entry.listing = replace(entry.listing, error=error, error_status=status)
        self._telemetry.event("warning", "catalog_refresh_failed", error=error, next_try_in=backoff)


def _suffices(entry: _Entry, with_zero_retention: bool) -> bool:
    return entry.listing.loaded and (entry.listing.retention_asked or not with_zero_retention)

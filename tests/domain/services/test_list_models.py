"""The list of models: served from memory at once, one refresh at a time, stale rather than empty."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from adapters.process.cache import ProcessCache
from domain.catalog.snapshot import snapshot_key
from domain.services.cache_catalog import CACHE_SECONDS, CacheCatalog
from domain.services.list_models import (
    FIRST_BACKOFF,
    KEY_SECONDS,
    LONGEST_BACKOFF,
    PATIENCE,
    ROUTES_KEPT,
    Listing,
    ListModels,
)
from domain.services.store_budget import StoreHealth
from ports.cache import Cache, CacheUnavailable
from ports.catalog import CatalogError, Model
from tests.domain.services.stage import ROUTE
from tests.doubles.catalog import ScriptedCatalog
from tests.doubles.clock import FakeClock, settled, until
from tests.doubles.offload import InlineOffload
from tests.doubles.telemetry import RecordedTelemetry

OLD, NEW = (Model("maker/old", "Old"),), (Model("maker/new", "New"),)
HOUR = 3600.0
DOWN: Exception = CatalogError("HTTP 503: busy", status=503)


class Listed:
    """The use case with a scripted catalog."""

    def __init__(self) -> None:
        self.clock, self.log = FakeClock(), RecordedTelemetry()
        self.caches: tuple[Cache, ...] = (ProcessCache({}),)
        self.answer(OLD)

    def answer(
        self,
        *answers: tuple[Model, ...] | Exception,
        gate: asyncio.Event | None = None,
        key_gate: asyncio.Event | None = None,
    ) -> None:
        """Start anew, as a new load does, with these answers of upstream."""
        self.catalog = ScriptedCatalog(*answers, gate=gate, key_gate=key_gate)
        self.store = StoreHealth(self.clock, self.log)
        kept = CacheCatalog(
            self.caches, store=self.store, clock=self.clock, offload=InlineOffload(), telemetry=self.log
        )
        self.models = ListModels(catalog=self.catalog, kept=kept, clock=self.clock, telemetry=self.log)

    async def again(self, wait: float) -> Listing:
        """Ask after `wait` seconds, and again once the refresh that this started is over."""
        self.clock.advance(wait)
        return await self.models.loaded(ROUTE, HOUR)


@pytest.fixture
async def listed() -> AsyncIterator[Listed]:
    listed = Listed()
    yield listed
    await listed.models.aclose()


async def test_the_first_answer_comes_at_once_and_is_empty(listed: Listed):
    assert listed.models.current(ROUTE, HOUR) == Listing()


async def test_the_list_is_available_after_the_first_load(listed: Listed):
    assert await listed.models.loaded(ROUTE, HOUR) == Listing(OLD, loaded=True)
    assert listed.models.current(ROUTE, HOUR).models == OLD


async def test_a_fresh_list_is_not_loaded_again(listed: Listed):
    await listed.again(0.0)
    await listed.again(HOUR - 1)
    assert len(listed.catalog.asked) == 1


async def test_a_stale_list_is_served_while_it_is_refreshed(listed: Listed):
    gate = asyncio.Event()
    gate.set()
    listed.answer(OLD, NEW, gate=gate)
    await listed.again(0.0)
    gate.clear()
    listed.clock.advance(HOUR)
    assert listed.models.current(ROUTE, HOUR).models == OLD
    gate.set()
    assert (await listed.models.loaded(ROUTE, HOUR)).models == NEW


async def test_only_one_refresh_runs_at_a_time(listed: Listed):
    gate = asyncio.Event()
    listed.answer(OLD, gate=gate)
    for _ in range(5):
        listed.models.current(ROUTE, HOUR)
    await until(lambda: listed.catalog.asked)
    gate.set()
    await listed.models.loaded(ROUTE, HOUR)
    assert len(listed.catalog.asked) == 1


async def test_a_failure_keeps_the_old_list_and_is_reported(listed: Listed):
    listed.answer(OLD, DOWN)
    await listed.again(0.0)
    assert await listed.again(HOUR) == Listing(OLD, True, "HTTP 503: busy", 503)
    line = listed.log.only("catalog_refresh_failed")
    assert (line.level, line.values["next_try_in"]) == ("warning", FIRST_BACKOFF)


async def test_a_list_that_never_loaded_says_why(listed: Listed):
    listed.answer(CatalogError("HTTP 401: no", status=401))
    assert await listed.models.loaded(ROUTE, HOUR) == Listing((), False, "HTTP 401: no", 401)


async def test_failed_loads_are_retried_at_growing_intervals(listed: Listed):
    listed.answer(DOWN)
    for _ in range(8):
        await listed.again(HOUR)
    waits = [line.values["next_try_in"] for line in listed.log.named("catalog_refresh_failed")]
    assert waits == [5.0, 10.0, 20.0, 40.0, 80.0, 160.0, LONGEST_BACKOFF, LONGEST_BACKOFF]


async def test_after_a_failure_nothing_is_loaded_before_its_time(listed: Listed):
    listed.answer(DOWN)
    await listed.again(0.0)
    await listed.again(FIRST_BACKOFF - 1)
    assert len(listed.catalog.asked) == 1
    await listed.again(1.0)
    assert len(listed.catalog.asked) == 2


async def test_the_retry_interval_never_exceeds_the_age_limit_of_a_list(listed: Listed):
    listed.answer(DOWN)
    for _ in range(6):
        listed.clock.advance(HOUR)
        await listed.models.loaded(ROUTE, 60.0)
    assert listed.log.lines[-1].values["next_try_in"] == 60.0


async def test_days_of_failures_do_not_break_the_retry_interval(listed: Listed):
    listed.answer(DOWN)
    for _ in range(1_100):
        await listed.again(HOUR)
    waits = [line.values["next_try_in"] for line in listed.log.named("catalog_refresh_failed")]
    assert (len(waits), waits[-1]) == (1_100, LONGEST_BACKOFF)


async def test_a_success_forgets_the_failures_before_it(listed: Listed):
    listed.answer(DOWN, DOWN, OLD, DOWN)
    for _ in range(4):
        listing = await listed.again(HOUR)
    assert listed.log.lines[-1].values["next_try_in"] == FIRST_BACKOFF
    assert listing.models == OLD


async def test_an_empty_list_counts_as_a_failure(listed: Listed):
    listed.answer(OLD, ())
    await listed.again(0.0)
    listing = await listed.again(HOUR)
    assert (listing.models, bool(listing.error)) == (OLD, True)


async def test_a_defect_of_the_catalog_is_a_failure_too(listed: Listed):
    listed.answer(KeyError("data"))
    assert (await listed.models.loaded(ROUTE, HOUR)).error == "KeyError: 'data'"
    await listed.again(0.0)
    assert len(listed.catalog.asked) == 1


async def test_each_address_and_key_has_its_own_list(listed: Listed):
    listed.answer(OLD, NEW)
    other = replace(ROUTE, api_key="sk-or-v1-other")
    assert (await listed.models.loaded(ROUTE, HOUR)).models == OLD
    assert (await listed.models.loaded(other, HOUR)).models == NEW
    assert listed.models.current(ROUTE, HOUR).models == OLD


async def test_only_a_few_lists_are_kept(listed: Listed):
    for number in range(ROUTES_KEPT + 1):
        await listed.models.loaded(replace(ROUTE, api_key=f"key-{number}"), HOUR)
    await listed.models.loaded(replace(ROUTE, api_key="key-0"), HOUR)
    await listed.models.loaded(replace(ROUTE, api_key=f"key-{ROUTES_KEPT}"), HOUR)
    asked = [route.api_key for route in listed.catalog.asked]
    assert (asked.count("key-0"), asked.count(f"key-{ROUTES_KEPT}")) == (2, 1)


async def test_a_list_being_loaded_is_not_dropped(listed: Listed):
    gate = asyncio.Event()
    listed.answer(OLD, gate=gate)
    for number in range(ROUTES_KEPT + 2):
        listed.models.current(replace(ROUTE, api_key=f"key-{number}"), HOUR)
    gate.set()
    assert (await listed.models.loaded(replace(ROUTE, api_key="key-0"), HOUR)).loaded
    assert [route.api_key for route in listed.catalog.asked].count("key-0") == 1


async def test_a_reader_who_leaves_does_not_stop_the_refresh(listed: Listed):
    gate = asyncio.Event()
    listed.answer(OLD, gate=gate)
    reader = asyncio.get_running_loop().create_task(listed.models.loaded(ROUTE, HOUR))
    await until(lambda: listed.catalog.asked)
    reader.cancel()
    await until(reader.done)
    gate.set()
    assert (await listed.models.loaded(ROUTE, HOUR)).models == OLD
    assert len(listed.catalog.asked) == 1


async def test_closing_ends_a_refresh_under_way(listed: Listed):
    listed.answer(OLD, gate=asyncio.Event())
    listed.models.current(ROUTE, HOUR)
    await until(lambda: listed.catalog.asked)
    await listed.models.aclose()
    assert listed.models.current(ROUTE, HOUR) == Listing()


class BrokenCache:
    """Implements Cache: always unreachable."""

    name = "broken"
    in_store = False

    async def get(self, key: str) -> bytes | None:
        raise CacheUnavailable("locked")

    async def put(self, key: str, value: bytes) -> None:
        raise CacheUnavailable("locked")


class StuckCache:
    """Implements Cache: never answers."""

    name = "stuck"

    def __init__(self, *, in_store: bool = False) -> None:
        self.in_store = in_store

    async def get(self, key: str) -> bytes | None:
        await asyncio.Event().wait()
        return None

    async def put(self, key: str, value: bytes) -> None:
        await asyncio.Event().wait()


async def kept_before(listed: Listed) -> None:
    """Let an earlier load store OLD."""
    await listed.models.loaded(ROUTE, HOUR)
    await settled()


async def test_a_new_load_begins_with_the_list_of_the_one_before_although_upstream_is_down(listed: Listed):
    await kept_before(listed)
    listed.answer(DOWN)
    assert (await listed.models.ready(ROUTE, HOUR)).models == OLD
    await settled()
    assert (await listed.models.ready(ROUTE, HOUR)).models == OLD


async def test_a_new_load_does_not_wait_for_upstream_and_still_asks_it(listed: Listed):
    await kept_before(listed)
    gate = asyncio.Event()
    listed.answer(NEW, gate=gate)
    assert (await listed.models.ready(ROUTE, HOUR)).models == OLD
    assert len(listed.catalog.asked) == 1
    gate.set()
    assert (await listed.models.loaded(ROUTE, HOUR)).models == NEW


async def test_the_age_of_a_kept_list_is_logged(listed: Listed):
    await kept_before(listed)
    listed.clock.advance(90.0)
    listed.answer(DOWN)
    await listed.models.ready(ROUTE, HOUR)
    assert listed.log.only("catalog_recalled").values == {"source": "process", "models": 1, "age": 90}


async def test_a_turn_never_waits_for_upstream(listed: Listed):
    listed.answer(OLD, gate=asyncio.Event())
    assert await listed.models.recalled(ROUTE, HOUR) == Listing()


async def test_without_a_cached_list_the_first_listing_waits_for_upstream(listed: Listed):
    assert (await listed.models.ready(ROUTE, HOUR)).models == OLD


async def test_the_first_listing_waits_no_longer_than_its_patience_and_later_ones_not_at_all(listed: Listed):
    gate = asyncio.Event()
    listed.answer(OLD, gate=gate)
    waiting = [asyncio.get_running_loop().create_task(listed.models.ready(ROUTE, HOUR)) for _ in range(3)]
    await settled()
    assert not any(task.done() for task in waiting)
    listed.clock.advance(PATIENCE)
    assert await asyncio.gather(*waiting) == [Listing()] * 3
    assert await listed.models.ready(ROUTE, HOUR) == Listing()
    gate.set()
    assert (await listed.models.loaded(ROUTE, HOUR)).models == OLD


async def test_a_refusal_ends_the_wait_at_once(listed: Listed):
    listed.answer(DOWN)
    assert (await listed.models.ready(ROUTE, HOUR)).error == "HTTP 503: busy"


async def test_the_check_of_the_key_does_not_delay_the_list(listed: Listed):
    listed.answer(OLD, key_gate=asyncio.Event())
    asked = asyncio.get_running_loop().create_task(listed.models.ready(ROUTE, HOUR))
    await settled()
    listed.clock.advance(KEY_SECONDS)
    assert (await asked).models == OLD


@pytest.mark.parametrize(
    "cache", [BrokenCache(), StuckCache(), StuckCache(in_store=True)], ids=["broken", "stuck", "store stuck"]
)
async def test_an_unreachable_cache_is_logged_once_and_the_next_one_is_asked(listed: Listed, cache: Cache):
    await kept_before(listed)
    listed.caches = (cache, *listed.caches)
    listed.answer(DOWN)
    asked = asyncio.get_running_loop().create_task(listed.models.recalled(ROUTE, HOUR))
    await settled()
    listed.clock.advance(CACHE_SECONDS)
    assert (await asked).models == OLD
    assert listed.log.only("kept_catalog_unusable").values["source"] == cache.name


@pytest.mark.parametrize("cache", [BrokenCache(), StuckCache()], ids=["broken", "stuck"])
async def test_a_cache_that_rejects_writes_is_logged_once_and_the_next_one_gets_the_list(listed: Listed, cache: Cache):
    listed.caches = (cache, working := ProcessCache({}))
    listed.answer(OLD)
    await listed.models.loaded(ROUTE, HOUR)
    await settled()
    listed.clock.advance(CACHE_SECONDS)
    await settled()
    assert await working.get(snapshot_key(ROUTE))
    assert listed.log.only("catalog_not_kept").values["source"] == cache.name
    await listed.again(HOUR)
    await settled()
    listed.clock.advance(CACHE_SECONDS)
    await settled()
    assert listed.log.only("catalog_not_kept")


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"format": 99}'])
async def test_a_damaged_list_is_logged_once_and_upstream_is_asked(listed: Listed, raw: bytes):
    await listed.caches[0].put(snapshot_key(ROUTE), raw)
    assert (await listed.models.ready(ROUTE, HOUR)).models == OLD
    assert listed.log.only("kept_catalog_unusable").level == "warning"


async def test_a_client_that_leaves_does_not_end_the_wait_of_others(listed: Listed):
    gate = asyncio.Event()
    listed.answer(OLD, gate=gate)
    gone, stays = (asyncio.ensure_future(listed.models.ready(ROUTE, HOUR)) for _ in range(2))
    await settled()
    gone.cancel()
    await settled()
    gate.set()
    assert (await stays).models == OLD
    assert (gone.cancelled(), len(listed.catalog.asked), listed.clock.moments) == (True, 1, [])


async def test_a_cached_list_without_retention_data_does_not_suffice_if_it_is_requested(listed: Listed):
    await kept_before(listed)
    listed.answer(OLD)
    assert (await listed.models.ready(ROUTE, HOUR, with_zero_retention=True)).retention_asked


async def retention_known_before(listed: Listed) -> None:
    listed.catalog.zero_retention = frozenset({"maker/old"})
    await listed.models.ready(ROUTE, HOUR, with_zero_retention=True)
    assert (await listed.models.loaded(ROUTE, HOUR)).zero_retention
    await settled()


async def test_endpoints_that_keep_no_data_stay_known_while_upstream_does_not_list_them(listed: Listed):
    await retention_known_before(listed)
    listed.catalog.zero_retention = CatalogError("HTTP 503: busy", status=503)
    assert (await listed.again(HOUR)).zero_retention == {"maker/old"}
    listed.catalog.zero_retention = frozenset({"maker/new"})
    assert (await listed.again(LONGEST_BACKOFF)).zero_retention == {"maker/new"}


async def test_another_function_of_the_same_key_keeps_the_endpoints_that_keep_nothing(listed: Listed):
    await retention_known_before(listed)
    listed.answer(NEW)
    await listed.models.recalled(ROUTE, HOUR)
    await listed.models.loaded(ROUTE, HOUR)
    await settled()
    listed.answer(DOWN)
    listing = await listed.models.recalled(ROUTE, HOUR, with_zero_retention=True)
    assert (listing.models, listing.zero_retention) == (NEW, {"maker/old"})


async def test_the_first_listing_does_not_wait_for_a_stuck_cache_when_upstream_answers(listed: Listed):
    listed.caches = (StuckCache(),)
    listed.answer(OLD)
    assert (await listed.models.ready(ROUTE, HOUR)).models == OLD


async def test_a_stuck_cache_marks_its_store_as_hanging(listed: Listed):
    listed.caches = (StuckCache(in_store=True),)
    listed.answer(DOWN)
    asked = asyncio.get_running_loop().create_task(listed.models.recalled(ROUTE, HOUR))
    await settled()
    listed.clock.advance(CACHE_SECONDS)
    await asked
    assert listed.store.hangs()

"""Open the core on the running event loop: open its adapters, wire them, and return the interface to use."""

import os
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Self

from adapters.fetch.fetcher import AioFetcher
from adapters.imaging.redraw import LibraryPictures
from adapters.json_schema.checker import JsonSchemaChecker
from adapters.memory.breaker_state import MemoryBreakerState
from adapters.openrouter.allowances import AioAllowances
from adapters.openrouter.catalog.listing import AioCatalog
from adapters.openrouter.client import AioResponsesClient
from adapters.openrouter.figures import AioFigures
from adapters.openrouter.generations import AioGenerations
from adapters.openrouter.transport.environment import read_environment
from adapters.openrouter.transport.pool import SessionPool
from adapters.process.clock import SystemClock
from adapters.process.ids import SystemIds
from adapters.process.slots import ProcessSlots
from adapters.process.state import shared_state
from adapters.process.threads import ThreadOffload
from adapters.sniff.magic import MagicSniffer
from domain.faults.fault import Fault
from domain.request.turn_request import TurnRequest
from domain.services.clean_artifacts import CleanableStore
from domain.services.fetch_remote import FetchRemote
from domain.services.follow_breakers import FollowBreakers
from domain.services.list_models import Listing
from domain.services.measured import PLACES
from domain.services.run_turn import Personal, RunTurn
from domain.services.store_budget import StoreHealth
from domain.services.sync_models import DesiredRows, SyncModels
from domain.services.turn_stores import Memories
from entrypoints.core.caller_request import CallerRequest, Start, request_of
from entrypoints.core.catalog_caches import catalog_caches
from entrypoints.core.container import Container, HostPorts
from entrypoints.core.core_books import CoreBooks, UpstreamAccounts
from entrypoints.core.core_redis import CoreRedis
from entrypoints.core.core_stores import CoreStores
from entrypoints.core.core_telemetry import CoreTelemetry
from entrypoints.core.download_policy import icon_source_of
from entrypoints.core.foundation import Foundation
from entrypoints.core.offered_models import OfferedModels, Picked
from entrypoints.core.paying_keys import paying_route_of
from entrypoints.core.policy import switches_of
from entrypoints.core.redis_artifacts import FrontedArtifacts
from entrypoints.core.redis_location import choice_of
from entrypoints.core.request_records import RequestRecords
from entrypoints.core.request_timings import RequestTimings
from entrypoints.core.secret_mask import SecretMask
from entrypoints.core.shared_stores import SharedBreakerState, SharedLeases
from entrypoints.core.storage import Storage
from entrypoints.core.storage_lazy import LazyBreakerState, LazyLeases, LazyToolRuns
from entrypoints.core.storage_location import IN_MEMORY, StorageLocation
from entrypoints.settings import Settings
from ports.files import Files
from ports.metrics import Labels
from ports.notices import Notices
from ports.toolbox import Toolbox

LOOKUPS = 4
"""Names that are looked up at the same time; slow lookups do not count."""


class Core:
    """The wired core on one event loop; made by `open_core`. Closing waits for the running turns."""

    def __init__(self, settings: Settings, location: StorageLocation, host: HostPorts) -> None:
        self._settings, self._origin = settings, host.origin
        self._stack = AsyncExitStack()
        self.redact = SecretMask(os.environ, location.url)
        self.clock, self.ids = SystemClock(), SystemIds()
        self.offload, lookups = ThreadOffload(), ThreadOffload(LOOKUPS)
        self.telemetry = CoreTelemetry(self.redact, shared_state(), self.clock, self.offload)
        read_surroundings = partial(read_environment, shared=shared_state())
        pool = SessionPool(self.telemetry, read_surroundings)
        self._stack.push_async_callback(pool.aclose)
        self._stack.push_async_callback(self.offload.aclose)
        self._stack.push_async_callback(lookups.aclose)
        read = partial(read_surroundings, self.telemetry)
        storage = Storage(
            location,
            clock=self.clock,
            offload=self.offload,
            telemetry=self.telemetry,
            sealed_with=self._stored_with,
        )
        self._stack.push_async_callback(storage.aclose)
        self._stack.push_async_callback(self.telemetry.metrics.aclose)
        slots, tool_slots = ProcessSlots(shared_state()), ProcessSlots(shared_state(), "tools")
        self.telemetry.metrics.watch(PLACES, partial(_places, slots, tool_slots))
        redis = CoreRedis(host.redis, self.clock, self.offload, self.telemetry)
        self._stack.push_async_callback(redis.aclose)
        artifacts = FrontedArtifacts(storage, redis, settings, self.ids, self.telemetry)
        store = StoreHealth(self.clock, self.telemetry, self.telemetry.metrics)
        base = Foundation(self.clock, self.ids, self.offload, self.telemetry, location, storage, redis, store)
        asked = (pool, self._concurrent_requests)
        upstream = UpstreamAccounts(AioGenerations(*asked), AioFigures(*asked), AioAllowances(*asked))
        fetcher = AioFetcher(read, offload=self.offload, lookups=lookups)
        books = CoreBooks(base, upstream, FetchRemote(fetcher, self.clock, self.telemetry), host.people)
        breakers = FollowBreakers(storage.shared_breakers, MemoryBreakerState(shared_state()), store)
        self._stack.push_async_callback(breakers.aclose)
        container = Container(
            responses=AioResponsesClient(pool, self.clock, self.telemetry, self._concurrent_requests),
            catalog=AioCatalog(pool, self.clock, self._concurrent_requests),
            pictures=LibraryPictures(self.offload),
            fetcher=fetcher,
            sniffer=MagicSniffer(),
            clock=self.clock,
            ids=self.ids,
            offload=self.offload,
            slots=slots,
            tool_slots=tool_slots,
            tool_runs=LazyToolRuns(storage),
            temporary_tool_runs=storage.memory.stores.tool_runs,
            journal_cipher=storage.journal_cipher,
            breaker_state=SharedBreakerState(redis, LazyBreakerState(storage)),
            leases=SharedLeases(redis, LazyLeases(storage)),
            turn_breaker_state=SharedBreakerState(redis, breakers),
            checker=JsonSchemaChecker(self.telemetry),
            telemetry=self.telemetry,
            metrics=self.telemetry.metrics,
            spans=self.telemetry.metrics,
            redact=self.redact,
            caches=catalog_caches(location, storage, redis),
            store=store,
            books=books.of_turns(),
            host=host,
        )
        container.check_dependencies()
        # What Redis answers says nothing of the database, which others ask directly.
        by_redis = bool(choice_of(settings, host.redis).url)
        remembering = StoreHealth(self.clock, self.telemetry, self.telemetry.metrics) if by_redis else store
        memories = Memories(
            container.durable_memory(opened=artifacts.sealed_store, watch=remembering),
            container.temporary_memory(opened=storage.in_memory),
        )
        timings = RequestTimings(location.folder, self.telemetry)
        records = RequestRecords(location.folder, self.telemetry)
        cleaning = container.clean_artifacts(durable=partial(_cleanable, artifacts, redis))
        self.stores = CoreStores(storage, memories, cleaning, timings, records, books, redis, artifacts)
        self.models = OfferedModels(container.list_models(), host.origin)
        self._run_turn: RunTurn = container.run_turn()
        self._sync_models: SyncModels | None = container.sync_models() if host.model_rows is not None else None
        self.follow(settings)

    def follow(self, settings: Settings) -> None:
        """Apply the settings of the newest call: size of the pool, log and metrics, secrets to mask."""
        self._settings = settings
        self.redact.follow(settings)
        self.telemetry.follow(settings)
        self.stores.redis.follow(settings)
        self.stores.artifacts.follow(settings)

    def follow_listing(self, function_id: str, picked: Picked, settings: Settings) -> None:
        """Update the host's model rows from a listing in the background; without a `function_id` no row is updated.

        Also opens the stores: a person who has just seen the list may soon send a message.
        """
        self.stores.expect_turns(settings)
        if self._sync_models is not None:
            switches, icons = switches_of(settings), icon_source_of(settings, self._origin)
            self._sync_models.begin(DesiredRows(function_id, picked.offered, picked.catalog, switches, icons))

    def turn(
        self,
        asked: CallerRequest,
        settings: Settings,
        listing: Listing,
        *,
        toolbox: Toolbox | None = None,
        notices: Notices | None = None,
        files: Files | None = None,
    ) -> Start:
        """Freeze what a turn needs and choose its stores; return a function that starts it in the task that reads it.

        `listing` comes from `models.listing`; `toolbox`, `notices` and `files` belong to the person who asks.
        """
        request = request_of(asked, settings, listing, self._origin)
        self.stores.books.keys.follow(asked.history.namespace, request.person, settings)
        timing = self.stores.timings.scope(settings, request.turn_id)
        records = self.stores.records.wanted(settings, request.person)
        personal = Personal(toolbox, notices, self.stores.memories_for(request, settings), files, timing, records)
        return lambda reader: self._run_turn.run(request, models=listing.models, personal=personal, reader=reader)

    def refusal(self, fault: Fault, asked: CallerRequest, settings: Settings) -> Start:
        """Return a function that starts a turn which only reports `fault`: its request could not be parsed."""
        route = paying_route_of(settings, self._origin)
        unread = TurnRequest(asked.model, (), route, caller=asked.caller, person=asked.person.bounded())
        records = self.stores.records.wanted(settings, unread.person)
        return lambda _reader: self._run_turn.refuse(fault, unread, records)

    async def drained(self) -> None:
        """Return once no turn runs, all of them are settled, and changes of keys are logged."""
        await self._run_turn.drained()
        await self.stores.books.keys.drained()

    async def aclose(self) -> None:
        """Stop the background work, wait for the running turns, then close every adapter."""
        if self._sync_models is not None:
            await self._sync_models.aclose()
        await self.stores.aclose()
        await self.drained()
        await self.stores.records.aclose()  # after the last turn has left its transcript
        await self.stores.books.aclose()
        await self.models.aclose()
        await self._stack.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def _stored_with(self, namespace: str, key_id: str) -> None:
        self.stores.books.keys.stored_with(namespace, key_id)

    def _concurrent_requests(self) -> int:
        return self._settings.max_concurrent_requests


async def _cleanable(artifacts: FrontedArtifacts, redis: CoreRedis) -> CleanableStore | None:
    """Return what is to be cleaned, by one worker at a time."""
    store = await artifacts.cleanable()
    return None if store is None else replace(store, leases=SharedLeases(redis, store.leases))


def _places(slots: ProcessSlots, tool_slots: ProcessSlots) -> dict[Labels, int]:
    return {
        ("requests", "running"): slots.taken,
        ("requests", "waiting"): slots.waiting,
        ("tools", "running"): tool_slots.taken,
        ("tools", "waiting"): tool_slots.waiting,
    }


def open_core(settings: Settings, location: StorageLocation = IN_MEMORY, host: HostPorts | None = None) -> Core:
    """Open the core on the running loop; it connects to nothing before it needs to.

    `settings` are the first ones: each call brings its own. Close the core, or use it as a context manager.
    """
    return Core(settings, location, host or HostPorts())

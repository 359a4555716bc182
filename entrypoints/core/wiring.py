"""Wire what one core has opened: the container's dependencies, and the stores that its turns use."""

from contextlib import AsyncExitStack
from functools import partial

from adapters.imaging.redraw import LibraryPictures
from adapters.json_schema.checker import JsonSchemaChecker
from adapters.memory.breaker_state import MemoryBreakerState
from adapters.process.slots import ProcessSlots
from adapters.process.state import shared_state
from adapters.sniff.magic import MagicSniffer
from domain.services.follow_breakers import FollowBreakers
from domain.services.measured import PLACES
from domain.services.store_budget import StoreHealth
from domain.services.turn_stores import Memories
from entrypoints.core.catalog_caches import catalog_caches
from entrypoints.core.container import Container, HostPorts
from entrypoints.core.core_books import CoreBooks
from entrypoints.core.core_stores import CoreStores
from entrypoints.core.foundation import Foundation
from entrypoints.core.network import Network
from entrypoints.core.redis_artifacts import FrontedArtifacts
from entrypoints.core.redis_location import choice_of
from entrypoints.core.shared_stores import SharedBreakerState, SharedLeases
from entrypoints.core.storage_lazy import LazyBreakerState, LazyLeases, LazyToolRuns
from entrypoints.settings import Settings
from ports.metrics import Labels


def wire_container(
    stack: AsyncExitStack, base: Foundation, network: Network, books: CoreBooks, host: HostPorts
) -> Container:
    """Return the container with all its dependencies; `stack` closes what is opened for it."""
    storage, redis, telemetry = base.storage, base.redis, base.telemetry
    slots, tool_slots = ProcessSlots(shared_state()), ProcessSlots(shared_state(), "tools")
    telemetry.metrics.watch(PLACES, partial(_places, slots, tool_slots))
    breakers = FollowBreakers(storage.shared_breakers, MemoryBreakerState(shared_state()), base.store)
    stack.push_async_callback(breakers.aclose)
    container = Container(
        responses=network.responses,
        catalog=network.catalog,
        pictures=LibraryPictures(base.offload),
        fetcher=network.fetcher,
        sniffer=MagicSniffer(),
        clock=base.clock,
        ids=base.ids,
        offload=base.offload,
        slots=slots,
        tool_slots=tool_slots,
        tool_runs=LazyToolRuns(storage),
        temporary_tool_runs=storage.memory.stores.tool_runs,
        journal_cipher=storage.journal_cipher,
        breaker_state=SharedBreakerState(redis, LazyBreakerState(storage)),
        leases=SharedLeases(redis, LazyLeases(storage)),
        turn_breaker_state=SharedBreakerState(redis, breakers),
        checker=JsonSchemaChecker(telemetry),
        telemetry=telemetry,
        metrics=telemetry.metrics,
        spans=telemetry.metrics,
        redact=base.redact,
        caches=catalog_caches(base.location, storage, redis),
        store=base.store,
        books=books.of_turns(),
        host=host,
    )
    container.check_dependencies()
    return container


def wire_stores(
    container: Container, base: Foundation, books: CoreBooks, settings: Settings, host: HostPorts
) -> CoreStores:
    """Return the stores of turns, with what cleans them, and the books."""
    telemetry, artifacts = base.telemetry, FrontedArtifacts(base, settings)
    # What Redis answers says nothing of the database, which others ask directly.
    by_redis = bool(choice_of(settings, host.redis).url)
    health = StoreHealth(base.clock, telemetry, telemetry.metrics) if by_redis else base.store
    memories = Memories(
        container.durable_memory(opened=artifacts.sealed_store, health=health),
        container.temporary_memory(opened=base.storage.in_memory),
    )
    cleaning = container.clean_artifacts(durable=artifacts.cleanable)
    return CoreStores(base, artifacts, memories, cleaning, books)


def _places(slots: ProcessSlots, tool_slots: ProcessSlots) -> dict[Labels, int]:
    return {
        ("requests", "running"): slots.taken,
        ("requests", "waiting"): slots.waiting,
        ("tools", "running"): tool_slots.taken,
        ("tools", "waiting"): tool_slots.waiting,
    }

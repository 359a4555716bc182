"""The composition root: one declarative container that builds the same core for every entrypoint and for tests.

The caller passes in open resources (pools, clocks, logs) and closes them itself, with an `AsyncExitStack`; the
container only builds. `check_dependencies()` reports missing dependencies. A host beside the core is optional.
"""

# mypy: disable-error-code="type-abstract"
# (a port is a Protocol that is checked at run time: any adapter with its methods is accepted)

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Dependency, Factory, Singleton

from domain.services.cache_catalog import CacheCatalog
from domain.services.clean_artifacts import CleanArtifacts
from domain.services.equip_turn import ToolPorts
from domain.services.fetch_icons import FetchIcons
from domain.services.fetch_remote import FetchRemote
from domain.services.guard_call import GuardCall
from domain.services.guard_turn import GuardTurn
from domain.services.list_models import ListModels
from domain.services.measure_turns import MeasureTurns
from domain.services.read_media import MediaPorts
from domain.services.remember_turn import TurnMemory
from domain.services.run_turn import RunTurn
from domain.services.store_budget import StoreHealth
from domain.services.sync_models import SyncModels
from domain.services.turn_books import NO_BOOKS, TurnBooks
from entrypoints.core.policy import NO_ORIGIN, Origin
from entrypoints.core.redis_location import NO_REDIS, RedisLocation
from entrypoints.core.secret_mask import SecretMask
from ports.breaker_state import BreakerState
from ports.cache import Cache
from ports.catalog import Catalog
from ports.chats import Chats
from ports.cipher import Cipher
from ports.clock import Clock
from ports.fetcher import Fetcher
from ports.icon_pictures import IconPictures
from ports.ids import Ids
from ports.leases import Leases
from ports.metrics import Metrics
from ports.model_rows import HostModels
from ports.offload import Offload
from ports.people import People
from ports.responses import ResponsesClient
from ports.slots import Slots
from ports.sniffer import Sniffer
from ports.spans import Spans
from ports.telemetry import Telemetry
from ports.tool_runs import ToolRuns
from ports.toolbox import Checker


@dataclass(frozen=True, slots=True)
class HostPorts:
    """The ports that a host adds to the core. Without `chats` the core cleans by age only; without `model_rows` it
    updates none; without `people` no budget of a group or an e-mail address applies. `origin` is named to upstream as
    the origin of requests. `redis`: the Redis of the host.
    """

    chats: Chats | None = None
    model_rows: HostModels | None = None
    origin: Origin = NO_ORIGIN
    people: People | None = None
    redis: RedisLocation = NO_REDIS

    def __post_init__(self) -> None:
        ports: tuple[tuple[type, object], ...] = (
            (Chats, self.chats),
            (HostModels, self.model_rows),
            (People, self.people),
        )
        for port, given in ports:
            if given is not None and not isinstance(given, port):
                raise TypeError(f"{given!r} is not an instance of {port}")


class Container(DeclarativeContainer):
    """The core on one event loop."""

    responses: Dependency[ResponsesClient] = Dependency(instance_of=ResponsesClient)
    catalog: Dependency[Catalog] = Dependency(instance_of=Catalog)
    fetcher: Dependency[Fetcher] = Dependency(instance_of=Fetcher)
    pictures: Dependency[IconPictures] = Dependency(instance_of=IconPictures)
    clock: Dependency[Clock] = Dependency(instance_of=Clock)
    ids: Dependency[Ids] = Dependency(instance_of=Ids)
    offload: Dependency[Offload] = Dependency(instance_of=Offload)
    slots: Dependency[Slots] = Dependency(instance_of=Slots)
    tool_slots: Dependency[Slots] = Dependency(instance_of=Slots)
    tool_runs: Dependency[ToolRuns] = Dependency(instance_of=ToolRuns)
    temporary_tool_runs: Dependency[ToolRuns] = Dependency(instance_of=ToolRuns)
    journal_cipher: Dependency[Callable[[], Awaitable[Cipher]]] = Dependency()
    breaker_state: Dependency[BreakerState] = Dependency(instance_of=BreakerState)
    turn_breaker_state: Dependency[BreakerState] = Dependency(instance_of=BreakerState)
    checker: Dependency[Checker] = Dependency(instance_of=Checker)
    leases: Dependency[Leases] = Dependency(instance_of=Leases)
    telemetry: Dependency[Telemetry] = Dependency(instance_of=Telemetry)
    metrics: Dependency[Metrics] = Dependency(instance_of=Metrics)
    spans: Dependency[Spans] = Dependency(instance_of=Spans)
    redact: Dependency[SecretMask] = Dependency(instance_of=SecretMask)
    sniffer: Dependency[Sniffer] = Dependency(instance_of=Sniffer)
    caches: Dependency[tuple[Cache, ...]] = Dependency(instance_of=tuple)
    books: Dependency[TurnBooks] = Dependency(instance_of=TurnBooks, default=NO_BOOKS)
    host: Dependency[HostPorts] = Dependency(instance_of=HostPorts, default=HostPorts())

    store: Dependency[StoreHealth] = Dependency(
        instance_of=StoreHealth, default=Singleton(StoreHealth, clock, telemetry, metrics)
    )
    tools: Singleton[ToolPorts] = Singleton(
        ToolPorts,
        slots=tool_slots,
        check=checker,
        runs=tool_runs,
        temporary_runs=temporary_tool_runs,
        breakers=breaker_state,
        chats=host.provided.chats,
        cipher=journal_cipher,
    )
    guard_turn: Singleton[GuardTurn] = Singleton(
        GuardTurn,
        Singleton(GuardCall, state=turn_breaker_state, clock=clock, ids=ids, telemetry=telemetry, store=store),
        store,
    )
    fetch_remote: Singleton[FetchRemote] = Singleton(FetchRemote, fetcher=fetcher, clock=clock, telemetry=telemetry)
    media: Singleton[MediaPorts] = Singleton(MediaPorts, sniffer, offload, telemetry, fetch_remote)
    run_turn: Singleton[RunTurn] = Singleton(
        RunTurn,
        responses=responses,
        clock=clock,
        ids=ids,
        slots=slots,
        offload=offload,
        tools=tools,
        media=media,
        telemetry=telemetry,
        redact=redact,
        store=store,
        guard=guard_turn,
        measure=Singleton(MeasureTurns, metrics, spans),
        books=books,
    )
    temporary_memory: Factory[TurnMemory] = Factory(
        TurnMemory, offload=offload, clock=clock, ids=ids, telemetry=telemetry
    )
    durable_memory: Factory[TurnMemory] = Factory(
        TurnMemory, offload=offload, clock=clock, ids=ids, telemetry=telemetry, health=store
    )
    clean_artifacts: Factory[CleanArtifacts] = Factory(
        CleanArtifacts, chats=host.provided.chats, offload=offload, clock=clock, ids=ids, telemetry=telemetry
    )
    catalog_cache: Singleton[CacheCatalog] = Singleton(
        CacheCatalog, caches, store=store, clock=clock, offload=offload, telemetry=telemetry
    )
    list_models: Singleton[ListModels] = Singleton(
        ListModels, catalog=catalog, kept=catalog_cache, clock=clock, telemetry=telemetry
    )
    fetch_icons: Singleton[FetchIcons] = Singleton(
        FetchIcons, catalog=catalog, remote=fetch_remote, pictures=pictures, clock=clock, telemetry=telemetry
    )
    sync_models: Singleton[SyncModels] = Singleton(
        SyncModels,
        rows=host.provided.model_rows,
        leases=leases,
        icons=fetch_icons,
        clock=clock,
        ids=ids,
        telemetry=telemetry,
    )

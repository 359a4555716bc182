"""Open the core on the running event loop: its adapters, what they are wired to, and the way to use it."""

from contextlib import AsyncExitStack
from functools import partial
from types import TracebackType
from typing import Self

from adapters.json_schema.checker import JsonSchemaChecker
from adapters.logs.structlog_telemetry import StructlogTelemetry
from adapters.openrouter.catalog.listing import AioCatalog
from adapters.openrouter.client import AioResponsesClient
from adapters.openrouter.transport.environment import read_environment
from adapters.openrouter.transport.pool import SessionPool
from adapters.process.clock import SystemClock
from adapters.process.ids import SystemIds
from adapters.process.slots import ProcessSlots
from adapters.process.state import shared_state
from adapters.process.threads import ThreadOffload
from domain.faults.fault import Fault
from domain.redaction.secrets import redact
from domain.request.turn_request import TurnRequest
from domain.services.list_models import Listing
from domain.services.run_turn import Personal, RunTurn
from domain.services.sync_models import SyncModels, Wish
from entrypoints.core.asked import Asked, Start, request_of
from entrypoints.core.catalog_caches import catalog_caches
from entrypoints.core.container import Container, HostPorts
from entrypoints.core.offered_models import OfferedModels, Picked
from entrypoints.core.policy import route_of, switches_of
from entrypoints.core.storage import Storage
from entrypoints.core.storage_lazy import LazyBreakerState, LazyToolRuns
from entrypoints.core.storage_place import IN_MEMORY, Place
from entrypoints.core.turn_stores import TurnStores
from entrypoints.settings import Settings
from ports.notices import Notices
from ports.toolbox import Toolbox


class Core:
    """The wired core on one event loop; made by `open_core`. Closing waits for the turns under way."""

    def __init__(self, settings: Settings, place: Place, host: HostPorts) -> None:
        self._settings, self._origin = settings, host.origin
        self._stack = AsyncExitStack()
        self.telemetry = StructlogTelemetry(redact)
        self.clock, self.ids = SystemClock(), SystemIds()
        pool = SessionPool(self.telemetry, partial(read_environment, shared=shared_state()))
        self._stack.push_async_callback(pool.aclose)
        self.offload = ThreadOffload()
        self._stack.push_async_callback(self.offload.aclose)
        storage = Storage(place, clock=self.clock, offload=self.offload, telemetry=self.telemetry)
        self._stack.push_async_callback(storage.aclose)
        container = Container(
            responses=AioResponsesClient(pool, self.clock, self.telemetry, self._places),
            catalog=AioCatalog(pool, self.clock, self._places),
            clock=self.clock,
            ids=self.ids,
            offload=self.offload,
            slots=ProcessSlots(shared_state()),
            tool_slots=ProcessSlots(shared_state(), "tools"),
            tool_runs=LazyToolRuns(storage),
            temporary_tool_runs=storage.temporary_tool_runs,
            breaker_state=LazyBreakerState(storage),
            checker=JsonSchemaChecker(),
            telemetry=self.telemetry,
            caches=catalog_caches(place, storage),
            host=host,
        )
        container.check_dependencies()
        memory = container.turn_memory(durable=storage.shelf, temporary=storage.temporary)
        self.stores = TurnStores(storage, memory, container.clean_artifacts(durable=storage.cleanable))
        self.models = OfferedModels(container.list_models(), host.origin)
        self._run_turn: RunTurn = container.run_turn()
        self._sync_models: SyncModels | None = container.sync_models() if host.model_rows is not None else None
        self.follow(settings)

    def follow(self, settings: Settings) -> None:
        """Follow the settings of the newest call: size of the pool, level of the log."""
        self._settings = settings
        self.telemetry.set_level(settings.log_level or "INFO")

    def follow_listing(self, function_id: str, picked: Picked, settings: Settings) -> None:
        """Let the host's model rows, if there are any, follow a listing beside the caller; without a name none do.

        Whoever sees a list may soon ask something: the stores are opened.
        """
        self.stores.expect_turns(settings)
        if self._sync_models is not None:
            self._sync_models.begin(Wish(function_id, picked.offered, picked.catalog, switches_of(settings)))

    def turn(
        self,
        asked: Asked,
        settings: Settings,
        listing: Listing,
        *,
        toolbox: Toolbox | None = None,
        notices: Notices | None = None,
    ) -> Start:
        """Freeze what a turn needs and choose its stores; return what starts it in the task that will read it.

        `listing` is the catalog as `models.listing` knows it, `toolbox` and `notices` are this person's own.
        """
        request = request_of(asked, settings, listing, self._origin)
        own = Personal(toolbox, notices, self.stores.memory_of(request, settings))
        return lambda reader: self._run_turn.run(request, models=listing.models, own=own, reader=reader)

    def refusal(self, fault: Fault, asked: Asked, settings: Settings) -> Start:
        """Return what starts a turn that only tells a fault: its request could not be read."""
        route = route_of(settings, self._origin)
        unread = TurnRequest(asked.model, (), route, caller=asked.caller, person=asked.person)
        return lambda _reader: self._run_turn.refuse(fault, unread)

    async def drained(self) -> None:
        """Return once no turn runs and all of them are settled."""
        await self._run_turn.drained()

    async def aclose(self) -> None:
        """Stop what runs beside the turns, wait for those under way, then close every adapter."""
        if self._sync_models is not None:
            await self._sync_models.aclose()
        await self.stores.aclose()
        await self.drained()
        await self.models.aclose()
        await self._stack.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def _places(self) -> int:
        return self._settings.max_concurrent_requests


def open_core(settings: Settings, place: Place = IN_MEMORY, host: HostPorts | None = None) -> Core:
    """Return the core, opened on the running loop; nothing is connected before it is needed.

    `settings` are those it begins with: each call brings its own. Close it, or use it as a context manager.
    """
    return Core(settings, place, host or HostPorts())

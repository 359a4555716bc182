"""The core on one event loop, with its adapters: opened at the first call, closed when retired and idle."""

import asyncio
import os
from collections.abc import Callable
from contextlib import AsyncExitStack

from adapters.json_schema.checker import JsonSchemaChecker
from adapters.logs.structlog_telemetry import StructlogTelemetry
from adapters.openrouter.catalog import AioCatalog
from adapters.openrouter.client import AioResponsesClient
from adapters.openrouter.pool import SessionPool
from adapters.openwebui.chats import OpenWebUiChats
from adapters.openwebui.host_tools import HostOffer
from adapters.openwebui.model_rows import OpenWebUiModelRows
from adapters.openwebui.tool_threads import ToolThreads
from adapters.openwebui.toolbox import OpenWebUiToolbox, open_toolbox
from adapters.process.clock import SystemClock
from adapters.process.ids import SystemIds
from adapters.process.loads import Loads
from adapters.process.slots import ProcessSlots
from adapters.process.state import shared_state
from adapters.process.threads import ThreadOffload
from domain.redaction.secrets import redact
from domain.request.turn_request import Caller, TurnRequest
from domain.services.clean_artifacts import Retention
from domain.services.list_models import ListModels
from domain.services.remember_turn import TurnMemory
from domain.services.run_turn import RunTurn
from domain.services.sync_models import SyncModels
from entrypoints.core.catalog_caches import catalog_caches
from entrypoints.core.container import Container
from entrypoints.core.storage import Storage
from entrypoints.core.storage_lazy import LazyBreakerState, LazyToolRuns
from entrypoints.openwebui.host_call import HostCall
from entrypoints.openwebui.model_list import ModelList, Picked
from entrypoints.openwebui.model_sync import wish_of
from entrypoints.settings import Settings


class Runtime:
    """What one load of the pipe has open on one event loop. Must be made on that loop."""

    def __init__(self, closed: Callable[[], None]) -> None:
        self.retired = False
        self._loop = asyncio.get_running_loop()
        self._closed = closed
        self._limit = 200
        self._stack = AsyncExitStack()
        self.telemetry = StructlogTelemetry(redact)
        self.clock, self.ids = SystemClock(), SystemIds()
        pool = SessionPool(self.telemetry)
        self._stack.push_async_callback(pool.aclose)
        self._offload = ThreadOffload()
        self._stack.push_async_callback(self._offload.aclose)
        self._storage = Storage(os.environ, clock=self.clock, offload=self._offload, telemetry=self.telemetry)
        self._stack.push_async_callback(self._storage.aclose)
        container = Container(
            responses=AioResponsesClient(pool, self.clock, self.telemetry, self._places),
            catalog=AioCatalog(pool, self.clock, self._places),
            clock=self.clock,
            ids=self.ids,
            model_rows=OpenWebUiModelRows(),
            chats=OpenWebUiChats(),
            offload=self._offload,
            slots=ProcessSlots(shared_state()),
            tool_slots=ProcessSlots(shared_state(), "tools"),
            tool_runs=LazyToolRuns(self._storage),
            temporary_tool_runs=self._storage.temporary_tool_runs,
            breaker_state=LazyBreakerState(self._storage),
            checker=JsonSchemaChecker(),
            telemetry=self.telemetry,
            caches=catalog_caches(os.environ, self._storage),
        )
        container.check_dependencies()
        self._memory = container.turn_memory(durable=self._storage.shelf, temporary=self._storage.temporary)
        self._cleaning = container.clean_artifacts(durable=self._storage.cleanable)
        self.run_turn: RunTurn = container.run_turn()
        self._list_models: ListModels = container.list_models()
        self.model_list = ModelList(self._list_models)
        self._sync_models: SyncModels = container.sync_models()
        self._tool_threads = ToolThreads(self.telemetry)
        self._closing: asyncio.Task[None] | None = None
        self._loads = Loads(shared_state())
        self._registered: set[str] = set()

    def apply(self, settings: Settings) -> None:
        """Follow the settings of the newest call: size of the pool, level of the log."""
        self._limit = settings.max_concurrent_requests
        self.telemetry.set_level(settings.log_level or "INFO")

    def follow_listing(self, function_id: str, picked: Picked | None, settings: Settings) -> None:
        """Let the host's model rows follow a listing, beside the caller; an unknown function has none.

        Whoever sees a list may soon ask something: the stores are opened, so that no message waits for that.
        """
        if picked is not None:
            if settings.persist_reasoning_tokens != "disabled" or settings.persist_tool_results:
                self._storage.begin()
            self._sync_models.begin(wish_of(function_id, picked, settings))

    async def toolbox(self, offer: HostOffer, call: HostCall, settings: Settings) -> OpenWebUiToolbox | None:
        """Return the host's tools for a turn; None if there are none. What cannot be read is told in the log."""
        box = await open_toolbox(
            offer,
            self._tool_threads,
            self._offload,
            self.telemetry,
            event_call=call.event_call,
            session_id=call.person.session_id if call.caller is Caller.PAGE else "",
            seconds=settings.tool_timeout_seconds,
            redact=redact,
        )
        return box if box.tools() else None

    def _clean(self, namespace: str, settings: Settings) -> None:
        days, hours = settings.artifact_cleanup_days, settings.artifact_cleanup_interval_hours
        self._cleaning.begin(Retention(namespace, days, hours))

    def memory(self, settings: Settings, request: TurnRequest) -> TurnMemory | None:
        """Return the memory of a turn, if it is to have one; what it keeps is cleaned from then on."""
        if not (request.memory.namespace and request.person.user_id):
            return None
        self._storage.follow(settings)
        self._clean(request.memory.namespace, settings)
        return self._memory

    def register(self, function_id: str) -> None:
        """Take over a function id: an older load of it is retired. Once per id, so that loads never alternate."""
        if function_id and function_id not in self._registered:
            self._registered.add(function_id)
            self._loads.register(function_id, self.retire)

    def retire(self) -> None:
        """Close once no turn runs any more; from any thread."""
        self.retired = True
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._begin_closing)

    async def aclose(self) -> None:
        """Wait for the turns under way, then close everything."""
        self.retired = True
        await self._sync_models.aclose()
        await self._cleaning.aclose()
        await self.run_turn.drained()
        await self._list_models.aclose()
        await self._stack.aclose()
        for function_id in self._registered:
            self._loads.forget(function_id, self.retire)
        self._closed()

    def _begin_closing(self) -> None:
        if self._closing is None:
            self._closing = self._loop.create_task(self.aclose(), name="openrouter-pipe-close")

    def _places(self) -> int:
        return self._limit

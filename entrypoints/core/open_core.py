"""Open the core on the running event loop: what it stands on, what reaches the network, what is wired of both."""

from contextlib import AsyncExitStack
from functools import partial
from types import TracebackType
from typing import Self

from domain.faults.fault import Fault
from domain.request.turn_request import TurnRequest
from domain.services.fetch_remote import FetchRemote
from domain.services.list_models import Listing
from domain.services.run_turn import Personal, RunTurn
from domain.services.sync_models import DesiredRows, SyncModels
from entrypoints.core.caller_request import CallerRequest, Start, request_of
from entrypoints.core.container import HostPorts
from entrypoints.core.core_books import CoreBooks
from entrypoints.core.download_policy import icon_source_of
from entrypoints.core.foundation import open_foundation
from entrypoints.core.network import open_network
from entrypoints.core.offered_models import OfferedModels, Picked
from entrypoints.core.paying_keys import paying_route_of
from entrypoints.core.policy import switches_of
from entrypoints.core.storage_location import IN_MEMORY, StorageLocation
from entrypoints.core.wiring import wire_container, wire_stores
from entrypoints.settings import Settings
from ports.files import Files
from ports.notices import Notices
from ports.toolbox import Toolbox


class Core:
    """The wired core on one event loop; made by `open_core`. Closing waits for the running turns."""

    def __init__(self, settings: Settings, location: StorageLocation, host: HostPorts) -> None:
        self._settings, self._origin = settings, host.origin
        self._stack = AsyncExitStack()
        base = open_foundation(self._stack, location, host.redis, self._stored_with)
        self.redact, self.telemetry = base.redact, base.telemetry
        self.clock, self.ids, self.offload = base.clock, base.ids, base.offload
        network = open_network(self._stack, base, self._concurrent_requests)
        remote = FetchRemote(network.fetcher, base.clock, base.telemetry)
        books = CoreBooks(base, network.accounts, remote, host.people)
        container = wire_container(self._stack, base, network, books, host)
        self.stores = wire_stores(container, base, books, settings, host)
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
        return partial(self._run_turn.run, request, models=listing.models, personal=personal)

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


def open_core(settings: Settings, location: StorageLocation = IN_MEMORY, host: HostPorts | None = None) -> Core:
    """Open the core on the running loop; it connects to nothing before it needs to.

    `settings` are the first ones: each call brings its own. Close the core, or use it as a context manager.
    """
    return Core(settings, location, host or HostPorts())

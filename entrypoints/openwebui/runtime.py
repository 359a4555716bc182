"""The core on one event loop with the host's parts; opened at the first call, closed once retired and idle."""

import asyncio
import os
from collections.abc import Callable
from functools import partial

from adapters.openwebui.chats import OpenWebUiChats
from adapters.openwebui.file_links import Place
from adapters.openwebui.files import HostStorage, OpenWebUiFiles, open_files
from adapters.openwebui.host_tools import HostOffer
from adapters.openwebui.model_rows import OpenWebUiModelRows
from adapters.openwebui.people import OpenWebUiPeople
from adapters.openwebui.storage_account import AccountForm
from adapters.openwebui.tool_threads import tool_threads
from adapters.openwebui.toolbox import OpenWebUiToolbox, open_toolbox
from adapters.process.loads import Loads
from adapters.process.state import shared_state
from domain.request.turn_request import Caller
from entrypoints.core.container import HostPorts
from entrypoints.core.open_core import open_core
from entrypoints.core.policy import Origin
from entrypoints.core.warned_once import WarnedOnce
from entrypoints.openwebui.answer_bills import AnswerBills
from entrypoints.openwebui.host_call import HostCall
from entrypoints.openwebui.host_redis import host_redis
from entrypoints.openwebui.host_storage import location_beside_host
from entrypoints.openwebui.model_list import ModelList
from entrypoints.sentences.languages import Language, catalogue, is_loaded
from entrypoints.settings import Settings
from entrypoints.settings_derived import once
from ports.offload import LARGE

ORIGIN = Origin("https://openwebui.com/", "Open WebUI")


class Runtime:
    """The resources of one load of the pipe on one event loop. Must be created on that loop."""

    def __init__(self, settings: Settings, closed: Callable[[], None]) -> None:
        self.retired = False
        self._loop = asyncio.get_running_loop()
        self._closed = closed
        host = HostPorts(OpenWebUiChats(), OpenWebUiModelRows(), ORIGIN, OpenWebUiPeople(), host_redis(os.environ))
        self.core = open_core(settings, location_beside_host(os.environ), host)
        self.model_list = ModelList(self.core.models)
        self.answer_bills = AnswerBills()
        self.card_warnings = WarnedOnce(self.core.telemetry)
        self._tool_threads = tool_threads(self.core.telemetry)
        self._storage = HostStorage(self.core.telemetry)
        self._closing: asyncio.Task[None] | None = None
        self._loads = Loads(shared_state())
        self._registered: set[str] = set()

    async def toolbox(self, offer: HostOffer, call: HostCall, settings: Settings) -> OpenWebUiToolbox | None:
        """Return the host's tools for a turn; None if there are none. Tools that cannot be read are logged."""
        box = await open_toolbox(
            offer,
            self._tool_threads,
            self.core.offload,
            self.core.telemetry,
            event_call=call.event_call,
            session_id=call.person.session_id if call.caller is Caller.PAGE else "",
            seconds=settings.tool_timeout_seconds,
            redact=self.core.redact,
        )
        return box if box.tools() else None

    async def files(self, call: HostCall, settings: Settings, request: object) -> OpenWebUiFiles | None:
        """Return the host's files for a turn; None for background tasks. `request` is the host's own, or None."""
        if call.caller is Caller.TASK:
            return None
        fallback, piece = _account_of(settings), settings.image_upload_chunk_bytes
        place = Place(call.person.chat_id, call.person.message_id)
        return await open_files(
            self._storage, call.person.user_id, request, piece=piece, fallback=fallback, place=place
        )

    async def learn(self, language: Language) -> None:
        """Import the sentences of a language, off the event loop, before anything is said in it."""
        if not is_loaded(language):
            await self.core.offload.run(partial(catalogue, language), size=LARGE)

    def register(self, function_id: str) -> None:
        """Take over a function id and retire its older load. Once per id, so that two loads never alternate."""
        if function_id and function_id not in self._registered:
            self._registered.add(function_id)
            self._loads.register(function_id, self.retire)

    def retire(self) -> None:
        """Close once no turn runs; callable from any thread."""
        self.retired = True
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._begin_closing)

    async def aclose(self) -> None:
        """Wait for running turns, then close everything."""
        self.retired = True
        await self.core.aclose()
        for function_id in self._registered:
            self._loads.forget(function_id, self.retire)
        self._closed()

    def _begin_closing(self) -> None:
        if self._closing is None:
            self._closing = self._loop.create_task(self.aclose(), name="openrouter-pipe-close")


@once
def _account_of(settings: Settings) -> AccountForm:
    return AccountForm(settings.fallback_storage_email, settings.fallback_storage_name, settings.fallback_storage_role)

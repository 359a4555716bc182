"""One load of the pipe: settings are read per call, the core runs per event loop.

The host keeps one instance per process and may replace it at any time; nothing here starts before the first call.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from adapters.openwebui.host_tools import HostOffer, offered_names
from adapters.openwebui.toolbox import OpenWebUiToolbox
from domain.faults.fault import Fault
from domain.request.turn_request import Caller, Person, TurnRequest
from domain.services.list_models import Listing
from domain.services.run_turn import Personal
from entrypoints.openwebui.emitter import GuardedEmitter
from entrypoints.openwebui.host import Host, detect_host
from entrypoints.openwebui.host_call import HostCall, read_call, split_model
from entrypoints.openwebui.present.chunks import ChunkPresenter
from entrypoints.openwebui.present.frames import ChunkHead, Presenter
from entrypoints.openwebui.present.guard import Guard
from entrypoints.openwebui.present.legacy import LegacyPresenter
from entrypoints.openwebui.present.lines import as_line
from entrypoints.openwebui.present.native import NativePresenter
from entrypoints.openwebui.present.stream import Payload, Start, paced, unpaced
from entrypoints.openwebui.present.wishes import Wishes
from entrypoints.openwebui.reply import reply
from entrypoints.openwebui.request import PIPELINE, request_of, route_of, support_of
from entrypoints.openwebui.runtime import Runtime
from entrypoints.openwebui.settings_memory import SettingsMemory
from entrypoints.openwebui.tool_mode import ToolMode, tool_mode
from entrypoints.settings import Settings
from entrypoints.settings_rows import SettingProblem
from entrypoints.wire.completions_body import read_completions_body


class PipeService:
    """What the shell delegates to. `function_name` is only a hint, may be empty: the id comes with each call."""

    def __init__(self, function_name: str) -> None:
        self._function_id = function_name
        self._runtimes: WeakKeyDictionary[asyncio.AbstractEventLoop, Runtime] = WeakKeyDictionary()
        self._settings = SettingsMemory(os.environ)
        self._told: frozenset[str] = frozenset()
        self._host: Host | None = None

    async def pipes(self, valves: object) -> list[dict[str, str]]:
        """Return the picker's entries from memory; loading and refreshing go on beside it."""
        settings, problems = self._settings.read(valves, None)
        runtime = self._runtime(settings)
        self._tell(runtime, problems)
        shown = await runtime.model_list.shown(settings)
        runtime.follow_listing(self._function_id, shown.picked, settings)
        return shown.entries

    async def pipe(self, call: Mapping[str, Any]) -> AsyncIterator[Payload] | dict[str, Any] | object:
        """Answer one call in the form its caller understands."""
        host_call = read_call(call)
        settings, problems = self._settings.read(call.get("valves"), host_call.user_valves)
        runtime = self._runtime(settings)
        self._tell(runtime, problems)
        function_id = split_model(str(host_call.body.get("model", "")))[0]
        self._function_id = function_id or self._function_id
        runtime.register(function_id)
        emitter = GuardedEmitter(host_call.emitter, runtime.telemetry)
        await _warn_admin(problems, host_call.person, emitter)
        turn_id = runtime.ids.new_id()
        tools = await self._tools(runtime, host_call, settings)
        listing = await runtime.model_list.listing(settings)
        start = self._starter(runtime, host_call, settings, listing, emitter, turn_id, tools)
        head = ChunkHead(
            f"chatcmpl-{turn_id}",
            str(host_call.body.get("model", "")),
            int(runtime.clock.now().timestamp()),
        )
        wishes = Wishes(
            settings.show_final_usage_status,
            support_of(settings),
            references=settings.persist_reasoning_tokens != "disabled" or settings.persist_tool_results,
            hands_over=tools.mode.host or bool(tools.mode.host_only),
        )
        if not host_call.body.get("stream"):
            return await reply(start, host_call, head, wishes, emitter)
        if host_call.caller is not Caller.PAGE:
            presenter = ChunkPresenter(head, own_done=not self._detected().closes_streams)
            return unpaced(start, Guard(presenter, runtime.ids, runtime.telemetry), as_line)
        guard = Guard(self._presenter(head, turn_id, wishes), runtime.ids, runtime.telemetry)
        return paced(start, guard, emitter, runtime.clock)

    async def aclose(self) -> None:
        """Close everything on the running loop; turns under way are waited for."""
        runtime = self._runtimes.pop(asyncio.get_running_loop(), None)
        if runtime is not None:
            await runtime.aclose()

    # --- details ------------------------------------------------------------------------------------------

    async def _tools(self, runtime: Runtime, call: HostCall, settings: Settings) -> "_Tools":
        """Find out who runs the tools of a turn; API clients and tasks have none of the host's."""
        if call.caller is not Caller.PAGE or not call.body.get("tools"):
            return _Tools()
        metadata = call.metadata
        offer = HostOffer(call.tools, metadata.get("tools"), call.body["tools"], metadata.get("mcp_clients"))
        mode = tool_mode(settings.tool_execution_mode, metadata, offered_names(offer.offered))
        return _Tools(mode, None if mode.host else await runtime.toolbox(offer, call, settings))

    def _starter(
        self,
        runtime: Runtime,
        call: HostCall,
        settings: Settings,
        listing: Listing,
        emitter: GuardedEmitter,
        turn_id: str,
        tools: "_Tools",
    ) -> Start:
        """Return what starts the turn in the task that will read it."""
        body = read_completions_body(call.body)
        if isinstance(body, Fault):
            fault, model = body, str(call.body.get("model", ""))
            unread = TurnRequest(model, (), route_of(settings), caller=call.caller, person=call.person)
            return lambda _reader: runtime.run_turn.refuse(fault, unread)
        request = request_of(
            call,
            body,
            settings,
            listing.models,
            listing.zero_retention,
            turn_id=turn_id,
            function_id=self._function_id,
            mode=tools.mode,
        )
        own = Personal(tools.toolbox, emitter, runtime.memory(settings, request))
        return lambda reader: runtime.run_turn.run(request, models=listing.models, own=own, reader=reader)

    def _presenter(self, head: ChunkHead, turn_id: str, wishes: Wishes) -> Presenter:
        host = self._detected()
        if host.native_items:
            return NativePresenter(turn_id, host.version, wishes)
        return LegacyPresenter(head, turn_id, wishes)

    def _detected(self) -> Host:
        if self._host is None:
            self._host = detect_host()
        return self._host

    def _runtime(self, settings: Settings) -> Runtime:
        loop = asyncio.get_running_loop()
        runtime = self._runtimes.get(loop)
        if runtime is None or runtime.retired:
            runtime = self._runtimes[loop] = Runtime(self._unload)
        runtime.apply(settings)
        return runtime

    def _unload(self) -> None:
        """After the last runtime of a retired load: let go of the modules the single file brought."""
        unload = getattr(globals().get("__loader__"), "unload", None)
        if unload is not None and all(runtime.retired for runtime in self._runtimes.values()):
            unload()

    def _tell(self, runtime: Runtime, problems: tuple[SettingProblem, ...]) -> None:
        """Log each remark about a setting once, until the remarks change."""
        texts = frozenset(problem.text for problem in problems)
        for problem in problems:
            if problem.text not in self._told:
                runtime.telemetry.event("warning", "setting_not_used_as_given", setting=problem.name, text=problem.text)
        self._told = texts


@dataclass(frozen=True, slots=True)
class _Tools:
    """Who runs the tools of a turn, and with what."""

    mode: ToolMode = PIPELINE
    toolbox: OpenWebUiToolbox | None = None


async def _warn_admin(problems: tuple[SettingProblem, ...], person: Person, emitter: GuardedEmitter) -> None:
    """An administrator sees in the chat what is wrong with the settings."""
    if problems and person.is_admin:
        await emitter.emit({"type": "notification", "data": {"type": "warning", "content": problems[0].text}})

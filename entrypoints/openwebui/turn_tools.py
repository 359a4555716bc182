"""Decide which tools a turn has and who runs them, and open the toolbox of those that the pipe runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters.openwebui.host_tools import HostOffer
from adapters.openwebui.named_tools import load_named_tools
from adapters.openwebui.toolbox import OpenWebUiToolbox
from domain.request.turn_request import Caller
from entrypoints.openwebui.host import Host
from entrypoints.openwebui.host_call import HostCall
from entrypoints.openwebui.runtime import Runtime
from entrypoints.openwebui.tool_mode import DEFERRED, PIPELINE, ToolMode, all_of, runs_for_client, tool_mode
from entrypoints.settings import Settings

PASSES_TOOLS_ON = (0, 8)
"""The first version that keeps a client's own tools beside the host's tools that it names. Older ones have either
replaced them or, in their own way of calling tools, run the host's tools before the pipe is called.
"""


@dataclass(frozen=True, slots=True)
class TurnTools:
    """The tools of a turn and who runs them. `ours`: names in the request that are not the caller's own tools."""

    mode: ToolMode = PIPELINE
    toolbox: OpenWebUiToolbox | None = None
    ours: frozenset[str] = frozenset()


async def turn_tools(
    runtime: Runtime, call: HostCall, settings: Settings, host: Host, handed: Mapping[str, Any]
) -> TurnTools:
    """Return the tools of a turn; background tasks have none. `handed`: what the host gave to the pipe."""
    tools = call.tools
    if call.caller is Caller.API:
        runs = runs_for_client(settings.tool_execution_mode, tools)
        return await _for_client(runtime, call, settings, host, handed) if runs else TurnTools()
    if call.caller is not Caller.PAGE or not tools.offer.offered:
        return TurnTools()
    mode = tool_mode(settings.tool_execution_mode, tools)
    return TurnTools(mode, None if mode.host else await runtime.toolbox(tools.offer, call, settings))


async def _for_client(
    runtime: Runtime, call: HostCall, settings: Settings, host: Host, handed: Mapping[str, Any]
) -> TurnTools:
    """Return the host's tools that an API client names by id; its own tools stay with the client."""
    offer = await _named_by_client(runtime, call, host, handed)
    if offer is None or (toolbox := await runtime.toolbox(offer, call, settings)) is None:
        return TurnTools()
    resolved = frozenset(spec.name for spec in toolbox.tools()) | DEFERRED if call.tools.resolved else frozenset()
    return TurnTools(PIPELINE, toolbox, resolved)


async def _named_by_client(runtime: Runtime, call: HostCall, host: Host, handed: Mapping[str, Any]) -> HostOffer | None:
    tools = call.tools
    if tools.offer.offered is None:  # no client's tools, and the host has offered none: it runs tools beforehand
        return None
    if tools.resolved:
        return all_of(tools.offer.stored) if tools.reason else tools.offer
    if not tools.named or host.version < PASSES_TOOLS_ON:
        return None
    if tools.offer.handed:
        return all_of(tools.offer.handed)
    known = {name: value for name, value in handed.items() if name.startswith("__")}
    loaded = await load_named_tools(
        handed.get("__request__"), tools.named, call.person.user_id, known, runtime.core.telemetry
    )
    return all_of(loaded)

"""Loads the host's tools that a request names by id, where the host itself did not load them.

If a request brings tools of its own, hosts from 0.9 on load none of the tools it names. The host's own function loads
them here; it checks that the person may use them. Tools of MCP servers are not among them: the host connects to these
in its middleware only. Source: `get_tools` and `process_chat_payload` of the hosts, 0.9.6 to 0.12.4.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from adapters.openwebui.file_rows import account
from adapters.openwebui.host_functions import called
from ports.telemetry import Telemetry

TOOLS = "open_webui.utils.tools"


async def load_named_tools(
    request: object, tool_ids: tuple[str, ...], user_id: str, handed: Mapping[str, Any], telemetry: Telemetry
) -> object:
    """Return the tools by name, in the host's own form; none, with a warning in the log, if they cannot be loaded.

    `handed`: what the host gave to the pipe, under the names that tools ask for (`__user__`, `__metadata__`, ...).
    """
    if not tool_ids or not user_id or request is None:
        return {}
    try:
        user = await account(user_id)
        if user is None:
            return {}
        return await called(import_module(TOOLS).get_tools, request, list(tool_ids), user, dict(handed))
    except Exception as error:  # noqa: BLE001 - the host's code and that of its tools: the turn goes on without them
        telemetry.event("warning", "tools_not_loaded", error=type(error).__name__)
        return {}

"""Direct tools: their servers are reachable from the user's browser only and are called through the page."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from adapters.openwebui.host_tools import HostTool
from ports.toolbox import ToolRequest

EventCall = Callable[[dict[str, Any]], Awaitable[Any]]
"""The host's `__event_call__`: sends a request to the page and returns its answer."""


class BrowserGone(Exception):
    """The page did not answer: it was closed or timed out. `begun` is False if the page was never asked."""

    def __init__(self, reason: str, *, begun: bool = True) -> None:
        super().__init__(reason)
        self.begun = begun


async def call_in_browser(
    tool: HostTool, request: ToolRequest, event_call: EventCall, session_id: str, seconds: float
) -> Any:
    """Ask the page to call the tool's server and return the server's answer.

    The wait is bounded by `seconds` here: old hosts raise after a minute, newer ones wait forever or return an error.
    Raises BrowserGone.
    """
    event = {
        "type": "execute:tool",
        "data": {
            "id": request.call_id,
            "name": tool.spec.name,
            "params": declared_only(tool, request.arguments),
            "server": dict(tool.server or {}),
            "session_id": session_id,
        },
    }
    try:
        async with asyncio.timeout(seconds):
            answer = await event_call(event)
    except TimeoutError:
        raise BrowserGone(f"the page did not answer within {seconds:g} s") from None
    if isinstance(answer, Mapping) and "session" in str(answer.get("error", "")).lower():
        raise BrowserGone("the page is not connected", begun=False)
    return answer


def declared_only(tool: HostTool, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that the tool's schema declares; all arguments if the schema declares none."""
    properties = tool.spec.parameters.get("properties")
    if not isinstance(properties, Mapping) or not properties:
        return dict(arguments) if properties is None else {}
    return {name: value for name, value in arguments.items() if name in properties}

"""Who runs the tools of a turn: the pipe, or the host after the turn.

Source: the host's middleware, 0.12.4; no older host knows any of the reasons but the setting.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.openwebui.host_tools import HostOffer, offered_names

HOST_VALVE = "Open-WebUI"
"""The value of TOOL_EXECUTION_MODE by which the host runs everything; any other is the pipe's mode."""

DEFERRED = frozenset({"search_tools", "call_tool"})
"""Builtin tools that stand for tools whose definitions were not sent; the host unwraps `call_tool` in its own loop."""

HOST_ONLY = frozenset({"ask_user", "delegate_task"})
"""Builtin tools the host treats specially in its own loop.

A question pauses a saved chat until it is answered, however late, and delegated tasks run for minutes side by side;
run by the pipe, both would end at its time limits.
"""

SEARCH = "search_web"
"""The builtin tool by which the host searches the web."""


@dataclass(frozen=True, slots=True)
class ToolMode:
    """`host`: all calls are handed over, for `reason`. `host_only`: tools on offer only the host can run rightly.

    In the pipe's mode a round that calls one of `host_only` is handed over as a whole, the others are not. The host
    offers a question in every chat unless the model's row forbids it, so its mere presence decides nothing.
    """

    host: bool
    reason: str = ""
    host_only: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class HostTools:
    """What one call says of tools: those on offer, `reason` why only the host can run them, "" if there is none.

    `host_only`: those on offer that only the host can run rightly. `searches`: the host searches the web for this
    message, before it or by a tool of its own.
    """

    offer: HostOffer = field(default_factory=HostOffer)
    reason: str = ""
    host_only: frozenset[str] = frozenset()
    searches: bool = False


PIPELINE = ToolMode(host=False)


def read_host_tools(handed: object, metadata: Mapping[str, Any], offered: list[Any] | None) -> HostTools:
    """Read what the host handed over, its metadata and the tools of the request."""
    entries, names = _mapping(metadata.get("tools")), offered_names(offered)
    builtin = frozenset(name for name in names if _is_builtin(name, entries.get(name)))
    searches = bool(_mapping(metadata.get("features")).get("web_search"))
    return HostTools(
        HostOffer(handed, metadata.get("tools"), offered, metadata.get("mcp_clients")),
        _reason(metadata, builtin),
        builtin & HOST_ONLY,
        searches=searches or SEARCH in names,
    )


def tool_mode(valve: str, tools: HostTools) -> ToolMode:
    """Decide for one turn from the setting and what the host said."""
    reason = tools.reason or ("setting" if valve == HOST_VALVE else "")
    return ToolMode(bool(reason), reason, tools.host_only)


def _reason(metadata: Mapping[str, Any], builtin: frozenset[str]) -> str:
    if _mapping(metadata.get("params")).get("tool_approval_mode") == "ask":
        return "approval"
    if metadata.get("deferred_tools") or builtin & DEFERRED:
        return "deferred"
    return "delegated" if metadata.get("internal") is True else ""


def _is_builtin(name: str, entry: object) -> bool:
    """Tell the host's tool from a workspace tool that happens to have its name."""
    if name not in DEFERRED | HOST_ONLY:
        return False
    tool = _mapping(entry)
    return tool.get("type") == "builtin" or str(tool.get("tool_id", "")).startswith("builtin:")


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}

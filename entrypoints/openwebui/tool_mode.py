"""Decide who runs the tools of a turn: the pipe, or the host after the turn.

Source: the host's middleware, 0.12.4; in older hosts only the setting matters.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.openwebui.host_tools import HostOffer, offered_names

HOST_VALVE = "Open-WebUI"
"""The value of TOOL_EXECUTION_MODE that makes the host run all tools; with any other value the pipe runs them."""

DEFERRED = frozenset({"search_tools", "call_tool"})
"""Builtin tools that replace tools whose definitions are not sent; the host unwraps `call_tool` in its own loop."""

HOST_ONLY = frozenset({"ask_user", "delegate_task"})
"""Builtin tools that only the host can run properly.

A question pauses a saved chat until it is answered, however late; delegated tasks run for minutes side by side. In
the pipe both would hit the time limits.
"""

SEARCH = "search_web"
"""The builtin tool with which the host searches the web."""


@dataclass(frozen=True, slots=True)
class ToolMode:
    """`host`: all calls are handed over, because of `reason`. `host_only`: offered tools that only the host can run.

    If the pipe runs the tools, it hands over only rounds that call a `host_only` tool, each as a whole. The host offers
    its question tool in every chat unless the model's row forbids it, so that tool alone does not decide the mode.
    """

    host: bool
    reason: str = ""
    host_only: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class HostTools:
    """The facts about tools in one call: `reason` is why only the host can run them, "" if there is none.

    `host_only`: offered tools that only the host can run. `searches`: the host searches the web for this message,
    beforehand or with its own tool. `named`: ids of the host's tools that the request names. `resolved`: the host put
    its tools into the request; else all tools of the request are the caller's own.
    """

    offer: HostOffer = field(default_factory=HostOffer)
    named: tuple[str, ...] = ()
    resolved: bool = False
    reason: str = ""
    host_only: frozenset[str] = frozenset()
    searches: bool = False


PIPELINE = ToolMode(host=False)


def read_host_tools(handed: object, metadata: Mapping[str, Any], offered: list[Any] | None) -> HostTools:
    """Read the facts from the host's tools, its metadata and the tools of the request."""
    entries, names = _mapping(metadata.get("tools")), offered_names(offered)
    builtin = frozenset(name for name in names if _is_builtin(name, entries.get(name)))
    searches = bool(_mapping(metadata.get("features")).get("web_search"))
    return HostTools(
        HostOffer(handed, metadata.get("tools"), offered, metadata.get("mcp_clients")),
        _ids(metadata.get("tool_ids")),
        bool(metadata.get("tools")),
        reason=_reason(metadata, builtin),
        host_only=builtin & HOST_ONLY,
        searches=searches or SEARCH in names,
    )


def tool_mode(valve: str, tools: HostTools) -> ToolMode:
    """Decide for one turn from the setting and the facts."""
    reason = tools.reason or ("setting" if valve == HOST_VALVE else "")
    return ToolMode(bool(reason), reason, tools.host_only)


def runs_for_client(valve: str, tools: HostTools) -> bool:
    """Return whether the pipe runs the host's tools for an API client: the host itself runs none for it.

    Not if the setting leaves tools to the host, nor if every call has to be approved: the client then gets the calls.
    Tools that the model would have to search for are offered at once, because the host's search is not run either.
    """
    return valve != HOST_VALVE and tools.reason in ("", "deferred")


def all_of(entries: object) -> HostOffer:
    """Return an offer of all tools in the host's form, except those that stand for others."""
    names = [name for name in _mapping(entries) if name not in DEFERRED]
    return HostOffer(entries, None, [{"name": name} for name in names])


def _reason(metadata: Mapping[str, Any], builtin: frozenset[str]) -> str:
    if _mapping(metadata.get("params")).get("tool_approval_mode") == "ask":
        return "approval"
    if metadata.get("deferred_tools") or builtin & DEFERRED:
        return "deferred"
    return "delegated" if metadata.get("internal") is True else ""


def _is_builtin(name: str, entry: object) -> bool:
    """Return whether the tool is the host's own and not a workspace tool of the same name."""
    if name not in DEFERRED | HOST_ONLY:
        return False
    tool = _mapping(entry)
    return tool.get("type") == "builtin" or str(tool.get("tool_id", "")).startswith("builtin:")


def _ids(value: object) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list | tuple) else ()


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}

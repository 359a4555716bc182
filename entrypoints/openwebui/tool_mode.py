"""Decide who runs the tools of a turn: the pipe, or the host after the turn.

Source: the host's middleware, 0.12.4; in older hosts only the setting matters.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.openwebui.host_tools import HostOffer, offered_names
from domain.request.abilities import Ability

HOST_VALVE = "Open-WebUI"
"""The value of TOOL_EXECUTION_MODE that makes the host run all tools; with any other value the pipe runs them."""

DEFERRED = frozenset({"search_tools", "call_tool"})
"""Builtin tools that replace tools whose definitions are not sent; the host unwraps `call_tool` in its own loop."""

QUESTION = "ask_user"
"""The builtin tool that asks the person; its output is what they say."""

HOST_ONLY = frozenset({QUESTION, "delegate_task"})
"""Builtin tools that only the host can run properly.

A question pauses a saved chat until it is answered, however late; delegated tasks run for minutes side by side. In
the pipe both would hit the time limits.
"""

_SERVED: Mapping[Ability, tuple[str, ...]] = {
    Ability.SEARCH: ("search_web",),
    Ability.FETCH: ("fetch_url",),
    Ability.TIME: ("get_current_timestamp", "calculate_timestamp"),
    Ability.PICTURES: ("generate_image", "edit_image"),
    Ability.CODE: ("execute_code",),
    Ability.FILES: (
        *("list_knowledge", "list_knowledge_bases", "search_knowledge_bases", "query_knowledge_bases"),
        *("search_knowledge_files", "query_knowledge_files", "grep_knowledge_files", "view_knowledge_file"),
        *("list_chat_files", "query_chat_files", "grep_chat_files", "view_file"),
    ),
    Ability.DELEGATION: ("delegate_task",),
    Ability.DISCOVERY: ("search_tools", "call_tool"),
}
"""The host's builtin tools by purpose, 0.6 to 0.12."""

_FEATURES = {
    "web_search": Ability.SEARCH,
    "image_generation": Ability.PICTURES,
    "code_interpreter": Ability.CODE,
}
"""What the host does for a message by itself, in its older ways without tools."""


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

    `host_only`: offered tools that only the host can run. `served`: what the host does for this message, beforehand or
    with its own tools. `named`: ids of the host's tools that the request names. `resolved`: the host put
    its tools into the request; else all tools of the request are the caller's own.
    """

    offer: HostOffer = field(default_factory=HostOffer)
    named: tuple[str, ...] = ()
    resolved: bool = False
    reason: str = ""
    host_only: frozenset[str] = frozenset()
    served: frozenset[Ability] = frozenset()

    @property
    def searches(self) -> bool:
        """Return whether the host searches the web for this message."""
        return Ability.SEARCH in self.served


PIPELINE = ToolMode(host=False)


def read_host_tools(handed: object, metadata: Mapping[str, Any], offered: list[Any] | None) -> HostTools:
    """Read the facts from the host's tools, its metadata and the tools of the request."""
    entries, names = _mapping(metadata.get("tools")), offered_names(offered)
    builtin = frozenset(name for name in names if _is_builtin(name, entries.get(name)))
    return HostTools(
        HostOffer(handed, metadata.get("tools"), offered, metadata.get("mcp_clients")),
        _ids(metadata.get("tool_ids")),
        bool(metadata.get("tools")),
        reason=_reason(metadata, builtin),
        host_only=builtin & HOST_ONLY,
        served=_served(metadata, entries, names),
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


def _served(metadata: Mapping[str, Any], entries: Mapping[str, Any], offered: tuple[str, ...]) -> frozenset[Ability]:
    """Return what the host serves: by its features, the files of the message, and the tools offered or kept for later.

    A terminal runs commands.
    """
    features, files = _mapping(metadata.get("features")), metadata.get("files")
    served = {ability for name, ability in _FEATURES.items() if features.get(name)}
    known = {*offered, *entries}
    served |= {ability for ability, names in _SERVED.items() if not known.isdisjoint(names)}
    kinds = {str(_mapping(entry).get("type", "")) for entry in entries.values()}
    served |= {Ability.SERVERS} if "mcp" in kinds or metadata.get("mcp_clients") else set()
    served |= {Ability.CODE} if "terminal" in kinds else set()
    return frozenset(served | ({Ability.FILES} if files else set()))


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

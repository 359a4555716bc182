"""Who runs the tools of a turn: the pipe, or the host after the turn.

Source: the host's middleware, 0.12.4; no older host knows any of the reasons but the setting.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

HOST_VALVE = "Open-WebUI"
"""The value of TOOL_EXECUTION_MODE by which the host runs everything; any other is the pipe's mode."""

DEFERRED = frozenset({"search_tools", "call_tool"})
"""Builtin tools that stand for tools whose definitions were not sent; the host unwraps `call_tool` in its own loop."""

HOST_ONLY = frozenset({"ask_user", "delegate_task"})
"""Builtin tools the host treats specially in its own loop.

A question pauses a saved chat until it is answered, however late, and delegated tasks run for minutes side by side;
run by the pipe, both would end at its time limits.
"""


@dataclass(frozen=True, slots=True)
class ToolMode:
    """`host`: all calls are handed over, for `reason`. `host_only`: tools on offer only the host can run rightly.

    In the pipe's mode a round that calls one of `host_only` is handed over as a whole, the others are not. The host
    offers a question in every chat unless the model's row forbids it, so its mere presence decides nothing.
    """

    host: bool
    reason: str = ""
    host_only: frozenset[str] = frozenset()


def tool_mode(valve: str, metadata: Mapping[str, Any], offered: Iterable[str]) -> ToolMode:
    """Decide for one turn from the setting, the host's metadata and the names of the tools in the request."""
    entries = _mapping(metadata.get("tools"))
    builtin = frozenset(name for name in offered if _is_builtin(name, entries.get(name)))
    reason = _reason(valve, metadata, builtin)
    return ToolMode(bool(reason), reason, builtin & HOST_ONLY)


def _reason(valve: str, metadata: Mapping[str, Any], builtin: frozenset[str]) -> str:
    if _mapping(metadata.get("params")).get("tool_approval_mode") == "ask":
        return "approval"
    if metadata.get("deferred_tools") or builtin & DEFERRED:
        return "deferred"
    if metadata.get("internal") is True:
        return "delegated"
    return "setting" if valve == HOST_VALVE else ""


def _is_builtin(name: str, entry: object) -> bool:
    """Tell the host's tool from a workspace tool that happens to have its name."""
    if name not in DEFERRED | HOST_ONLY:
        return False
    tool = _mapping(entry)
    return tool.get("type") == "builtin" or str(tool.get("tool_id", "")).startswith("builtin:")


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}

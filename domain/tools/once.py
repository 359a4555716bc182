"""Run each call at most once: decide from the record of earlier starts whether a call may run."""

import json
from hashlib import sha256

from domain.tools.replies import NOT_RECORDED, STARTED_BEFORE
from ports.json_values import JsonObject
from ports.toolbox import ToolResult, ToolSpec

BUILTIN = "builtin"
"""The source name of the host's built-in tools."""
READS = ("get_", "list_", "search_", "query_", "grep_", "view_", "fetch_", "calculate_")
"""Name prefixes of built-in tools that only read."""


def arguments_hash(arguments: JsonObject) -> str:
    """Return a hex digest of the arguments; the order of keys does not matter."""
    return sha256(json.dumps(arguments, sort_keys=True).encode()).hexdigest()


def may_repeat(spec: ToolSpec) -> bool:
    """Return whether a tool may safely run twice: its author says so, or it is a built-in tool that only reads."""
    return spec.idempotent or (spec.source == BUILTIN and spec.name.startswith(READS))


def objection(spec: ToolSpec, *, new: bool | None) -> ToolResult | None:
    """Return the result that replaces a call which must not run; None if the call may run.

    `new`: whether this start is the first one recorded for its key; None if it could not be recorded. A tool that may
    safely run twice always runs.
    """
    if new or may_repeat(spec):
        return None
    return ToolResult(NOT_RECORDED if new is None else STARTED_BEFORE, failed=True, begun=False)

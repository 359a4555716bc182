"""At most once: what may be run, given what is known of earlier starts of the same call."""

import json
from hashlib import sha256

from domain.tools.replies import NOT_RECORDED, STARTED_BEFORE
from ports.json_values import JsonObject
from ports.toolbox import ToolResult, ToolSpec

BUILTIN = "builtin"
"""The source of the host's own tools."""
READS = ("get_", "list_", "search_", "query_", "grep_", "view_", "fetch_", "calculate_")
"""How names of the host's own tools begin that only read."""


def arguments_hash(arguments: JsonObject) -> str:
    """Return the same hex text for the same arguments, whatever the order of their keys."""
    return sha256(json.dumps(arguments, sort_keys=True).encode()).hexdigest()


def may_repeat(spec: ToolSpec) -> bool:
    """Tell whether running a tool twice does no harm: its author says so, or it is the host's own and only reads."""
    return spec.idempotent or (spec.source == BUILTIN and spec.name.startswith(READS))


def objection(spec: ToolSpec, *, new: bool | None) -> ToolResult | None:
    """Return why a call is not run, None if it may be.

    `new`: this start was recorded and is the first of its key; None if it could not be recorded. A tool that
    may be repeated runs in any case.
    """
    if new or may_repeat(spec):
        return None
    return ToolResult(NOT_RECORDED if new is None else STARTED_BEFORE, failed=True, begun=False)

"""At most once: what may be run, given what is known of earlier starts of the same call."""

import json
from hashlib import sha256

from ports.json_values import JsonObject
from ports.toolbox import ToolResult, ToolSpec

BUILTIN = "builtin"
"""The source of the host's own tools."""
READS = ("get_", "list_", "search_", "query_", "grep_", "view_", "fetch_", "calculate_")
"""How names of the host's own tools begin that only read."""
UNKNOWN = "This call was started before; it may have run, its result is unknown, and it was not run again."
REFUSED = (
    "Not run: it cannot be recorded now that this tool was started, and it must not run twice. "
    "Tell the person, and try again later."
)


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
    return ToolResult(REFUSED if new is None else UNKNOWN, failed=True, begun=False)

"""Decide whose fault a failed call is: only failures of the tool or of its server count against the tool."""

from ports.toolbox import Failure, ToolResult

WRONG_CALLS = frozenset({400, 404, 405, 409, 413, 414, 415, 422})
"""HTTP statuses with which a tool server rejects the call as wrong."""


def is_the_tools(result: ToolResult) -> bool:
    """Return whether the tool failed. A rejected call, or an error the tool itself reports as text, does not count."""
    if result.failure is Failure.SERVER:
        return result.status not in WRONG_CALLS
    return result.failure in (Failure.RAISED, Failure.OVERDUE)

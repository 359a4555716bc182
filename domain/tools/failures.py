"""Whose fault a failed call is: only failures of the tool or its server count against it."""

from ports.toolbox import Failure, ToolResult

WRONG_CALLS = frozenset({400, 404, 405, 409, 413, 414, 415, 422})
"""HTTP statuses by which a tool server says that the call was wrong."""


def is_the_tools(result: ToolResult) -> bool:
    """Tell whether the tool failed; what it refused, or said of its own accord, is no failure of it."""
    if result.failure is Failure.SERVER:
        return result.status not in WRONG_CALLS
    return result.failure in (Failure.RAISED, Failure.OVERDUE)

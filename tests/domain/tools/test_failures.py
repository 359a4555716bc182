"""Only failures of the tool or its server count against it."""

import pytest

from domain.tools.failures import is_the_tools
from ports.toolbox import Failure, ToolResult


@pytest.mark.parametrize(
    ("failure", "status", "the_tools"),
    [
        (None, None, False),
        (Failure.SAID, None, False),
        (Failure.SAID, 500, False),
        (Failure.VALUE, None, False),
        (Failure.RAISED, None, True),
        (Failure.OVERDUE, None, True),
        (Failure.SERVER, None, True),
        (Failure.SERVER, 500, True),
        (Failure.SERVER, 401, True),
        (Failure.SERVER, 422, False),
    ],
)
def test_a_failure_counts_against_a_tool_unless_the_call_was_wrong_or_the_tool_reported_it(failure, status, the_tools):
    assert is_the_tools(ToolResult("x", failed=True, failure=failure, status=status)) is the_tools

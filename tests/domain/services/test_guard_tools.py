"""Breakers of tools: which results count against a tool, and what is reported to the person."""

import pytest

from domain.breakers.breaker import Change, Verdict
from domain.breakers.keys import tool_key
from domain.breakers.policy import Policy
from domain.services.guard_call import Admission, Reported
from domain.services.guard_tools import GuardTools
from domain.services.store_budget import StoreBudget
from ports.notices import ToolPaused, ToolSkipped
from ports.toolbox import Failure, ToolResult, ToolSpec
from tests.doubles.notices import RecordedNotices

LOOK = ToolSpec("look", "", {}, "mcp:x")


class Guard:
    """Answers as configured and records what it was asked."""

    def __init__(self, *, allowed: bool = True, change: Change | None = None) -> None:
        self.allowed, self.change = allowed, change
        self.keys: list[str] = []
        self.verdicts: list[Verdict] = []

    async def admit(self, key: str, policy: Policy, time: StoreBudget | None) -> Admission:
        self.keys.append(key)
        return Admission(key, policy, allowed=self.allowed)

    async def report(self, admission: Admission, verdict: Verdict, time: StoreBudget | None) -> Reported:
        self.verdicts.append(verdict)
        return Reported(self.change, 60.0)


def guarding(guard):
    notices = RecordedNotices()
    return GuardTools(guard, Policy(), "user", notices), notices


async def test_a_breaker_belongs_to_a_person_a_source_and_a_name():
    tools, _ = guarding(guard := Guard())
    await tools.admit(LOOK)
    assert guard.keys == [tool_key("user", "mcp:x", "look")]


async def test_a_skipped_call_is_reported_to_the_person():
    tools, notices = guarding(Guard(allowed=False))
    assert not (await tools.admit(LOOK)).allowed
    assert notices.seen == [ToolSkipped("look")]


@pytest.mark.parametrize(
    ("result", "verdict"),
    [
        (ToolResult("found"), Verdict.SUCCESS),
        (ToolResult("bad city", failed=True, failure=Failure.VALUE), Verdict.NEUTRAL),
        (ToolResult("broken", failed=True, failure=Failure.RAISED), Verdict.FAILURE),
        (ToolResult("not run", failed=True, begun=False, failure=Failure.RAISED), Verdict.NEUTRAL),
        (None, Verdict.NEUTRAL),
    ],
)
async def test_only_failures_of_the_tool_count_against_it(result, verdict):
    tools, _ = guarding(guard := Guard())
    await tools.report(LOOK, await tools.admit(LOOK), result)
    assert guard.verdicts == [verdict]


@pytest.mark.parametrize(
    ("change", "notices_seen"),
    [
        (Change.OPENED, [ToolPaused("look", 60)]),
        (Change.REOPENED, [ToolPaused("look", 60, again=True)]),
        (Change.CLOSED, []),
        (None, []),
    ],
)
async def test_opening_and_reopening_are_reported_to_the_person(change, notices_seen):
    tools, notices = guarding(Guard(change=change))
    await tools.report(LOOK, await tools.admit(LOOK), ToolResult("x", failed=True, failure=Failure.RAISED))
    assert notices.seen == notices_seen

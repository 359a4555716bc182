"""The breakers of one person's tools: one per tool and source; what they decide is shown to the person."""

from dataclasses import dataclass

from domain.breakers.breaker import Change, Verdict
from domain.breakers.keys import tool_key
from domain.breakers.policy import Policy
from domain.services.guard_call import Admission, GuardCall
from domain.services.store_budget import StoreBudget
from domain.tools.failures import is_the_tools
from ports.notices import Notice, Notices, ToolPaused, ToolSkipped
from ports.toolbox import ToolResult, ToolSpec


@dataclass(frozen=True, slots=True)
class GuardTools:
    """Implements CallGuard with breakers kept per user, tool name and source; `time` is what their store may take."""

    guard: GuardCall
    policy: Policy
    user_id: str
    notices: Notices | None = None
    time: StoreBudget | None = None

    async def admit(self, spec: ToolSpec) -> Admission:
        """Let a call through or not; one that is skipped is told."""
        key = tool_key(self.user_id, spec.source, spec.name)
        admission = await self.guard.admit(key, self.policy, self.time)
        if not admission.allowed:
            await self._notify(ToolSkipped(spec.name))
        return admission

    async def report(self, spec: ToolSpec, admission: Admission, result: ToolResult | None) -> None:
        """Count what a call said about its tool, None for nothing; opening and reopening are told."""
        reported = await self.guard.report(admission, _verdict(result), self.time)
        seconds = max(1, round(reported.retry_after))
        if reported.change is Change.OPENED:
            await self._notify(ToolPaused(spec.name, seconds))
        elif reported.change is Change.REOPENED:
            await self._notify(ToolPaused(spec.name, seconds, again=True))

    async def _notify(self, notice: Notice) -> None:
        if self.notices is not None:
            await self.notices.notify(notice)


def _verdict(result: ToolResult | None) -> Verdict:
    """Only failures of the tool or its server count against it; whatever it answered otherwise speaks for it."""
    if result is None or not result.begun:
        return Verdict.NEUTRAL
    if not result.failed:
        return Verdict.SUCCESS
    return Verdict.FAILURE if is_the_tools(result) else Verdict.NEUTRAL

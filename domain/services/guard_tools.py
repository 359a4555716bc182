"""One circuit breaker per user, tool and source; changes are reported as status lines."""

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
    """Implements CallGuard with one breaker per user, tool name and source; `time` limits the time for their store."""

    guard: GuardCall
    policy: Policy
    user_id: str
    notices: Notices | None = None
    time: StoreBudget | None = None

    async def admit(self, spec: ToolSpec) -> Admission:
        """Admit or reject a call; report a rejected call to the person."""
        key = tool_key(self.user_id, spec.source, spec.name)
        admission = await self.guard.admit(key, self.policy, self.time)
        if not admission.allowed:
            await self._notify(ToolSkipped(spec.name))
        return admission

    async def report(self, spec: ToolSpec, admission: Admission, result: ToolResult | None) -> None:
        """Count the result of a call, None if it proves nothing; report an opened breaker to the person."""
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
    """Return the verdict on a tool: only failures of the tool or its server count against it."""
    if result is None or not result.begun:
        return Verdict.NEUTRAL
    if not result.failed:
        return Verdict.SUCCESS
    return Verdict.FAILURE if is_the_tools(result) else Verdict.NEUTRAL

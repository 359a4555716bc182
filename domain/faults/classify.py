"""Classify port errors and upstream problems as faults. The only place that does."""

from domain.faults.address import answer_of
from domain.faults.causes import AddressAnswer, AtProvider, Budget, Cause, KeyFlaw
from domain.faults.daily_limit import daily_limit
from domain.faults.facts import FaultFacts
from domain.faults.fault import Fault, FaultKind, RetryRule
from domain.faults.guards import guard_of
from domain.faults.makers import failed_by_itself, is_model_gone, is_moderation, kind_status, lacks_key, lacks_money
from domain.faults.none_left import none_left
from domain.faults.refused_part import is_too_long, refused_part
from domain.faults.upstream_facts import facts_of
from domain.redaction.secrets import redact
from ports.response_events import UpstreamProblem
from ports.responses import (
    EventTooLarge,
    InvalidKey,
    InvalidRoute,
    Reach,
    Refused,
    ResponsesError,
    TimedOut,
    Unreachable,
    Unreadable,
)

DETAIL_LIMIT = 600

UNCERTAIN_STATUSES = {408, 504, 524}
_PROVIDER_STATUSES = {498, 502, 503, 520, 521, 522, 523, 529}
"""498: no room on the service tier that was asked for. Source: error reference of Groq."""
_WRONG_ENDPOINT = "wrong_endpoint"
_BUDGETS = {
    "openrouter_key_limit": Budget.KEY,
    "openrouter_workspace_budget": Budget.WORKSPACE,
    "openrouter_guardrail_budget": Budget.WORKSPACE,
}
_KEY_LIMIT = "key limit exceeded"
_LACKS = {AtProvider.MONEY: FaultKind.CREDITS, AtProvider.KEY: FaultKind.FORBIDDEN}
_FINAL = frozenset({FaultKind.MODERATED, FaultKind.UNKNOWN_MODEL})
"""No repetition helps, whatever the status is in which upstream wraps them."""
_KIND_OF_STATUS = {
    401: FaultKind.BAD_KEY,
    402: FaultKind.CREDITS,
    403: FaultKind.FORBIDDEN,
    404: FaultKind.NOT_FOUND,
    408: FaultKind.UPSTREAM_TIMEOUT,
    413: FaultKind.TOO_LARGE,
    424: FaultKind.SERVER,
    429: FaultKind.RATE_LIMITED,
    498: FaultKind.OVERLOADED,
}
_DAILY = "per_day"
_IN_FLIGHT = frozenset({"openrouter_in_flight_budget", "in_flight_budget_exhausted"})


def fault_of_error(error: ResponsesError) -> Fault:
    """Return the fault for an error of an attempt."""
    if isinstance(error, Refused):
        return fault_of_problem(error.problem)
    sent = RetryRule.SAFE if error.reach is Reach.NOT_SENT else RetryRule.UNCERTAIN
    if isinstance(error, InvalidKey):
        return Fault(FaultKind.BAD_KEY, cause=KeyFlaw.CHARACTERS)
    if isinstance(error, InvalidRoute):
        return Fault(FaultKind.BAD_ROUTE, detail=str(error))
    if isinstance(error, TimedOut):
        return Fault(FaultKind.TIMEOUT, detail=str(error), rule=sent, facts=FaultFacts(seconds=error.seconds))
    if isinstance(error, EventTooLarge):
        return Fault(FaultKind.EVENT_TOO_LARGE, detail=str(error))
    if isinstance(error, Unreadable) and error.page:
        return Fault(FaultKind.BAD_ROUTE, detail=error.detail[:DETAIL_LIMIT], cause=AddressAnswer.WEB_PAGE)
    if isinstance(error, Unreadable):
        return Fault(FaultKind.UNREADABLE, detail=error.detail[:DETAIL_LIMIT])
    if isinstance(error, Unreachable):
        kind = FaultKind.INTERRUPTED if error.reach is Reach.STREAMING else FaultKind.UNREACHABLE
        return Fault(kind, detail=error.detail[:DETAIL_LIMIT], rule=sent)
    return Fault(FaultKind.INTERRUPTED, detail=str(error)[:DETAIL_LIMIT], rule=sent)


def fault_of_silence(tool: str = "", error: str = "") -> Fault:
    """Return the fault for a whole response without an answer; `tool`: the server tool that failed, if one did."""
    if not tool:
        return Fault(FaultKind.EMPTY)
    return Fault(FaultKind.SERVER_TOOL, detail=redact(f"{tool}: {error}" if error else tool)[:DETAIL_LIMIT])


def fault_of_problem(problem: UpstreamProblem) -> Fault:
    """Return the fault for an error body or error event."""
    status = kind_status(problem)
    elsewhere = answer_of(problem)
    if elsewhere is not None:
        facts = facts_of(problem, FaultKind.BAD_ROUTE, "")
        return Fault(FaultKind.BAD_ROUTE, detail=redact(problem.text)[:DETAIL_LIMIT], cause=elsewhere, facts=facts)
    daily = daily_limit(problem, status)
    if daily is not None:
        status = 429
    guard = guard_of(problem, status)
    lack = _lack_at_provider(problem, status) if daily is None else None
    kind = FaultKind.GUARDED if guard is not None else _LACKS[lack] if lack is not None else _kind(problem, status)
    if lack is AtProvider.KEY:
        status = None  # a 401 would say that the caller's key is wrong
    return Fault(
        kind=kind,
        detail=redact(problem.text)[:DETAIL_LIMIT],
        status=status if status is not None and 400 <= status <= 599 else None,
        provider=problem.provider,
        retry_after=problem.retry_after,
        rule=RetryRule.NEVER if daily or guard or lack or kind in _FINAL else _rule(problem, status),
        cause=daily or guard or lack or _cause(problem, kind, status),
        facts=facts_of(problem, kind, _DAILY if daily is not None else ""),
    )


def _lack_at_provider(problem: UpstreamProblem, status: int | None) -> AtProvider | None:
    if lacks_money(problem, status):
        return AtProvider.MONEY
    return AtProvider.KEY if lacks_key(problem, status) else None


def _budget_of(problem: UpstreamProblem) -> Budget | None:
    """Return the limit of spending that is used up, by its source or, in older answers, by its words."""
    return _BUDGETS.get(problem.limit_source) or (Budget.KEY if _KEY_LIMIT in problem.text.lower() else None)


def _cause(problem: UpstreamProblem, kind: FaultKind, status: int | None) -> Cause | None:
    if kind is FaultKind.BAD_REQUEST:
        return refused_part(problem)
    if kind is FaultKind.CREDITS:
        return _budget_of(problem)
    return none_left(problem, status) if kind is FaultKind.NOT_FOUND else None


def _kind(problem: UpstreamProblem, status: int | None) -> FaultKind:
    if is_too_long(problem, status):
        return FaultKind.CONTEXT_LENGTH
    budget = _budget_of(problem) is not None
    if is_moderation(problem, status) or (status == 403 and problem.reasons and not budget):
        return FaultKind.MODERATED
    if failed_by_itself(problem, status):
        return FaultKind.SERVER
    if is_model_gone(problem, status):
        return FaultKind.UNKNOWN_MODEL
    if _WRONG_ENDPOINT in (problem.kind, problem.details.availability):
        return FaultKind.WRONG_ENDPOINT
    if status == 403 and budget:
        return FaultKind.CREDITS
    if status is None or status >= 500:
        return _server_kind(status)
    return _KIND_OF_STATUS.get(status, FaultKind.BAD_REQUEST)


def _server_kind(status: int | None) -> FaultKind:
    if status in UNCERTAIN_STATUSES:
        return FaultKind.UPSTREAM_TIMEOUT
    if status in (503, 529):
        return FaultKind.OVERLOADED
    return FaultKind.SERVER


def _rule(problem: UpstreamProblem, status: int | None) -> RetryRule:
    if status in UNCERTAIN_STATUSES or problem.kind == "timeout":
        return RetryRule.UNCERTAIN if problem.retryable is not False else RetryRule.NEVER
    if problem.retryable is not None:
        return RetryRule.SAFE if problem.retryable else RetryRule.NEVER
    if failed_by_itself(problem, status):
        return RetryRule.ONCE
    if status == 402:
        clears = not _IN_FLIGHT.isdisjoint((problem.limit_source, *problem.reasons))
        return RetryRule.SAFE if clears else RetryRule.NEVER
    if status == 429:
        return RetryRule.SAFE
    if status in _PROVIDER_STATUSES:
        return RetryRule.SAFE
    return RetryRule.ONCE if status == 500 else RetryRule.NEVER

"""What a turn sends, and what it tries after a failure.

First it changes the request, once per kind of change: a repair, the other endpoint, the fallback model. Then it sends
the same request again after a wait, as far as the policy allows.
"""

from dataclasses import dataclass

from domain.faults.fault import Fault, FaultKind
from domain.faults.retry import next_wait
from domain.request.lessons import condition_of
from domain.request.repair import Lesson, applied, lesson_of
from domain.turn.plan import TurnPlan
from domain.turn.statuses import EffortAdjusted, ModelReplaced, ReasoningLeft, Status, TryingAgain
from domain.turn.steps import Learn, ShowStatus, Step
from ports.response_events import UpstreamProblem
from ports.responses import UpstreamRequest

STANDS_IN_FOR = frozenset({FaultKind.UNKNOWN_MODEL, FaultKind.NOT_FOUND})
REPAIRABLE = frozenset({FaultKind.BAD_REQUEST, FaultKind.NOT_FOUND, FaultKind.BAD_ROUTE})


@dataclass(frozen=True, slots=True)
class Retry:
    """Another attempt in `wait` seconds; `statuses` report it."""

    wait: float
    statuses: list[Step]


class Retries:
    """The request of one turn (`sending`), and how it changes after failures."""

    def __init__(self, plan: TurnPlan) -> None:
        self.sending = plan.request
        self._plan = plan
        self._fallback = plan.alternatives.fallback
        self._kinds: set[str] = set()
        self._unreported: list[Learn] = []
        self._repaired = 0
        self._waited = 0.0

    def after(self, fault: Fault, problem: UpstreamProblem | None, attempts: int) -> Retry | None:
        """Decide what follows a failed attempt; `attempts` counts all so far. None: the turn ends with the fault.

        Attempts after a change of the request do not count against the policy.
        """
        statuses = self._repair(fault, problem)
        if statuses is not None:
            self._repaired += 1
            return Retry(0.0, statuses)
        policy, jitter = self._plan.retry, self._plan.jitter
        wait = next_wait(fault, policy, attempts=attempts - self._repaired, waited=self._waited, jitter=jitter)
        if wait is None:
            return None
        self._waited += wait
        return Retry(wait, [ShowStatus(TryingAgain(fault, max(1, round(wait)), attempts + 1))])

    def learned(self) -> list[Step]:
        """Return the lessons to store, once upstream accepted the changed request."""
        lessons: list[Step] = [*self._unreported]
        self._unreported.clear()
        return lessons

    def _repair(self, fault: Fault, problem: UpstreamProblem | None) -> list[Step] | None:
        """Change the request so that it may pass, once per kind of change; None if there is nothing to change."""
        lesson = self._lesson(fault, problem)
        if lesson is not None:
            status = status_of(lesson, self.sending)
            self._kinds.add(lesson.kind)
            self._unreported.append(Learn(self.sending.body.model, lesson, condition_of(self.sending)))
            self.sending = applied(self.sending, lesson)
            return [ShowStatus(status)] if status is not None else []
        if self._fallback is None or fault.kind not in STANDS_IN_FOR:
            return None
        was, build, self._fallback = self.sending.body.model, self._fallback, None
        other = build()
        if other is None:
            return None
        self.sending = other
        self._unreported.clear()
        return [ShowStatus(ModelReplaced(was, self.sending.body.model))]

    def _lesson(self, fault: Fault, problem: UpstreamProblem | None) -> Lesson | None:
        if problem is None:
            return None
        nameless = problem.status is None and not problem.kind  # text alone: it may be a rejection
        if fault.kind not in REPAIRABLE and not nameless:
            return None
        fall_back = self._plan.alternatives.other_endpoint
        return lesson_of(problem, self.sending, frozenset(self._kinds), fall_back=fall_back)


def status_of(lesson: Lesson, sent: UpstreamRequest) -> Status | None:
    """Return the status that reports a change; None if the person need not know."""
    if lesson.what == "effort":
        return EffortAdjusted(str((sent.body.reasoning or {}).get("effort", "")), lesson.value)
    return ReasoningLeft() if lesson.what == "reasoning" else None

"""What a turn sends, and what it tries after a failure.

First it changes the request, once per kind of change in a round: a repair, the other endpoint, the fallback model. Then
it sends the same request again after a wait, as far as the policy allows, and at last to the fallback model. A round is
one answer of the model; whether a retry is allowed is decided for each round by itself.
"""

from dataclasses import dataclass

from domain.faults.blame import Blame, blame_of
from domain.faults.causes import AtProvider
from domain.faults.fault import Fault, FaultKind, RetryRule
from domain.faults.retry import RetryPolicy, next_wait
from domain.request.lesson import (
    BALANCE,
    FEWER_TOOLS,
    HISTORY,
    MEDIA,
    NO_TOOLS,
    PROMPT_LIMIT,
    PROMPT_WEIGHT,
    THINKING,
    WITHOUT_TOOLS,
    Lesson,
)
from domain.request.lessons import condition_of
from domain.request.media_repairs import left_by, size_repair
from domain.request.repair import applied, lesson_of
from domain.request.stated_length import stated_length
from domain.turn.fitting import Fitting
from domain.turn.plan import TurnPlan
from domain.turn.statuses import (
    EffortAdjusted,
    EffortLeftOut,
    HistoryAsText,
    MediaLeftOut,
    ModelReplaced,
    OutputLimited,
    ResultsShortened,
    Status,
    ThinkingLeftOut,
    ToolsNotTaken,
    ToolsRejected,
    TryingAgain,
)
from domain.turn.steps import Learn, ShowStatus, Step
from ports.response_events import UpstreamProblem
from ports.responses import UpstreamRequest
from ports.usage import Usage

STANDS_IN_FOR = frozenset({FaultKind.UNKNOWN_MODEL, FaultKind.NOT_FOUND})
REPAIRABLE = frozenset({FaultKind.BAD_REQUEST, FaultKind.NOT_FOUND, FaultKind.WRONG_ENDPOINT, FaultKind.BAD_ROUTE})
NEVER_REPAIRED = frozenset(
    {FaultKind.CONTEXT_LENGTH, FaultKind.MODERATED, FaultKind.GUARDED, FaultKind.UNKNOWN_MODEL, FaultKind.BAD_KEY}
)
TOO_LONG = frozenset({FaultKind.CONTEXT_LENGTH, FaultKind.TOO_LARGE})
SHORTER = "shorter"
"""The kind of change that answers a refusal for length."""
MOST_CHANGES = 3
"""Changes of the request in one round. Retries of the same request follow the policy and do not count here."""

SHORT_WAIT = 2.0
"""Seconds up to which a wait between two attempts is not reported: nobody needs to know of it."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Another attempt in `wait` seconds; `statuses` report it."""

    wait: float
    statuses: list[Step]


@dataclass(slots=True)
class _Round:
    """What one round has tried: kinds of repair, changes of the request, retries of the same one, seconds waited."""

    kinds: tuple[str, ...] = ()
    changed: int = 0
    repeated: int = 0
    waited: float = 0.0


class Retries:
    """The request of one turn (`sending`), and how it changes after failures."""

    def __init__(self, plan: TurnPlan) -> None:
        self.sending = plan.request
        self._plan = plan
        self._fallback = plan.alternatives.fallback
        self._unreported: list[Learn] = []
        self._round = _Round()
        self._fitting = Fitting(plan.fit, plan.request)
        self._known_factor = self._fitting.factor
        self._first, self._reported_shortening = plan.fit.shortened, False

    def fit(self) -> list[Status]:
        """Shorten what is sent if it would not fit the model; return what a person has to know of that, once a turn."""
        self.sending, count = self._fitting.fitted(self.sending)
        count, self._first = count + self._first, 0
        return self._shortened(count)

    def after(self, fault: Fault, problem: UpstreamProblem | None) -> Retry | None:
        """Decide what follows a failed attempt. None: the turn ends with the fault.

        Attempts after a change of the request do not count against the policy.
        """
        this = self._round
        statuses = self._repair(fault, problem) if this.changed < MOST_CHANGES else None
        if statuses is not None:
            this.changed += 1
            return Retry(0.0, statuses)
        policy, jitter = self._plan.retry, self._plan.jitter
        wait = next_wait(fault, policy, attempts=1 + this.repeated, waited=this.waited, jitter=jitter)
        if wait is None:
            replaced = self._replaced() if _another_may_answer(fault, policy) else None
            return Retry(0.0, replaced) if replaced is not None else None
        this.waited += wait
        this.repeated += 1
        if wait <= SHORT_WAIT:
            return Retry(wait, [])
        number = 1 + this.changed + this.repeated
        return Retry(wait, [ShowStatus(TryingAgain(fault, round(wait), number))])

    def next_round(self, sending: UpstreamRequest, usage: Usage | None) -> None:
        """Go on with `sending`, which holds the results of calls; `usage`: what upstream counted for the last one.

        The fallback model would begin without them.
        """
        self._fitting.count(self.sending, usage)
        self.sending, self._round, self._fallback = sending, _Round(), None

    def learned(self) -> list[Step]:
        """Return the lessons to store, once upstream accepted the changed request."""
        model, factor = self.sending.body.model, self._fitting.factor
        if factor != self._known_factor:
            self._known_factor = factor
            weight = Lesson(PROMPT_WEIGHT, str(factor))
            self._unreported.append(Learn(model, weight, condition_of(self.sending)))
        lessons: list[Step] = [*self._unreported]
        self._unreported.clear()
        return lessons

    def _repair(self, fault: Fault, problem: UpstreamProblem | None) -> list[Step] | None:
        """Change the request so that it may pass, once per kind of change; None if there is nothing to change."""
        if fault.kind is FaultKind.CREDITS and self._costs_too_much(problem):
            return self._shorten(problem, teaches=False)
        if fault.kind in TOO_LONG:
            shorter = self._shorten(problem, teaches=fault.kind is FaultKind.CONTEXT_LENGTH)
            if shorter is not None or fault.kind is not FaultKind.TOO_LARGE:
                return shorter
        lesson = size_repair(self.sending) if fault.kind in TOO_LONG else self._lesson(fault, problem)
        if lesson is not None:
            status = status_of(lesson, self.sending)
            self._round.kinds += (lesson.kind,)
            self._unreported.append(Learn(self.sending.body.model, lesson, condition_of(self.sending)))
            self.sending = applied(self.sending, lesson)
            return [ShowStatus(status)] if status is not None else []
        return self._replaced() if fault.kind in STANDS_IN_FOR else None

    def _costs_too_much(self, problem: UpstreamProblem | None) -> bool:
        """Return whether upstream states how long a prompt may be for what is left to spend."""
        return problem is not None and stated_length(problem, self.sending.body.model).limit > 0

    def _replaced(self) -> list[Step] | None:
        """Send the request to the fallback model instead, once; None without one."""
        if self._fallback is None:
            return None
        was, build, self._fallback = self.sending.body.model, self._fallback, None
        other = build()
        if other is None:
            return None
        self.sending = other
        self._unreported.clear()
        return [ShowStatus(ModelReplaced(was, self.sending.body.model))]

    def _shorten(self, problem: UpstreamProblem | None, *, teaches: bool) -> list[Step] | None:
        """Send less after a refusal for length: a lower output limit if that is enough, else shorter results."""
        if problem is None or SHORTER in self._round.kinds:
            return None
        mended = self._fitting.mended(self.sending, problem, teaches=teaches)
        if mended is None:
            return None
        self.sending, count = mended
        if count:
            self._round.kinds += (SHORTER,)
        if count and teaches:
            lesson = Lesson(PROMPT_LIMIT, str(self._fitting.learned(self.sending.body.model)))
            self._unreported.append(Learn(self.sending.body.model, lesson, condition_of(self.sending)))
        return [*map(ShowStatus, self._shortened(count))]

    def _shortened(self, count: int) -> list[Status]:
        if self._reported_shortening or not count:
            return []
        self._reported_shortening = True
        return [ResultsShortened(count)]

    def _lesson(self, fault: Fault, problem: UpstreamProblem | None) -> Lesson | None:
        if problem is None or fault.kind in NEVER_REPAIRED:
            return None
        nameless = problem.status is None and not problem.kind  # text alone: it may be a rejection
        return lesson_of(
            problem,
            self.sending,
            frozenset(self._round.kinds),
            fall_back=self._plan.alternatives.other_endpoint,
            invalid=fault.kind in REPAIRABLE or nameless,
            last=self._round.changed == MOST_CHANGES - 1,
        )


def _another_may_answer(fault: Fault, policy: RetryPolicy) -> bool:
    """Return whether another model may answer after the last retry, and nothing can be billed twice."""
    billed = fault.rule is RetryRule.UNCERTAIN and not policy.uncertain_allowed
    elsewhere = fault.kind is FaultKind.RATE_LIMITED or isinstance(fault.cause, AtProvider)
    return not billed and (elsewhere or blame_of(fault) is Blame.PROVIDER)


def status_of(lesson: Lesson, sent: UpstreamRequest) -> Status | None:
    """Return the status that reports a change; None if the person need not know."""
    match lesson.what:
        case "effort":
            return EffortAdjusted(str((sent.body.reasoning or {}).get("effort", "")), lesson.value)
        case "reasoning":
            return EffortLeftOut()
        case what if what == THINKING:
            return ThinkingLeftOut()
        case what if what == HISTORY:
            return HistoryAsText()
        case what if what == BALANCE:
            return OutputLimited(int(lesson.value))
        case what if what == MEDIA:
            return MediaLeftOut(left_by(sent, lesson))
        case what if what == NO_TOOLS:
            return ToolsNotTaken()
        case what if what in (WITHOUT_TOOLS, FEWER_TOOLS):
            return ToolsRejected(lesson.names, surplus=what == FEWER_TOOLS)
        case _:
            return None

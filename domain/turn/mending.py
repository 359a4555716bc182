"""What a turn sends, and what it changes after a refusal: repairs, the other endpoint, the model that stands in."""

from domain.faults.fault import Fault, FaultKind
from domain.request.repair import Lesson, Sending, applied, lesson_of, told
from domain.turn.steps import Learn, ShowStatus, Step
from ports.responses import UpstreamProblem

STANDS_IN_FOR = frozenset({FaultKind.UNKNOWN_MODEL, FaultKind.NOT_FOUND})
MENDABLE = frozenset({FaultKind.BAD_REQUEST, FaultKind.NOT_FOUND})


class Mending:
    """The request of one turn. `fallback` is what to send to the model that stands in, once."""

    def __init__(self, sending: Sending, fallback: Sending | None = None, *, other_endpoint: bool = True) -> None:
        self.sending = sending
        self._fallback = fallback
        self._other_endpoint = other_endpoint
        self._kinds: set[str] = set()
        self._untold: list[Lesson] = []

    def mend(self, fault: Fault, problem: UpstreamProblem | None) -> list[Step] | None:
        """Change the request so that it may pass, each kind of change once; None if there is nothing to change."""
        lesson = self._lesson(fault, problem)
        if lesson is not None:
            words = told(lesson, self.sending)
            self._kinds.add(lesson.kind)
            self._untold.append(lesson)
            self.sending = applied(self.sending, lesson)
            return [ShowStatus(words)] if words else []
        if self._fallback is None or fault.kind not in STANDS_IN_FOR:
            return None
        was = self.sending.body.model
        self.sending, self._fallback = self._fallback, None
        self._untold.clear()
        return [ShowStatus(f"{was} is not available; {self.sending.body.model} answers instead.")]

    def learned(self) -> list[Step]:
        """Return what proved right, once the changed request was taken."""
        told_now = [Learn(self.sending.body.model, lesson) for lesson in self._untold]
        self._untold.clear()
        return [*told_now]

    def _lesson(self, fault: Fault, problem: UpstreamProblem | None) -> Lesson | None:
        if problem is None:
            return None
        nameless = problem.status is None and not problem.kind  # words alone: they may be a refusal
        if fault.kind not in MENDABLE and not nameless:
            return None
        return lesson_of(problem, self.sending, frozenset(self._kinds), fall_back=self._other_endpoint)

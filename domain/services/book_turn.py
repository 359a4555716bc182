"""Book what happens in a turn: log lines, what the breakers judge, what is stored at its end, lessons."""

import traceback
from collections.abc import Callable

from domain.faults.fault import Fault
from domain.request.lessons import Lessons, learner_of
from domain.request.turn_request import TurnRequest
from domain.services.owned_tasks import named
from domain.services.report_unknown import ReportUnknown
from domain.services.settle_turn import Settlement, TurnLogs, began_values, ended_values
from domain.turn.outcome import Ending
from domain.turn.steps import AttemptBegan, AttemptEnded, Booking, Learn, Persist, UnknownTypes
from ports.timings import timing_mark


class BookTurn:
    """The use case; belongs to one event loop. `lessons` come from rejected requests.

    `attempted` is called with each request, model and fault of an attempt that upstream answered or failed.
    """

    def __init__(
        self, logs: TurnLogs, lessons: Lessons, attempted: Callable[[TurnRequest, str, Fault | None], None]
    ) -> None:
        self._attempted = attempted
        self._telemetry, self._measure, self._lessons = logs.telemetry, logs.measure, lessons
        self._unknown = ReportUnknown(logs.telemetry)

    def book(self, settlement: Settlement, entry: Booking) -> None:
        """Book one entry of a turn."""
        match entry:
            case AttemptBegan():
                timing_mark("attempt_began")
                settlement.booked(entry)
                if self._telemetry.wants("debug"):
                    self._telemetry.event("debug", "attempt_began", **began_values(settlement.error_id, entry))
            case AttemptEnded():
                timing_mark("attempt_ended")
                settlement.booked(entry)
                model = settlement.called
                if entry.outcome.ending not in (Ending.CANCELLED, Ending.CRASHED):
                    self._attempted(settlement.request, model, entry.fault)
                if self._telemetry.wants("debug"):
                    self._telemetry.event("debug", "attempt_ended", **ended_values(settlement.error_id, entry))
                if self._measure is not None:
                    self._measure.attempt(settlement.called_model, entry)
            case UnknownTypes():
                self._unknown.report(entry, settlement.error_id)
            case Persist():
                settlement.kept.append(entry)
            case Learn(model, lesson, condition):
                settlement.learn(lesson)
                kept = self._lessons.remember(learner_of(settlement.request), model, lesson, condition)
                values = {"error_id": settlement.error_id, "model": model, "lesson": lesson.what, "value": lesson.value}
                self._telemetry.event("info", "request_repaired", kept=kept, **values)

    def report(self, settlement: Settlement, defect: Exception) -> None:
        """Log a defect that can change the turn no more."""
        places = "".join(traceback.format_tb(defect.__traceback__)[-5:])
        values = {"error_id": settlement.error_id, "detail": settlement.mask.text(named(defect)), "places": places}
        self._telemetry.event("error", "turn_not_booked", **values)

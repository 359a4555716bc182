"""The turn machine: every decision between the first request and the end of a turn.

Sans-IO: `feed` takes an event and a clock value in seconds and returns steps. It never raises, ends exactly once,
and the same events at the same times give the same steps. Laws 1 and 2 of the architecture live here: a turn ends
with something shown or one named fault; nothing shown is taken back, and nothing is retried after it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from domain.faults.classify import fault_of_error, fault_of_problem
from domain.faults.fault import Fault, FaultKind, RetryRule
from domain.faults.retry import next_wait
from domain.request.repair import Sending
from domain.tools.plan import Calls, Offer, Reader, demanding
from domain.tools.results import room_left
from domain.turn import waiting
from domain.turn.answer import Answer
from domain.turn.bill import Bill
from domain.turn.call_ids import call_ids_of
from domain.turn.events import (
    AttemptFailed,
    Begun,
    CallBegan,
    CallFinished,
    Cancelled,
    Crashed,
    TimerFired,
    TurnEvent,
)
from domain.turn.keeping import goes_back, in_segments, kept_of
from domain.turn.mending import Mending
from domain.turn.merge import merged
from domain.turn.plan import Phase, TurnPlan
from domain.turn.reading import read
from domain.turn.steps import (
    CallUpstream,
    ClearTimer,
    CloseReasoning,
    End,
    Ended,
    Finish,
    HandOverCall,
    Kept,
    Output,
    Persist,
    Reason,
    SetTimer,
    ShowCitation,
    ShowImage,
    ShowText,
    Step,
)
from domain.turn.waiting import WAITING
from domain.usage.summary import Timing
from ports.responses import (
    EventIgnored,
    ProblemReported,
    ReasoningDelta,
    Refused,
    ResponseEnded,
    ResponseStarted,
    ResponseStatus,
    StreamClosed,
    TextDelta,
    UpstreamEvent,
    UpstreamProblem,
)
from ports.toolbox import ToolCall

__all__ = ["Phase", "TurnMachine", "TurnPlan"]

IDLE = "idle"
QUIET = (ClearTimer(WAITING), ClearTimer(IDLE))
OF_ONE_ATTEMPT = AttemptFailed | UpstreamEvent
_WHOLE = (Reason.STOP, Reason.TOOL_CALLS)
SILENT = "The tools have run, but the model wrote nothing after them."


class TurnMachine:
    """One turn. Not thread-safe; owned by one driver."""

    def __init__(self, plan: TurnPlan) -> None:
        self.phase = Phase.NEW
        self._plan = plan
        sending = Sending(plan.body, plan.endpoint)
        self._mending = Mending(sending, plan.fallback, other_endpoint=plan.other_endpoint)
        self._answer = Answer(0, set(), call_ids_of(plan.body.input))
        self._cited: set[str] = set()
        self._calls: Calls | None = None
        self._bill = Bill()
        self._attempts = self._mended = self._rounds = self._ignored = 0
        self._waited = self._begun = self._last_event = 0.0
        self._last_shown: float | None = None
        self._thinking = 0.0
        self._shown = self._anything = self._spoken = self._worked = False
        self._reassurance = waiting.Reassurance()

    @property
    def ended(self) -> bool:
        """Tell whether the turn is over."""
        return self.phase is Phase.ENDED

    def feed_all(self, events: Iterable[TurnEvent], now: float) -> list[Step]:
        """Feed events that arrived together; adjacent pieces of one item leave as one output.

        What upstream says in one read belongs to one attempt: once that was given up, the rest says nothing.
        """
        steps: list[Step] = []
        attempt = self._attempts
        for event in events:
            if self._attempts == attempt or not isinstance(event, OF_ONE_ATTEMPT):
                steps += self.feed(event, now)
        return merged(steps) if len(steps) > 1 else steps

    def feed(self, event: TurnEvent, now: float) -> list[Step]:
        """Take one event at clock value `now` (s) and return what follows, outputs and commands in order."""
        match event:
            case TextDelta() | ReasoningDelta() if self.phase is Phase.CALLING:  # nearly all events: keep it short
                return self._on_piece(event, now)
            case _ if self.phase is Phase.ENDED:
                return []
            case Begun():
                return self._begin(now) if self.phase is Phase.NEW else []
            case Cancelled():
                return self._stop(now)
            case Crashed(what):
                return self._end_badly(Fault(FaultKind.INTERNAL, detail=what), now)
            case TimerFired(name):
                return self._on_timer(name, now)
            case CallBegan(call_id):
                return list(self._calls.began(call_id, now)) if self._calls else []
            case CallFinished(call_id, result):
                return self._after_calls(self._calls.finish(call_id, result, now) if self._calls else [], now)
            case AttemptFailed(error):
                problem = error.problem if isinstance(error, Refused) else None
                return self._fail(fault_of_error(error), now, problem) if self.phase is Phase.CALLING else []
            case _:
                return self._on_upstream(event, now) if self.phase is Phase.CALLING else []

    # --- upstream -----------------------------------------------------------------------------------------

    def _on_piece(self, event: UpstreamEvent, now: float) -> list[Step]:
        self._last_event = now
        self._bill.accepted = True
        return self._showing(read(self._answer, event, now), now)

    def _on_upstream(self, event: UpstreamEvent, now: float) -> list[Step]:
        self._last_event = now
        self._bill.accepted = True
        match event:
            case ResponseStarted(response_id, model):
                self._bill.name(response_id, model)
            case ResponseEnded():
                return self._on_response_ended(event, now)
            case ProblemReported(problem):
                return self._fail(fault_of_problem(problem), now, problem)
            case StreamClosed():
                return self._on_closed(event, now)
            case EventIgnored(_, count):
                self._ignored += count
            case _:
                return self._on_piece(event, now)
        return []

    def _on_response_ended(self, event: ResponseEnded, now: float) -> list[Step]:
        self._bill.name(event.response_id, event.model)
        steps = self._showing(self._answer.finish_all(event.items, now), now)
        if event.usage is not None or event.status is not ResponseStatus.FAILED:
            steps += self._bill.close(event.usage, self._answer.received)
        if event.status is ResponseStatus.FAILED:
            fault = fault_of_problem(event.problem) if event.problem else Fault(FaultKind.SERVER)
            return steps + self._fail(fault, now, event.problem)
        if event.status is ResponseStatus.INCOMPLETE:
            return steps + self._cut_short(event.reason, now)
        return steps + self._complete(now)

    def _on_closed(self, event: StreamClosed, now: float) -> list[Step]:
        """Decide what a stream without terminal event means. Source: ordering rule 8 of the API reference.

        An event at the very end that could be read is whole; only its closing blank line is missing.
        """
        steps, attempt = list[Step](), self._attempts
        for unfinished in event.unfinished:
            if not isinstance(unfinished, StreamClosed):
                steps += self._on_upstream(unfinished, now)
            if self.phase is not Phase.CALLING or self._attempts != attempt:
                return steps
        if self._answer.all_done() and self._answer.has_answer():
            return steps + self._unbilled() + self._complete(now)
        return steps + self._fail(Fault(FaultKind.INTERRUPTED, rule=RetryRule.UNCERTAIN), now)

    def _showing(self, outputs: list[Output], now: float) -> list[Step]:
        steps: list[Step] = []
        for output in outputs:
            match output:
                case ShowText():
                    self._last_shown = now
                    self._spoken = self._spoken or not output.text.isspace()
                    self._anything = self._anything or self._spoken
                case CloseReasoning():
                    self._thinking += output.seconds
                case ShowImage():
                    self._last_shown = now
                    self._anything = self._spoken = True
                case ShowCitation():
                    pass
                case _:
                    self._last_shown = now
            if not self._shown and not isinstance(output, CloseReasoning):
                self._shown = True
                steps += [ClearTimer(WAITING), *self._reassurance.end(), *self._mending.learned()]
            steps.append(output)
        return steps

    # --- rounds -------------------------------------------------------------------------------------------

    def _begin(self, now: float) -> list[Step]:
        self._begun = now
        return [*self._call(0.0, now), *self._reassurance.next(now)]

    def _call(self, after: float, now: float) -> list[Step]:
        self.phase = Phase.CALLING
        self._answer = Answer(self._answer.next_segment, self._cited, self._answer.taken)
        self._attempts += 1
        self._bill.begin()
        self._last_event = now + after
        sending = self._mending.sending
        return [
            CallUpstream(sending.body, after, sending.endpoint),
            SetTimer(IDLE, now + after + self._plan.idle_seconds),
        ]

    def _complete(self, now: float) -> list[Step]:
        called = self._answer.called()
        calls = tuple(called.values())
        if calls and self._plan.runnable and not any(call.name in self._plan.handed_over for call in calls):
            return self._run_calls(calls, now)
        if calls:
            handed = [HandOverCall(place, call, slot.segment) for place, (slot, call) in enumerate(called.items())]
            return [*self._mending.learned(), *handed, *self._end(Reason.TOOL_CALLS, now)]
        if self._worked and not self._spoken:
            segment = self._answer.next_segment
            said = Kept({"type": "message", "role": "assistant", "content": SILENT}, segment)
            silent = self._showing([ShowText(segment, SILENT)], now)
            return [*silent, *self._end(Reason.STOP, now, more=(said,))]
        if not self._anything:
            return self._end_badly(Fault(FaultKind.EMPTY), now)
        return self._end(Reason.STOP, now)

    def _run_calls(self, calls: tuple[ToolCall, ...], now: float) -> list[Step]:
        if self._rounds > self._plan.max_rounds:
            if self._answer.has_text():
                return self._end(Reason.STOP, now)
            return self._end_badly(Fault(FaultKind.TOOL_ROUNDS), now)
        self.phase = Phase.TOOLS
        self._shown = True
        self._calls = Calls(calls, self._plan.call_limits, self._answer.next_segment, self._reader())
        offer = Offer(
            self._plan.runnable,
            demanding(self._mending.sending.body.tools),
            self._plan.sequential,
            closed=self._rounds == self._plan.max_rounds,
        )
        begun = self._calls.begin(offer, now)
        return self._after_calls([*self._mending.learned(), *QUIET, *begun], now)

    def _after_calls(self, steps: Sequence[Step], now: float) -> list[Step]:
        if self.phase is not Phase.TOOLS or self._calls is None or not self._calls.done:
            return list(steps)
        self._rounds += 1
        persist = self._kept()
        more = [kept.item for step in persist for kept in step.kept if goes_back(kept.item)]
        closing = self._rounds > self._plan.max_rounds
        body = self._mending.sending.body
        choice = "none" if closing else body.tool_choice
        body = replace(body, input=(*body.input, *more), tool_choice=choice)
        self._mending.sending = replace(self._mending.sending, body=body)
        self._spoken = False
        self._worked = self._worked or any(not result.failed for result in self._calls.results.values())
        taken = self._answer.taken | {call.call_id for call in self._calls.order}
        following = Answer(self._answer.next_segment + len(self._calls.order), self._cited, taken)
        self._answer, self._calls = following, None
        return [*steps, *persist, *self._call(0.0, now)]

    def _reader(self) -> Reader:
        limit = self._plan.prompt_characters
        if limit is None:
            return Reader(None, self._plan.sees_images)
        said = (kept.item for kept in kept_of(self._answer))
        return Reader(room_left(limit, self._mending.sending.body.input, said), self._plan.sees_images)

    # --- endings ------------------------------------------------------------------------------------------

    def _unbilled(self) -> list[Step]:
        """Book an attempt that ended without a bill."""
        return list(self._bill.close(None, self._answer.received))

    def _kept(self, *, whole: bool = True) -> list[Persist]:
        """Keep what a round brought; of an attempt that is given up for another one nothing is kept."""
        kept = kept_of(self._answer, self._calls.outputs() if self._calls else (), whole=whole)
        if self._calls is not None:
            kept = in_segments(kept, self._calls.segments())
        return [Persist(self._bill.answering_model, kept)] if kept else []

    def _cut_short(self, reason: str, now: float) -> list[Step]:
        filtered = reason == "content_filter"
        if self._anything:
            return self._end(Reason.CONTENT_FILTER if filtered else Reason.LENGTH, now)
        return self._end_badly(Fault(FaultKind.MODERATED if filtered else FaultKind.CUT_SHORT), now)

    def _fail(self, fault: Fault, now: float, problem: UpstreamProblem | None = None) -> list[Step]:
        """Mend the request or try again if nothing was shown and the policy allows it, else end with the fault.

        An attempt in which the model had begun to write may be billed, whatever ended it; one refused before is not.
        """
        if fault.rule is not RetryRule.UNCERTAIN and not self._answer.slots:
            self._bill.accepted = False
        elif fault.rule is not RetryRule.NEVER:
            fault = replace(fault, rule=RetryRule.UNCERTAIN)
        if not self._shown:
            mended = self._mending.mend(fault, problem)
            if mended is not None:
                self._mended += 1
                return [*self._unbilled(), *self._reassurance.saying(mended), *self._call(0.0, now)]
            wait = next_wait(
                fault,
                self._plan.retry,
                attempts=self._attempts - self._mended,
                waited=self._waited,
                jitter=self._plan.jitter,
            )
            if wait is not None:
                self._waited += wait
                status = self._reassurance.say(waiting.again(fault, wait, self._attempts + 1))
                return [*self._unbilled(), status, *self._call(wait, now)]
        return self._end_badly(fault, now)

    def _on_timer(self, name: str, now: float) -> list[Step]:
        if name == WAITING:
            return self._reassure(now)
        if name == IDLE and self.phase is Phase.CALLING:
            due = self._last_event + self._plan.idle_seconds
            if now < due:
                return [SetTimer(IDLE, due)]
            detail = f"no event for {self._plan.idle_seconds:g} s"
            return self._fail(Fault(FaultKind.TIMEOUT, detail=detail, rule=RetryRule.UNCERTAIN), now)
        return self._after_calls(self._calls.on_timer(name, now), now) if self._calls is not None else []

    def _reassure(self, now: float) -> list[Step]:
        if self._shown or self.phase is not Phase.CALLING:
            return []
        if now < self._last_event:  # between two attempts: the status tells of the wait
            return [SetTimer(WAITING, self._last_event)]
        return self._reassurance.next(now)

    def _stop(self, now: float) -> list[Step]:
        steps: list[Step] = [*self._calls.cancel()] if self._calls else []
        steps += self._unbilled()
        end = self._summary(Reason.CANCELLED, None, now)
        return [*steps, *self._close(whole=False), Finish(end)]

    def _end_badly(self, fault: Fault, now: float) -> list[Step]:
        steps: list[Step] = [*self._calls.cancel()] if self._calls else []
        return steps + self._unbilled() + self._end(Reason.FAULT, now, fault)

    def _end(self, reason: Reason, now: float, fault: Fault | None = None, more: tuple[Kept, ...] = ()) -> list[Step]:
        """End the turn; `more`: what we said in the model's place, kept so that the turn is recognised."""
        end = self._summary(reason, fault, now)
        own = [Persist(self._bill.answering_model, more)] if more else []
        return [*self._close(whole=reason in _WHOLE), *own, Ended(end), Finish(end)]

    def _close(self, *, whole: bool) -> list[Step]:
        tools = self.phase is Phase.TOOLS
        kept = self._kept(whole=whole or tools) if tools or self.phase is Phase.CALLING else []
        self.phase = Phase.ENDED
        return [*kept, *QUIET]

    def _summary(self, reason: Reason, fault: Fault | None, now: float) -> End:
        began = self._begun if self._attempts else now
        writing = self._last_shown - began if self._last_shown is not None else 0.0
        return End(
            reason=reason,
            timing=Timing(max(0.0, now - began), max(0.0, writing), self._thinking),
            error_id=self._plan.error_id,
            fault=fault,
            usage=self._bill.usage,
            unbilled_characters=self._bill.unbilled,
            shown=self._shown,
            attempts=self._attempts,
            rounds=self._rounds,
            response_id=self._bill.response_id,
            model=self._bill.model,
            ignored_events=self._ignored,
        )

"""The turn machine: every decision between the first request and the end of a turn.

Sans-IO: `feed` takes an event and a clock value in seconds and returns steps. It never raises, it ends exactly once,
and the same events at the same times give the same steps. Laws 1 and 2 of the architecture live here: a turn ends
with something shown or with one named fault; nothing shown is withdrawn, and nothing is retried after output.
"""

from collections.abc import Sequence
from dataclasses import replace

from domain.conversation.record import TurnItem
from domain.faults.causes import NoEvent
from domain.faults.classify import fault_of_error, fault_of_problem, fault_of_silence
from domain.faults.fault import Fault, FaultKind, RetryRule
from domain.faults.guards import withheld_by
from domain.tools.replies import SILENT
from domain.turn.attempts import Attempts
from domain.turn.events import (
    OF_ONE_ATTEMPT,
    AttemptFailed,
    Begun,
    CallBegan,
    CallFinished,
    Cancelled,
    Crashed,
    TimerFired,
    TurnEvent,
)
from domain.turn.merge import merged
from domain.turn.outcome import Ending, Stop, stop_of
from domain.turn.plan import Phase, TurnPlan
from domain.turn.reading import read
from domain.turn.retries import Retries
from domain.turn.rounds import Rounds
from domain.turn.shown import Shown
from domain.turn.steps import ClearTimer, End, Ended, Finish, Persist, Reason, SetTimer, ShowText, Step
from domain.turn.summary import end_of
from domain.turn.waiting import WAITING
from ports.response_events import (
    EventIgnored,
    ProblemReported,
    ResponseEnded,
    ResponseStarted,
    ResponseStatus,
    StreamClosed,
    TextDelta,
    UpstreamEvent,
)
from ports.toolbox import ToolCall

__all__ = ["Phase", "TurnMachine", "TurnPlan"]

IDLE = "idle"
QUIET = (ClearTimer(WAITING), ClearTimer(IDLE))
_WHOLE = (Reason.STOP, Reason.TOOL_CALLS)
_ABANDONED = (Ending.CANCELLED, Ending.CRASHED)


class TurnMachine:
    """One turn. Not thread-safe; owned by one driver."""

    def __init__(self, plan: TurnPlan) -> None:
        self.phase = Phase.NEW
        self._plan = plan
        self._retries = Retries(plan)
        self._attempts = Attempts()
        self._rounds = Rounds(plan)
        self._shown = Shown(self._retries)

    @property
    def ended(self) -> bool:
        """Return whether the turn is over."""
        return self.phase is Phase.ENDED

    def feed_all(self, events: Sequence[TurnEvent], now: float) -> list[Step]:
        """Process events that arrived together; join adjacent pieces of one item into one output.

        All events of one read belong to one attempt: discard the remaining events of an abandoned attempt.
        """
        attempts = self._attempts
        going_on = self._shown.spoken and self.phase is Phase.CALLING and not attempts.unreported
        if going_on and len(events) == 1 and isinstance(word := events[0], TextDelta):  # almost every read
            attempts.heard, attempts.answered = now, True
            said = self._rounds.answer.say(word.index, word.item_id, word.part, word.text, now)
            if said:
                self._shown.last = now
            return [*said]
        steps = [*attempts.unreported] if attempts.unreported else []
        number = attempts.number
        for event in events:
            if attempts.number == number or not isinstance(event, OF_ONE_ATTEMPT):
                steps += self._take(event, now)
        if attempts.unreported:
            attempts.unreported = []
        return merged(steps) if len(steps) > 1 else steps

    def feed(self, event: TurnEvent, now: float) -> list[Step]:
        """Process one event at clock value `now` (s); return outputs and commands in order."""
        return self.feed_all((event,), now)

    def _take(self, event: TurnEvent, now: float) -> list[Step]:
        match event:
            case _ if self.phase is Phase.ENDED:
                return []
            case Begun():
                return self._begin(now) if self.phase is Phase.NEW else []
            case Cancelled():
                return self._stop(now)
            case Crashed(what):
                ended = self._end_attempt(Stop(Ending.CRASHED), now)
                return ended + self._end_badly(Fault(FaultKind.INTERNAL, detail=what), now)
            case TimerFired(name):
                return self._on_timer(name, now)
            case CallBegan(call_id):
                return [*self._rounds.calls.began(call_id, now)] if self._rounds.calls else []
            case CallFinished(call_id, result):
                calls = self._rounds.calls
                return self._after_calls(calls.finish(call_id, result, now) if calls else [], now)
            case AttemptFailed(error):
                return self._fail(fault_of_error(error), stop_of(error), now) if self.phase is Phase.CALLING else []
            case _:
                return self._on_upstream(event, now) if self.phase is Phase.CALLING else []

    # --- upstream -----------------------------------------------------------------------------------------

    def _on_upstream(self, event: UpstreamEvent, now: float) -> list[Step]:
        attempts = self._attempts
        attempts.heard, attempts.answered = now, True
        match event:
            case ResponseStarted(response_id, model):
                attempts.name(response_id, model)
            case ResponseEnded():
                return self._on_response_ended(event, now)
            case ProblemReported():
                return self._on_problem(event, now)
            case StreamClosed():
                return self._on_closed(event, now)
            case EventIgnored(what, count, unknown):
                attempts.ignore(what, count, unknown=unknown)
            case _:
                return self._shown.show(read(self._rounds.answer, event, now), now)
        return []

    def _on_response_ended(self, event: ResponseEnded, now: float) -> list[Step]:
        self._attempts.name(event.response_id, event.model)
        whole = event.status is ResponseStatus.COMPLETED
        steps = self._shown.show(self._rounds.answer.finish_all(event.items, now, whole=whole), now)
        if event.status is ResponseStatus.FAILED:
            return steps + self._on_problem(event, now)
        how = Ending.COMPLETED if whole else Ending.CUT_SHORT
        ended = self._end_attempt(Stop(how, event.usage, facts=event.facts), now)
        return [*steps, *ended, *(self._complete(now) if whole else self._cut_short(event.reason, now))]

    def _on_closed(self, event: StreamClosed, now: float) -> list[Step]:
        """Decide what a stream without a terminal event means. Source: ordering rule 8 of the API reference.

        A last event that could be decoded is complete; only its closing blank line is missing.
        """
        steps, attempt = list[Step](), self._attempts.number
        for unfinished in event.unfinished:
            if not isinstance(unfinished, StreamClosed):
                steps += self._on_upstream(unfinished, now)
            if self.phase is not Phase.CALLING or self._attempts.number != attempt:
                return steps
        if self._rounds.answer.is_whole():
            return [*steps, *self._end_attempt(Stop(Ending.COMPLETED), now), *self._complete(now)]
        fault = Fault(FaultKind.INTERRUPTED, rule=RetryRule.UNCERTAIN)
        return steps + self._fail(fault, Stop(Ending.INTERRUPTED), now)

    def _on_problem(self, event: ProblemReported | ResponseEnded, now: float) -> list[Step]:
        fault = fault_of_problem(event.problem) if event.problem else Fault(FaultKind.SERVER)
        ending = Ending.FAILED if self._rounds.answer.slots else Ending.REFUSED
        usage, facts = (event.usage, event.facts) if isinstance(event, ResponseEnded) else (None, None)
        return self._fail(fault, Stop(ending, usage, event.problem, facts=facts), now)

    # --- rounds -------------------------------------------------------------------------------------------

    def _begin(self, now: float) -> list[Step]:
        return [*self._call(0.0, now), *self._shown.begin(now, statuses=self._plan.statuses, notes=self._plan.notes)]

    def _call(self, after: float, now: float) -> list[Step]:
        self.phase = Phase.CALLING
        self._rounds.listen()
        notes = self._shown.reassurance.note(self._retries.fit())
        announced = self._attempts.begin(self._retries.sending, after, now)
        return [*notes, *announced, SetTimer(IDLE, self._attempts.heard + self._plan.idle_seconds)]

    def _complete(self, now: float) -> list[Step]:
        answer = self._rounds.answer
        calls = tuple(answer.called().values())
        if calls and self._rounds.may_run(calls):
            return self._run_calls(calls, now)
        if calls:
            learned, handed = self._retries.learned(), self._rounds.left(all_calls=True)
            return [*learned, *handed, *self._end(Reason.TOOL_CALLS, now)]
        uses, facts = answer.uses, self._attempts.latest.facts
        silent = not (self._shown.spoken or uses.completed)
        guard = withheld_by(facts, withheld=answer.withheld) if silent else None
        if guard is not None:
            return self._end_badly(Fault(FaultKind.GUARDED, cause=guard), now)
        if self._rounds.worked and silent:
            said = TurnItem({"type": "message", "role": "assistant", "content": SILENT}, segment=answer.next_segment)
            shown = self._shown.show([ShowText(said.segment, SILENT)], now)
            return [*shown, *self._end(Reason.STOP, now, more=(said,))]
        if self._shown.answered or uses.completed:
            return self._end(Reason.STOP, now)
        failed = (uses.failed.tool, uses.failed.error) if uses.failed else ()
        return self._end_badly(fault_of_silence(*failed), now)

    def _run_calls(self, calls: tuple[ToolCall, ...], now: float) -> list[Step]:
        if self._rounds.exhausted:
            has_text = self._rounds.answer.has_text()
            return self._end(Reason.STOP, now) if has_text else self._end_badly(Fault(FaultKind.TOOL_ROUNDS), now)
        self.phase = Phase.TOOLS
        self._shown.began(now)
        begun = self._rounds.begin(calls, self._retries.sending, now)
        return self._after_calls([*self._retries.learned(), *QUIET, *begun], now)

    def _after_calls(self, steps: Sequence[Step], now: float) -> list[Step]:
        calls = self._rounds.calls
        if self.phase is not Phase.TOOLS or calls is None or not calls.done:
            return list(steps)
        if left := self._rounds.left():
            return [*steps, *left, *self._end(Reason.TOOL_CALLS, now)]
        persist = self._rounds.kept(self._attempts.latest.model)
        self._rounds.end()
        sending = self._rounds.with_results(self._retries.sending, persist)
        self._retries.next_round(sending, self._attempts.latest.usage)
        self._shown.next_round()
        return [*steps, *persist, *self._call(0.0, now)]

    # --- endings ------------------------------------------------------------------------------------------

    def _end_attempt(self, how: Stop, now: float) -> list[Step]:
        """End the open attempt, if there is one; show what was held of its text, unless the reader left."""
        whole = how.ending is Ending.COMPLETED
        held = self._rounds.answer.release(now, whole=whole) if how.ending not in _ABANDONED else []
        return [*self._shown.show(held, now), *self._attempts.end(how, now, self._rounds.answer)]

    def _cut_short(self, reason: str, now: float) -> list[Step]:
        filtered = reason == "content_filter"
        if not self._shown.answered:
            return self._end_badly(Fault(FaultKind.MODERATED if filtered else FaultKind.CUT_SHORT), now)
        return self._end(Reason.CONTENT_FILTER if filtered else Reason.LENGTH, now)

    def _fail(self, fault: Fault, how: Stop, now: float) -> list[Step]:
        """Repair the request or retry if nothing of this round was shown and the policy allows it; else end.

        An attempt in which the model began to write may be billed, however it ended; one rejected before that is free.
        """
        billable = fault.rule is RetryRule.UNCERTAIN or bool(self._rounds.answer.slots)
        if billable and fault.rule is not RetryRule.NEVER:
            fault = replace(fault, rule=RetryRule.UNCERTAIN)
        ended = self._end_attempt(replace(how, billable=billable, fault=fault), now)
        retry = None if self._shown.in_round else self._retries.after(fault, how.problem)
        if retry is None:
            return ended + self._end_badly(fault, now)
        return [*ended, *self._shown.reassurance.saying(retry.statuses, now + retry.wait), *self._call(retry.wait, now)]

    def _on_timer(self, name: str, now: float) -> list[Step]:
        if name == WAITING:
            return self._reassure(now)
        if name == IDLE and self.phase is Phase.CALLING:
            due = self._attempts.heard + self._plan.idle_seconds
            if now < due:
                return [SetTimer(IDLE, due)]
            fault = Fault(FaultKind.TIMEOUT, rule=RetryRule.UNCERTAIN, cause=NoEvent(self._plan.idle_seconds))
            return self._fail(fault, Stop(Ending.TIMED_OUT), now)
        return self._after_calls(self._rounds.calls.on_timer(name, now), now) if self._rounds.calls else []

    def _reassure(self, now: float) -> list[Step]:
        if self._shown.something or self.phase is not Phase.CALLING:
            return []
        return self._shown.reassurance.next(now)

    def _stop(self, now: float) -> list[Step]:
        stopped = [*self._rounds.cancel(), *self._end_attempt(Stop(Ending.CANCELLED), now)]
        end = self._summary(Reason.CANCELLED, None, now)
        return [*stopped, *self._close(whole=False), Finish(end)]

    def _end_badly(self, fault: Fault, now: float) -> list[Step]:
        return [*self._rounds.cancel(), *self._end(Reason.FAULT, now, fault)]

    def _end(self, reason: Reason, now: float, fault: Fault | None = None, more: Sequence[TurnItem] = ()) -> list[Step]:
        """End the turn; `more`: text we showed in the model's place, stored so that the turn is recognised later."""
        end = self._summary(reason, fault, now)
        own = [Persist(self._attempts.latest.model, tuple(more))] if more else []
        return [*self._close(whole=reason in _WHOLE), *own, Ended(end), Finish(end)]

    def _close(self, *, whole: bool) -> list[Step]:
        """Store what the current round brought; nothing is left of an attempt that another one replaced."""
        kept: list[Persist] = []
        if self.phase in (Phase.CALLING, Phase.TOOLS):
            kept = self._rounds.kept(self._attempts.latest.model, whole=whole or self.phase is Phase.TOOLS)
        self.phase = Phase.ENDED
        return [*kept, *QUIET]

    def _summary(self, reason: Reason, fault: Fault | None, now: float) -> End:
        return end_of(reason, fault, now, self._plan, self._attempts, self._rounds, self._shown)

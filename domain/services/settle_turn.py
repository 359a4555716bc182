"""Settle an ended turn: write one structured log line, store what it leaves, notify a person who stopped it."""

from dataclasses import dataclass, field, replace

from domain.catalog.offer import base_of
from domain.catalog.selection import named, resolved
from domain.conversation.figures import Figures
from domain.conversation.fingerprint import fingerprint_of_answer
from domain.conversation.record import TurnItem, TurnRecord, is_worth_rows
from domain.conversation.references import call_reference
from domain.conversation.size import characters_of
from domain.faults.causes import DrawingFlaw
from domain.faults.fault import Fault, FaultKind
from domain.request.lesson import OF_HISTORY, Lesson
from domain.request.turn_request import Caller, TurnRequest
from domain.services.check_turn import Checked
from domain.services.mark_turns import marks_after
from domain.services.measure_turns import EndedTurn, MeasureTurns
from domain.services.remember_turn import TurnMemory
from domain.services.turn_bill import TurnBill
from domain.services.turn_mask import TurnMask
from domain.services.turn_tally import TurnTally
from domain.turn.steps import AttemptBegan, AttemptEnded, End, Persist, Reason
from domain.usage.facts import listed, logged
from ports.catalog import Model
from ports.notices import Notices, TurnStopped
from ports.telemetry import Level, LogValue, Telemetry
from ports.timings import timed
from ports.usage import Usage


@dataclass(slots=True)
class Settlement:
    """The facts of a turn; `error_id` identifies it, `figures` describe its history, `kept` holds what it leaves.

    `replayed`: the stored turns of which something was sent, those in `elsewhere` of other chats. `refused`: changes to
    them that made the request pass. `own_refused`: earlier rounds of this turn were changed too. `mask` masks what is
    logged. `checked`: the admitted turn, with its breakers and budgets; None before that.
    """

    request: TurnRequest
    error_id: str
    slug: str = ""
    model: Model | None = None
    figures: Figures = field(default_factory=Figures)
    kept: list[Persist] = field(default_factory=list)
    replayed: tuple[TurnRecord, ...] = ()
    elsewhere: frozenset[str] = frozenset()
    refused: list[Lesson] = field(default_factory=list)
    own_refused: bool = False
    mask: TurnMask = field(default_factory=TurnMask)
    checked: Checked | None = None

    def follow(self, checked: Checked) -> None:
        """Follow what was admitted."""
        self.slug, self.model, self.checked = checked.slug, checked.model, checked

    @property
    def called(self) -> str:
        """The model that was called last; that of the request before the first call."""
        guard = self.checked.guard if self.checked is not None else None
        return guard.called if guard is not None else self.slug

    @property
    def called_model(self) -> Model | None:
        """The same, as the catalog has it; None if it has none."""
        if self.checked is None or self.called == self.slug:
            return self.model
        return resolved(self.called, self.checked.models)[1]

    @property
    def tally(self) -> TurnTally | None:
        """What the turn's attempts cost, for its budgets; None if it has none."""
        hold = self.checked.hold if self.checked is not None else None
        return hold.tally if hold is not None else None

    def booked(self, attempt: AttemptBegan | AttemptEnded) -> None:
        """Note an attempt for the breakers and the budgets."""
        guard = self.checked.guard if self.checked is not None else None
        if guard is not None and isinstance(attempt, AttemptBegan):
            guard.called = attempt.body.model
        elif guard is not None and isinstance(attempt, AttemptEnded):
            guard.faults[guard.called] = attempt.fault
        if self.tally is not None:
            self.tally.book(attempt, self._answered(attempt) if isinstance(attempt, AttemptEnded) else "")

    def _answered(self, attempt: AttemptEnded) -> str:
        """Return the slug of the model that answered an attempt, if it is another one than was called; "" otherwise."""
        called, models = self.called, self.checked.models if self.checked is not None else ()
        known = self.called_model
        if not attempt.model or attempt.model in (called, known.canonical_slug if known is not None else ""):
            return ""
        other = named(attempt.model, models)
        return other.id if other is not None and other.id != base_of(called) else ""

    def learn(self, lesson: Lesson) -> None:
        """Note a change that upstream accepted."""
        if lesson.what in OF_HISTORY:
            self.refused.append(lesson)
            self.own_refused = self.own_refused or bool(self.kept)


@dataclass(frozen=True, slots=True)
class TurnLogs:
    """Where settlement reports a turn: the log, and the metrics if there are any."""

    telemetry: Telemetry
    measure: MeasureTurns | None = None


def began_values(error_id: str, attempt: AttemptBegan) -> dict[str, LogValue]:
    """Return the log values of an attempt before it is sent."""
    return {
        "error_id": error_id,
        "attempt": attempt.no,
        "model": attempt.body.model,
        "endpoint": attempt.endpoint.value,
    }


def ended_values(error_id: str, attempt: AttemptEnded) -> dict[str, LogValue]:
    """Return the log values of an attempt that has ended."""
    usage, price = attempt.usage, attempt.price
    return {
        "error_id": error_id,
        "attempt": attempt.no,
        "outcome": attempt.outcome.ending.value,
        "reach": attempt.outcome.reach.value,
        "response_id": attempt.generation_id,
        "model": attempt.model,
        "total_tokens": usage.total_tokens if usage is not None else None,
        "cost": str(price.paid.total) if price is not None and price.paid.is_known else None,
        "cost_source": price.source.value if price is not None else None,
        **logged(attempt.facts),
    }


def log_refusal(telemetry: Telemetry, fault: Fault, turn: Settlement) -> None:
    """Log a request that was refused before it was driven."""
    telemetry.event(
        "info" if _is_expected(fault, turn.request) else "warning",
        "turn_refused",
        error_id=turn.error_id,
        fault=fault.kind.value,
        detail=turn.mask.text(fault.logged),
        model=turn.request.model,
        user_id=turn.request.person.user_id,
    )


def _is_expected(fault: Fault, request: TurnRequest) -> bool:
    """Return whether the host asked for something that nobody misses: it asks for a title after each first answer."""
    spent = fault.kind is FaultKind.BUDGET_SPENT and request.caller is Caller.TASK
    return spent or fault.cause is DrawingFlaw.WRITES_NOTHING


@timed("settle")
async def settle_turn(
    turn: Settlement,
    end: End,
    logs: TurnLogs,
    notices: Notices | None,
    memory: TurnMemory | None = None,
    *,
    bill: TurnBill | None = None,
    waited: float = 0.0,
) -> bool:
    """Log and count the turn, store what it leaves, and report its cost so far to a person who stopped it.

    `bill`: what its attempts cost; without one there were none. `waited`: the seconds before the turn was driven. False
    if the store failed.
    """
    bill = bill or TurnBill()
    end = replace(end, paid=bill.paid)
    _log(turn, end, logs.telemetry, waited)
    if logs.measure is not None:
        logs.measure.ended(EndedTurn(turn.request.caller.value, turn.model, end, waited, turn.called_model))
    stored = memory is None or await _keep(turn, end, memory)
    if not stored:
        logs.telemetry.event("debug", "turn_not_stored", error_id=end.error_id)
    if notices is not None and end.reason is Reason.CANCELLED:
        end = await bill.closed(end)
        await notices.notify(TurnStopped(end.timing, end.usage, end.paid, end.spent))
    return stored


def _log(turn: Settlement, end: End, telemetry: Telemetry, waited: float) -> None:
    level: Level = "warning" if end.reason is Reason.FAULT else "info"
    if not telemetry.wants(level):
        return
    usage, paid = end.usage or Usage(), end.paid
    person = turn.request.person
    telemetry.event(
        level,
        "turn_ended",
        error_id=end.error_id,
        reason=end.reason.value,
        fault=end.fault.kind.value if end.fault else None,
        detail=turn.mask.text(end.fault.logged) if end.fault else None,
        caller=turn.request.caller.value,
        user_id=person.user_id,
        chat_id=person.chat_id,
        message_id=person.message_id,
        requested_model=turn.slug,
        model=end.model,
        endpoint=end.endpoint,
        response_id=end.response_id,
        attempts=end.attempts,
        retries=end.retries,
        rounds=end.rounds,
        tool_calls=end.calls,
        failed_tool_calls=end.failed_calls,
        items=sum(len(entry.items) for entry in turn.kept),
        seconds=round(end.timing.total, 3),
        ttft_seconds=round(end.timing.first, 3) if end.timing.first is not None else None,
        waited_seconds=round(waited, 3),
        input_tokens=usage.input_tokens,
        cached_tokens=usage.cached_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        output_tokens=usage.output_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        cost=str(paid.total) if paid.is_known else None,
        estimated_cost=str(paid.estimated) if paid.estimated else None,
        unpriced_attempts=paid.unknown or None,
        server_tools=listed(usage.server_tools) or None,
        server_tool_cost=str(usage.server_tool_cost) if usage.server_tool_cost is not None else None,
        ignored_events=end.ignored_events,
        **logged(end.facts),
    )


async def _keep(turn: Settlement, end: End, memory: TurnMemory) -> bool:
    """Store what the turn leaves; delete reasoning that was kept for one reply only, once that reply was given."""
    request, gone = turn.request, turn.figures.outlived
    kept = [kept for entry in turn.kept for kept in entry.items]
    stored = True
    if is_worth_rows((one.item for one in kept), turn.slug):
        cut = end.reason not in (Reason.STOP, Reason.TOOL_CALLS)
        size = characters_of(one.item for one in kept)
        record = await memory.offload.run(lambda: _record(turn, kept, cut=cut), size=size)
        stored = await memory.remember(request.person, request.memory, record)
    if turn.refused:
        own = request.turn_id if turn.own_refused else ""
        marks = marks_after(turn.refused, turn.replayed, own)
        await memory.mark(request.person, request.memory, marks, turn.elsewhere)
    if gone and end.reason in (Reason.STOP, Reason.LENGTH):
        await memory.forget_thinking(request.person, request.memory, gone)
    return stored


def _record(turn: Settlement, kept: list[TurnItem], *, cut: bool) -> TurnRecord:
    models = {entry.model or turn.slug for entry in turn.kept}
    items = tuple(replace(one, shown=_shown(turn.request, one)) for one in kept)
    return TurnRecord(
        turn_id=turn.request.turn_id,
        asked=turn.slug,
        model=models.pop() if len(models) == 1 else "",
        items=items,
        fingerprint=fingerprint_of_answer(turn.figures.asked, items, turn.request.history_format),
        cut=cut,
    )


def _shown(request: TurnRequest, kept: TurnItem) -> str:
    """Return the reference shown for a call or its output; empty if the caller got upstream's own id."""
    if not request.memory.references or not kept.item.get("call_id") or kept.segment < 0:
        return ""
    return call_reference(request.turn_id, kept.segment)

"""Run one turn: admit, assemble, drive, settle.

`RunTurn` owns the tasks that outlive a turn's reader (settlement). It decides nothing about the conversation: the
machine does. One task iterates the outputs, once; if that task ends or closes the iterator, the turn is cancelled and
settled.
"""

import asyncio
import traceback
from collections.abc import AsyncGenerator
from dataclasses import replace
from functools import partial
from typing import Any

from domain.faults.causes import DrawingFlaw
from domain.faults.fault import Fault, FaultKind
from domain.redaction.secrets import redact as redact_shapes
from domain.request.lessons import Lessons, learner_of
from domain.request.turn_request import TurnRequest
from domain.services.admit_turn import AdmitTurn, Ticket, WaitingTurn, fault_of_admission
from domain.services.assemble_turn import Assembled, AssembleTurn, Personal
from domain.services.drive_turn import Driver, TurnPorts, Upkeep
from domain.services.equip_turn import ToolPorts
from domain.services.guard_turn import GuardTurn
from domain.services.keep_pictures import PICTURED, KeepPictures
from domain.services.owned_tasks import OwnedTasks, named
from domain.services.read_media import MediaPorts
from domain.services.reader_disconnect import ReaderDisconnect
from domain.services.report_unknown import ReportUnknown
from domain.services.resolve_attachments import ResolveAttachments
from domain.services.settle_turn import Settlement, began_values, ended_values, settle_turn
from domain.services.sound_calls import SoundCalls
from domain.services.store_budget import StoreHealth
from domain.services.timed_driver import TimedDriver
from domain.services.turn_mask import TurnMask
from domain.services.turn_stores import ChooseStores
from domain.turn.machine import TurnMachine
from domain.turn.outcome import Ending
from domain.turn.statuses import WaitingForPlace
from domain.turn.steps import (
    AttemptBegan,
    AttemptEnded,
    Booking,
    CallUpstream,
    End,
    Ended,
    Learn,
    Output,
    Persist,
    Reason,
    ShowStatus,
    UnknownTypes,
)
from ports.catalog import Model
from ports.clock import Clock
from ports.ids import Ids
from ports.offload import Offload
from ports.responses import ResponsesClient, UpstreamCall
from ports.slots import Slots
from ports.telemetry import Redactor, Telemetry
from ports.timings import scoped, timing_mark
from ports.usage import Timing

__all__ = ["Personal", "RunTurn"]

BROKEN = frozenset({Reason.FAULT, Reason.CANCELLED})
PLACE_SECONDS = 2.0
"""How often a waiting person is shown how many are before them, if that changed."""


class RunTurn:
    """The use case. Safe to call from many tasks of one event loop.

    `redact` masks secrets in what a fault quotes: upstream may repeat the key it was sent.
    """

    def __init__(
        self,
        *,
        responses: ResponsesClient,
        clock: Clock,
        ids: Ids,
        slots: Slots,
        offload: Offload,
        tools: ToolPorts,
        media: MediaPorts,
        telemetry: Telemetry,
        redact: Redactor = redact_shapes,
        store: StoreHealth | None = None,
        guard: GuardTurn | None = None,
    ) -> None:
        self._responses, self._offload = SoundCalls(responses, offload), offload
        self._clock, self._ids, self._telemetry = clock, ids, telemetry
        self._lessons, self._redact = Lessons(clock), redact
        self._tasks = OwnedTasks(telemetry)
        self._unknown = ReportUnknown(telemetry)
        self._admit = AdmitTurn(slots, clock, guard)
        watch = store or StoreHealth(clock, telemetry)
        self._stores = ChooseStores(
            tools.runs,
            tools.temporary_runs,
            tools.chats,
            offload=offload,
            telemetry=telemetry,
            store=watch,
            own=self._tasks.own,
            cipher=tools.cipher,
        )
        self._assemble = AssembleTurn(
            tools=tools,
            media=ResolveAttachments(media, clock),
            clock=clock,
            ids=ids,
            offload=offload,
            telemetry=telemetry,
            store=watch,
            tasks=self._tasks,
            lessons=self._lessons,
        )

    async def run(
        self,
        request: TurnRequest,
        *,
        models: tuple[Model, ...] = (),
        personal: Personal | None = None,
        reader: "asyncio.Task[Any] | None" = None,
    ) -> AsyncGenerator[Output, None]:
        """Yield the outputs of one turn, the last of them `Ended`; raises nothing but cancellation.

        `models`: the catalog as known now. Once `reader`, else the task that iterates, ends, the turn is cancelled.
        """
        error_id, began = self._ids.new_error_id(), self._clock.monotonic()
        request = request if request.turn_id else replace(request, turn_id=self._ids.new_id())
        personal = personal or Personal()
        driver: Driver | Fault = Fault(FaultKind.INTERNAL)
        ticket: Ticket | None = None
        waiting: WaitingTurn | None = None
        settlement = Settlement(request, error_id, mask=(mask := TurnMask(self._redact, request)))
        try:
            checked = await scoped(personal.timing, self._admit.check(request, models))
            if isinstance(checked, Fault):
                driver = checked
            else:
                settlement.slug, settlement.model, settlement.guard = checked.slug, checked.model, checked.guard
                waiting = self._admit.join(request.bounds, request.person.user_id)
                while (ahead := await waiting.moved(PLACE_SECONDS if request.statuses else None)) is not None:
                    yield ShowStatus(WaitingForPlace(ahead))
                ticket = waiting.ticket()
                stores = self._stores.choose(request, personal.memories)
                assembling = self._assemble.assemble(checked, personal, stores, error_id)
                driver = self._driver(await scoped(personal.timing, assembling), personal, settlement, ticket)
        except Exception as error:  # noqa: BLE001 - the edge of a turn: a defect becomes a fault
            driver = fault_of_admission(error)
        except (asyncio.CancelledError, GeneratorExit):
            self._stopped(settlement, began, personal)
            raise
        finally:
            if not isinstance(driver, Driver):
                self._give_up(settlement, waiting, ticket)
        if isinstance(driver, Fault):
            yield self._refuse(driver, error_id, began, request, mask)
            return
        watch = ReaderDisconnect(driver, reader or asyncio.current_task())
        pictures = self._pictures(request, personal, error_id)
        try:
            outputs = driver.begin()
            while True:
                for output in outputs:
                    if output.__class__ in PICTURED:
                        for shown in await pictures.kept(output):
                            yield shown
                    else:
                        yield mask.output(output) if driver.ended or mask.has_own else output
                if driver.ended:
                    break
                outputs = await driver.proceed()
        finally:
            watch.stop()
            driver.abandon()

    async def refuse(self, fault: Fault, request: TurnRequest) -> AsyncGenerator[Output, None]:
        """Yield the only output for a request that was rejected before it became a turn."""
        mask = TurnMask(self._redact, request)
        yield self._refuse(fault, self._ids.new_error_id(), self._clock.monotonic(), request, mask)

    async def drained(self) -> None:
        """Return once no turn runs and every settlement is done."""
        await self._admit.idle()
        await self._tasks.drained()

    # --- details ------------------------------------------------------------------------------------------

    def _stopped(self, settlement: Settlement, began: float, personal: Personal) -> None:
        """Settle a turn whose reader left before it was driven."""
        left = End(Reason.CANCELLED, Timing(self._clock.monotonic() - began), settlement.error_id)
        self._tasks.own(settle_turn(settlement, left, self._telemetry, personal.notices), "openrouter-pipe-settle")

    def _give_up(self, settlement: Settlement, waiting: WaitingTurn | None, ticket: Ticket | None) -> None:
        """Return what a turn holds that will not be driven."""
        if settlement.guard is not None:
            self._tasks.own(self._admit.report(settlement.guard, None), "openrouter-pipe-report")
        if waiting is not None:
            waiting.leave()
        if ticket is not None:
            ticket.release()

    def _driver(
        self, assembled: Assembled | Fault, personal: Personal, settlement: Settlement, ticket: Ticket
    ) -> Driver | Fault:
        """Return the driver of a turn, or its fault. The settlement of the driver releases the ticket first."""
        if isinstance(assembled, Fault):
            return assembled
        request, ready, runner = settlement.request, assembled.ready, assembled.runner
        settlement.figures, settlement.replayed = ready.figures, ready.replayed
        settlement.elsewhere = assembled.elsewhere

        def call(command: CallUpstream) -> UpstreamCall:
            return UpstreamCall(ready.route, command.request, request.limits)

        async def settle(end: End) -> None:
            try:
                ticket.release()
            finally:
                await self._admit.report(settlement.guard, end)
                stored = await settle_turn(settlement, end, self._telemetry, personal.notices, assembled.stores.memory)
            if stored and end.reason not in BROKEN and assembled.stores.interrupted is not None:
                assembled.stores.interrupted.completed(request)
            if runner is not None and stored:  # store the turn first: a crash in between is detected later
                await runner.settle()

        turn_ports = TurnPorts(self._responses, self._clock, runner)
        journal = partial(self._journal, settlement)
        report = partial(self._report, settlement)
        upkeep = Upkeep(settle, journal, partial(self._tasks.own, person=request.person), report)
        machine, scope = TurnMachine(assembled.plan), personal.timing
        if scope is not None:
            return TimedDriver(machine, turn_ports, call, upkeep, scope)
        return Driver(machine, turn_ports, call, upkeep)

    def _pictures(self, request: TurnRequest, personal: Personal, error_id: str) -> KeepPictures:
        stores = request.opens_files and not request.person.temporary
        files = personal.files if stores else None
        return KeepPictures(files, self._clock, self._offload, self._telemetry, error_id)

    def _journal(self, settlement: Settlement, entry: Booking) -> None:
        match entry:
            case AttemptBegan():
                timing_mark("attempt_began")
                if settlement.guard is not None:
                    settlement.guard.called = entry.body.model
                self._telemetry.event("debug", "attempt_began", **began_values(settlement.error_id, entry))
            case AttemptEnded():
                timing_mark("attempt_ended")
                model = settlement.slug
                if settlement.guard is not None:
                    model = settlement.guard.called
                    settlement.guard.faults[model] = entry.fault
                if entry.outcome.ending not in (Ending.CANCELLED, Ending.CRASHED):
                    self._admit.attempted(settlement.request, model, entry.fault)
                self._telemetry.event("debug", "attempt_ended", **ended_values(settlement.error_id, entry))
            case UnknownTypes():
                self._unknown.report(entry, settlement.error_id)
            case Persist():
                settlement.kept.append(entry)
            case Learn(model, lesson, condition):
                settlement.learn(lesson)
                kept = self._lessons.remember(learner_of(settlement.request), model, lesson, condition)
                values = {"error_id": settlement.error_id, "model": model, "lesson": lesson.what, "value": lesson.value}
                self._telemetry.event("info", "request_repaired", kept=kept, **values)

    def _report(self, settlement: Settlement, defect: Exception) -> None:
        places = "".join(traceback.format_tb(defect.__traceback__)[-3:])
        values = {"error_id": settlement.error_id, "detail": settlement.mask.text(named(defect)), "places": places}
        self._telemetry.event("error", "turn_not_booked", **values)

    def _refuse(self, fault: Fault, error_id: str, began: float, request: TurnRequest, mask: TurnMask) -> Output:
        timing = Timing(self._clock.monotonic() - began)
        end = End(Reason.FAULT, timing, error_id, fault)
        expected = fault.cause is DrawingFlaw.WRITES_NOTHING  # hosts ask for a title after each first answer
        self._telemetry.event(
            "info" if expected else "warning",
            "turn_refused",
            error_id=error_id,
            fault=fault.kind.value,
            detail=mask.text(fault.logged),
            model=request.model,
            user_id=request.person.user_id,
        )
        return Ended(mask.end(end))

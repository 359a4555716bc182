"""Run one turn: admit, assemble, drive, settle.

`RunTurn` owns the tasks that outlive a turn's reader (settlement). It decides nothing about the conversation: the
machine does. One task iterates the outputs, once; if that task ends or closes the iterator, the turn is cancelled and
settled.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import Any

from domain.faults.fault import Fault, FaultKind
from domain.redaction.secrets import redact as redact_shapes
from domain.request.lessons import Lessons
from domain.request.turn_request import TurnRequest
from domain.services.admit_turn import AdmitTurn, Ticket, WaitingTurn, fault_of_admission
from domain.services.afford_turn import AffordTurn
from domain.services.assemble_turn import Assembled, AssembleTurn, Personal
from domain.services.book_attempts import BookAttempts
from domain.services.book_turn import BookTurn
from domain.services.check_turn import Checked
from domain.services.drive_turn import Driver, TurnPorts, Upkeep
from domain.services.equip_turn import ToolPorts
from domain.services.guard_turn import GuardTurn
from domain.services.keep_pictures import PICTURED, KeepPictures
from domain.services.measure_turns import MeasureTurns
from domain.services.owned_tasks import OwnedTasks
from domain.services.read_media import MediaPorts
from domain.services.reader_disconnect import ReaderDisconnect
from domain.services.record_turn import Recording
from domain.services.resolve_attachments import ResolveAttachments
from domain.services.run_call import RunCall
from domain.services.settle_turn import Settlement, TurnLogs, log_refusal, settle_turn
from domain.services.sound_calls import SoundCalls
from domain.services.store_budget import StoreHealth
from domain.services.timed_driver import TimedDriver
from domain.services.turn_books import NO_BOOKS, TurnBooks
from domain.services.turn_mask import TurnMask
from domain.services.turn_stores import ChooseStores, TurnStores
from domain.services.turn_underway import Underway
from domain.turn.statuses import WaitingForPlace
from domain.turn.steps import Booking, End, Ended, Output, Reason, ShowStatus
from ports.catalog import Model
from ports.clock import Clock
from ports.ids import Ids
from ports.offload import Offload
from ports.responses import ResponsesClient
from ports.slots import Slots
from ports.telemetry import Redactor, Telemetry
from ports.timings import scoped
from ports.transcripts import Transcripts
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
        measure: MeasureTurns | None = None,
        books: TurnBooks = NO_BOOKS,
    ) -> None:
        self._responses, self._offload = SoundCalls(responses, offload), offload
        self._clock, self._ids, self._logs = clock, ids, TurnLogs(telemetry, measure)
        self._redact, self._books, lessons = redact, books, Lessons(clock)
        self._tasks = OwnedTasks(telemetry)
        self._admit = AdmitTurn(slots, clock, guard, AffordTurn(books.budgets, offload, telemetry))
        self._booking = BookTurn(self._logs, lessons, self._admit.attempted)
        health = store or StoreHealth(clock, telemetry)
        self._stores = ChooseStores(
            tools.runs,
            tools.temporary_runs,
            tools.chats,
            offload=offload,
            telemetry=telemetry,
            store=health,
            own=self._tasks.own,
            cipher=tools.cipher,
            ledger=books.keeper,
        )
        self._assemble = AssembleTurn(
            tools=tools,
            media=ResolveAttachments(media, clock),
            clock=clock,
            ids=ids,
            offload=offload,
            telemetry=telemetry,
            store=health,
            tasks=self._tasks,
            lessons=lessons,
        )

    async def run(
        self,
        request: TurnRequest,
        reader: "asyncio.Task[Any] | None" = None,
        *,
        models: tuple[Model, ...] = (),
        personal: Personal | None = None,
    ) -> AsyncGenerator[Output, None]:
        """Yield the outputs of one turn, the last of them `Ended`; raises nothing but cancellation.

        `models`: the catalog as known now. Once `reader`, else the task that iterates, ends, the turn is cancelled.
        """
        turn = self._underway(request, personal or Personal())
        settlement, personal, recording = turn.settlement, turn.personal, turn.recording
        request, mask = settlement.request, settlement.mask
        driver: Driver | Fault = Fault(FaultKind.INTERNAL)
        waiting: WaitingTurn | None = None
        ticket: Ticket | None = None
        try:
            checked = await scoped(personal.timing, self._admit.check(request, models))
            if isinstance(checked, Fault):
                driver = checked
            else:
                settlement.follow(checked)
                waiting = self._admit.join(request.bounds, request.person.user_id)
                while (ahead := await waiting.moved(PLACE_SECONDS if request.statuses else None)) is not None:
                    yield ShowStatus(WaitingForPlace(ahead))
                ticket, waiting = waiting.ticket(), None
                driver = await self._assembled(checked, models, turn, ticket)
        except Exception as error:  # noqa: BLE001 - the edge of a turn: a defect becomes a fault
            driver = fault_of_admission(error)
        except (asyncio.CancelledError, GeneratorExit):
            self._stopped(turn)
            raise
        finally:
            if not isinstance(driver, Driver):
                self._give_up(settlement, waiting, ticket)
        if isinstance(driver, Fault):
            yield self._refuse(driver, turn)
            return
        pictures = self._pictures(request, personal, settlement.error_id)
        watch = ReaderDisconnect(driver, reader or asyncio.current_task())
        try:
            outputs = driver.begin()
            while True:
                for output in outputs:
                    if output.__class__ in PICTURED:
                        for shown in await pictures.kept(output):
                            yield shown
                    else:
                        yield (await turn.leaving(output)) if driver.ended or mask.has_own else output
                if driver.ended:
                    break
                recording.enter()  # the reader may have continued in another task
                outputs = await driver.proceed()
        finally:
            watch.stop()
            driver.leave()
            recording.leave()

    async def refuse(
        self, fault: Fault, request: TurnRequest, transcripts: Transcripts | None = None
    ) -> AsyncGenerator[Output, None]:
        """Yield the only output for a request that was rejected before it became a turn."""
        yield self._refuse(fault, self._underway(request, Personal(transcripts=transcripts)))

    async def drained(self) -> None:
        """Return once no turn runs and every settlement is done."""
        await self._admit.idle()
        await self._tasks.drained()
        await self._stores.drained()

    # --- details ------------------------------------------------------------------------------------------

    def _underway(self, request: TurnRequest, personal: Personal) -> Underway:
        """Begin a turn: it gets its ids, its mask, and its recording in the running task."""
        began, error_id = self._clock.monotonic(), self._ids.new_error_id()
        request = request if request.turn_id else replace(request, turn_id=self._ids.new_id())
        mask = TurnMask(self._redact, request)
        recording = Recording(request, error_id, mask, self._clock, personal.transcripts)
        return Underway(Settlement(request, error_id, mask=mask), personal, recording, began)

    def _stopped(self, turn: Underway) -> None:
        """Settle a turn whose reader left before it was driven."""
        waited, notices = self._clock.monotonic() - turn.began, turn.personal.notices
        left = End(Reason.CANCELLED, Timing(waited), turn.settlement.error_id)
        self._tasks.own(
            turn.recording.to_the_end(settle_turn(turn.settlement, left, self._logs, notices, waited=waited)),
            "openrouter-pipe-settle",
        )
        turn.recording.leave()

    def _give_up(self, settlement: Settlement, waiting: WaitingTurn | None, ticket: Ticket | None) -> None:
        """Return what a turn holds that will not be driven."""
        if settlement.checked is not None:
            self._settle_budgets(settlement.checked)
            self._tasks.own(self._admit.report(settlement.checked, None), "openrouter-pipe-report")
        if waiting is not None:
            waiting.leave()
        if ticket is not None:
            ticket.release()

    def _settle_budgets(self, checked: Checked) -> None:
        """Post what a turn cost, beside its settlement: a store that fails delays neither memory nor breakers."""
        if checked.hold is not None:
            self._tasks.own(self._admit.settle(checked), "openrouter-pipe-settle-budgets")

    async def _assembled(
        self, checked: Checked, models: tuple[Model, ...], turn: Underway, ticket: Ticket
    ) -> Driver | Fault:
        """Assemble an admitted turn within its budgets and return its driver, or its fault."""
        turn.recording.enter()
        personal, settlement = turn.personal, turn.settlement
        stores = self._stores.choose(checked.request, personal.memories)
        assemble = partial(self._assemble.assemble, personal=personal, stores=stores, error_id=settlement.error_id)
        afforded, assembled = await scoped(personal.timing, self._admit.assembled(checked, models, assemble))
        settlement.follow(afforded)
        return assembled if isinstance(assembled, Fault) else self._driver(assembled, turn, ticket)

    def _driver(self, assembled: Assembled, turn: Underway, ticket: Ticket) -> Driver:
        """Return the driver of a turn."""
        settlement, personal, recording = turn.settlement, turn.personal, turn.recording
        request, ready = settlement.request, assembled.ready
        settlement.figures, settlement.replayed = ready.figures, ready.replayed
        settlement.elsewhere, waited = assembled.elsewhere, self._clock.monotonic() - turn.began
        book = self._book(assembled, turn)

        settle = partial(self._settled, assembled.stores, assembled.runner, turn, ticket, waited)
        journal: Callable[[Booking], None] = partial(self._booking.book, settlement)
        if (costs := self._books.costs) is not None:
            journal = costs.after(book, request, journal)
        journal = book.before(journal, settlement.tally)
        own, report = partial(self._tasks.own, person=request.person), partial(self._booking.report, settlement)
        upkeep = Upkeep(settle, journal, own, report)
        call, turn_ports = partial(book.call, request.limits), TurnPorts(self._responses, self._clock, assembled.runner)
        machine, scope = recording.machine(assembled.plan), personal.timing
        if scope is not None:
            return TimedDriver(machine, turn_ports, call, upkeep, scope)
        return Driver(machine, turn_ports, call, upkeep)

    def _book(self, assembled: Assembled, turn: Underway) -> BookAttempts:
        """Return what books the attempts of a turn; the sums that its person sees are read from now on."""
        settlement, stores, ready = turn.settlement, assembled.stores, assembled.ready
        request, sums, names_chat = settlement.request, self._books.sums, stores.names_chat
        if sums is not None and stores.ledger is not None:
            turn.bill.sums = sums.begin(request, names_chat=names_chat)
        of_turn = (settlement.model, assembled.models, ready.figures, turn.bill)
        return BookAttempts(stores.ledger, request, ready.route, *of_turn, names_chat=names_chat, time=assembled.time)

    def _settled(
        self, stores: TurnStores, runner: RunCall | None, turn: Underway, ticket: Ticket, waited: float, end: End
    ) -> Coroutine[Any, Any, None]:
        return turn.recording.to_the_end(self._settle(end, stores, runner, turn, ticket, waited))

    async def _settle(
        self, end: End, stores: TurnStores, runner: RunCall | None, turn: Underway, ticket: Ticket, waited: float
    ) -> None:
        """Settle a turn that was driven; its ticket is released first."""
        settlement = turn.settlement
        try:
            ticket.release()
        finally:
            if settlement.checked is not None:  # beside the log line and the memory, which wait for neither
                self._settle_budgets(settlement.checked)
                if self._admit.changes(settlement.checked, end):
                    self._tasks.own(self._admit.report(settlement.checked, end), "openrouter-pipe-report")
            to = (self._logs, turn.personal.notices, stores.memory)
            stored = await settle_turn(settlement, end, *to, bill=turn.bill, waited=waited)
        if stored and end.reason not in BROKEN and stores.interrupted is not None:
            stores.interrupted.completed(settlement.request)
        if runner is not None and stored:  # store the turn first: a crash in between is detected later
            await runner.settle()

    def _pictures(self, request: TurnRequest, personal: Personal, error_id: str) -> KeepPictures:
        stores = request.opens_files and not request.person.temporary
        files = personal.files if stores else None
        return KeepPictures(files, self._clock, self._offload, self._logs.telemetry, error_id)

    def _refuse(self, fault: Fault, turn: Underway) -> Output:
        settlement = turn.settlement
        end = End(Reason.FAULT, Timing(self._clock.monotonic() - turn.began), settlement.error_id, fault)
        log_refusal(self._logs.telemetry, fault, settlement)
        turn.recording.leave()
        turn.recording.close()
        return Ended(settlement.mask.end(end))

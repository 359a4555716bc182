"""Run one turn: door, assembly, machine, settlement.

`RunTurn` owns what outlives a turn's reader (settlements). Nothing here decides about the conversation: the
machine does. The outputs are iterated once, by one task; if that task ends or closes the iterator, the turn is
settled as cancelled.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Coroutine
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from domain.conversation.history import Past
from domain.conversation.replay import wanted
from domain.conversation.size import size_of
from domain.faults.fault import Fault, FaultKind
from domain.request.endpoint import may_change
from domain.request.lessons import Lessons
from domain.request.turn_request import Caller, Person, TurnRequest
from domain.services.drive import Driver, TurnPorts, Upkeep, named
from domain.services.equip_turn import EquipTurn, ToolPorts, limits_of
from domain.services.prepare_turn import Ready, prepare_turn
from domain.services.remember_turn import Recalled, TurnMemory
from domain.services.report_broken_off import ReportBrokenOff
from domain.services.run_call import RunCall
from domain.services.settle_turn import Settlement, call_values, settle_turn
from domain.services.store_time import StoreTime, StoreWatch
from domain.services.watch_reader import WatchReader
from domain.tools.results import prompt_characters
from domain.turn.machine import TurnMachine, TurnPlan
from domain.turn.steps import CallUpstream, End, Ended, Learn, Output, Persist, Reason, Record, ShowStatus
from domain.turn.waiting import FOR_A_PLACE
from domain.usage.summary import Timing
from ports.catalog import Model
from ports.clock import Clock
from ports.ids import Ids
from ports.notices import Notices
from ports.offload import Offload
from ports.responses import ResponsesClient, UpstreamCall
from ports.slots import Slots, SlotsFull
from ports.telemetry import Telemetry
from ports.toolbox import Toolbox

STORED_SECONDS, CHATS_KNOWN = 2.0, 10_000


@dataclass(frozen=True, slots=True)
class Personal:
    """What belongs to the one person of a turn."""

    toolbox: Toolbox | None = None
    notices: Notices | None = None
    memory: TurnMemory | None = None


class RunTurn:
    """The use case. Safe to call from many tasks of one event loop."""

    def __init__(
        self,
        *,
        responses: ResponsesClient,
        clock: Clock,
        ids: Ids,
        slots: Slots,
        offload: Offload,
        tools: ToolPorts,
        telemetry: Telemetry,
        store: StoreWatch | None = None,
    ) -> None:
        self._store = store or StoreWatch(clock, telemetry)
        self._responses, self._clock, self._ids = responses, clock, ids
        self._slots, self._offload, self._telemetry = slots, offload, telemetry
        self._equip = EquipTurn(
            tools, offload=offload, clock=clock, ids=ids, telemetry=telemetry, own=self._own, store=self._store
        )
        self._broken_off = ReportBrokenOff(
            tools.runs, tools.chats, offload=offload, telemetry=telemetry, store=self._store, own=self._own
        )
        self._lessons = Lessons()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closing: dict[Person, set[asyncio.Task[Any]]] = {}  # by place in a chat
        self._wordless: OrderedDict[tuple[str, str], None] = OrderedDict()  # chats in which nothing was recognised
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def run(
        self,
        request: TurnRequest,
        *,
        models: tuple[Model, ...] = (),
        own: Personal | None = None,
        reader: "asyncio.Task[Any] | None" = None,
    ) -> AsyncGenerator[Output, None]:
        """Yield the outputs of one turn, ending with exactly one `Ended`; raises nothing but cancellation.

        `models` is the catalog as known now, empty if unknown; `own` is what belongs to this person.
        `reader` is the task whose end means that nobody reads any more (default: the one that starts to iterate).
        """
        error_id, began = self._ids.new_error_id(), self._clock.monotonic()
        if not request.turn_id:
            request = replace(request, turn_id=self._ids.new_id())
        own = own or Personal()
        prepared = await self._prepare(request, models, error_id, own)
        if isinstance(prepared, Fault):
            yield self._refuse(prepared, error_id, began, request)
            return
        driver, settlement = prepared
        try:
            if not self._slots.try_acquire(request.bounds.concurrent):
                yield ShowStatus(FOR_A_PLACE)
                await self._slots.acquire(request.bounds.concurrent, request.bounds.queued)
        except Exception as error:  # noqa: BLE001 - the edge of a turn: a defect of ours must end as a fault
            yield self._refuse(_no_place(error), error_id, began, request)
            return
        except (asyncio.CancelledError, GeneratorExit):
            left = End(Reason.CANCELLED, Timing(self._clock.monotonic() - began), error_id)
            self._own(settle_turn(settlement, left, self._telemetry, own.notices), "openrouter-pipe-settle")
            raise
        watch = WatchReader(driver, reader or asyncio.current_task())
        self._running += 1
        self._idle.clear()
        try:
            outputs = driver.begin()
            while True:
                for output in outputs:
                    yield output
                if driver.ended:
                    break
                outputs = await driver.proceed()
        finally:
            watch.stop()
            driver.abandon()

    async def refuse(self, fault: Fault, request: TurnRequest) -> AsyncGenerator[Output, None]:
        """Yield the one output of a request that cannot become a turn."""
        yield self._refuse(fault, self._ids.new_error_id(), self._clock.monotonic(), request)

    async def drained(self) -> None:
        """Return once no turn runs and every settlement is done."""
        await self._idle.wait()
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    # --- details ------------------------------------------------------------------------------------------

    async def _prepare(
        self, request: TurnRequest, models: tuple[Model, ...], error_id: str, own: Personal
    ) -> tuple[Driver, Settlement] | Fault:
        try:
            specs = own.toolbox.tools() if own.toolbox is not None else ()
            size = size_of(request.messages)
            time = StoreTime(self._store)
            past = await self._past(request, own.memory, size, time)
            broken = await self._broken_off.report(request, past.records, own.memory, time)
            memory = request.memory
            known = Past(past.records, memory.reasoning, memory.full_turns, broken.unknown, broken.answers)
            ready = await self._offload.run(
                lambda: prepare_turn(request, models, specs, self._lessons, known), size=size
            )
            if isinstance(ready, Fault):
                return ready
            if ready.left_out:
                names = ", ".join(ready.left_out)
                self._telemetry.event("debug", "parameters_left_out", error_id=error_id, model=ready.slug, names=names)
            settlement = Settlement(request, ready.model, ready.sending.body, error_id, ready.slug, past)
            return self._driver(ready, own, settlement, time), settlement
        except Exception as defect:  # noqa: BLE001 - the edge of a turn: a defect of ours must end as a fault
            return Fault(FaultKind.INTERNAL, named(defect))

    async def _past(self, request: TurnRequest, memory: TurnMemory | None, size: int, time: StoreTime) -> Recalled:
        """Recall what the history leads back to; reading keeps it from growing old."""
        if memory is None or not request.memory.namespace:
            return Recalled()
        chat, size = (request.memory.namespace, request.person.chat_id), size + 256 * len(request.messages)
        in_page = request.caller is Caller.PAGE
        want = await self._offload.run(lambda: wanted(request.messages, by_fingerprint=not in_page), size=size)
        if in_page and not want.turn_ids and chat not in self._wordless:  # imported, or with nothing to remember
            want = await self._offload.run(lambda: wanted(request.messages), size=size)
        if not (want.turn_ids or want.fingerprints):
            return Recalled()
        if closing := self._closing.get(_place(request.person)):  # the turn before may be on its way to the store
            await time.wait(closing, STORED_SECONDS)
        past = await memory.recall(request.person, request.memory, want.turn_ids, want.fingerprints, time)
        if in_page and not (past.records or past.failed or want.turn_ids):
            self._wordless[chat] = None
            if len(self._wordless) > CHATS_KNOWN:
                self._wordless.popitem(last=False)
        if past.untouched:
            self._own(memory.touch(request.person, request.memory, past.untouched), "openrouter-pipe-touch")
        if past.of_other_chats:
            self._own(memory.unbind(request.person, request.memory, past.of_other_chats), "openrouter-pipe-unbind")
        return past

    def _driver(self, ready: Ready, own: Personal, settlement: Settlement, time: StoreTime) -> Driver:
        request, model, body = settlement.request, ready.model, ready.sending.body
        free = model is not None and (model.is_free or model.prompt_price == model.completion_price == 0)
        plan = TurnPlan(
            body=body,
            endpoint=ready.sending.endpoint,
            other_endpoint=may_change(ready.slug, request.endpoints),
            fallback=ready.fallback,
            error_id=settlement.error_id,
            retry=request.retry.allowing_uncertain() if free else request.retry,
            runnable=ready.tools.runnable,
            sequential=ready.tools.sequential,
            handed_over=ready.tools.meaning(request.tooling.host_only),
            prompt_characters=prompt_characters(model, body.tools) if ready.tools.tools else None,
            sees_images=model is not None and "image" in model.input_modalities,
            call_limits=limits_of(request),
            max_rounds=request.tooling.max_rounds,
            jitter=self._ids.jitter(),
        )

        def call(command: CallUpstream) -> UpstreamCall:
            headers = ready.headers.get(command.body.model, ())
            return UpstreamCall(ready.route, command.body, request.limits, command.endpoint, headers)

        runner: RunCall | None = None
        if ready.tools.tools and own.toolbox is not None:
            runner = self._equip.runner(request, ready.tools, own.toolbox, own.notices, own.memory, time)

        async def settle(end: End) -> None:
            self._slots.release()
            self._running -= 1
            if not self._running:
                self._idle.set()
            stored = await settle_turn(settlement, end, self._telemetry, own.notices, own.memory)
            if runner is not None and stored:  # first what the turn leaves: a crash in between is found out later
                await runner.settle()

        turn_ports = TurnPorts(self._responses, self._clock, runner)
        journal = partial(self._journal, settlement)
        upkeep = Upkeep(settle, journal, partial(self._own, place=_place(request.person)))
        return Driver(TurnMachine(plan), turn_ports, call, upkeep)

    def _journal(self, settlement: Settlement, entry: Persist | Record | Learn) -> None:
        match entry:
            case Persist():
                settlement.kept.append(entry)
            case Record():
                self._telemetry.event("debug", "upstream_call", **call_values(settlement.error_id, entry))
            case Learn(model, lesson):
                self._lessons.remember(settlement.request.route, model, lesson)
                values = {"error_id": settlement.error_id, "model": model, "lesson": lesson.what, "value": lesson.value}
                self._telemetry.event("info", "request_repaired", **values)

    def _refuse(self, fault: Fault, error_id: str, began: float, request: TurnRequest) -> Ended:
        timing = Timing(self._clock.monotonic() - began)
        end = End(Reason.FAULT, timing, error_id, fault)
        self._telemetry.event(
            "warning",
            "turn_refused",
            error_id=error_id,
            fault=fault.kind.value,
            detail=fault.detail,
            model=request.model,
            user_id=request.person.user_id,
        )
        return Ended(end)

    def _own(self, work: Coroutine[Any, Any, object], name: str, place: Person | None = None) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._disown)
        if place is not None:
            self._closing.setdefault(place, set()).add(task)
            task.add_done_callback(partial(self._closed, place))

    def _closed(self, place: Person, task: "asyncio.Task[Any]") -> None:
        self._closing[place].discard(task)
        if not self._closing[place]:
            del self._closing[place]

    def _disown(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (defect := task.exception()) is not None:
            self._telemetry.event("error", "upkeep_failed", task=task.get_name(), detail=named(defect))


def _no_place(error: Exception) -> Fault:
    if isinstance(error, SlotsFull):
        return Fault(FaultKind.BUSY, str(error), retry_after=5.0)
    return Fault(FaultKind.INTERNAL, named(error))


def _place(person: Person) -> Person:
    """Return whose chat it is; callers without chats have one place each."""
    return Person(user_id=person.user_id, chat_id=person.chat_id)

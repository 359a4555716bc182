"""Run one turn: door, assembly, machine, settlement.

`RunTurn` owns what outlives a turn's reader (settlements). Nothing here decides about the conversation: the
machine does. The outputs are iterated once, by one task; if that task ends or closes the iterator, the turn is
settled as cancelled.
"""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from typing import Any

from domain.catalog.selection import find, is_selected, slug_of
from domain.egress.base_url import InvalidBaseUrl, checked_base_url
from domain.faults.fault import Fault, FaultKind
from domain.request.body import Prepared, build
from domain.request.turn_request import Caller, TurnRequest
from domain.services.drive import Driver, TurnPorts, Upkeep, named
from domain.services.settle_turn import Settlement, call_values, settle_turn
from domain.turn.calls import CallLimits
from domain.turn.machine import TurnMachine, TurnPlan
from domain.turn.steps import End, Ended, Output, Persist, Reason, Record, ShowStatus
from domain.turn.waiting import FOR_A_PLACE
from domain.usage.summary import Timing
from ports.catalog import Model
from ports.clock import Clock
from ports.ids import Ids
from ports.notices import Notices
from ports.responses import ResponsesBody, ResponsesClient, Route, UpstreamCall
from ports.slots import Slots, SlotsFull
from ports.telemetry import Telemetry
from ports.toolbox import Toolbox


class RunTurn:
    """The use case. Safe to call from many tasks of one event loop."""

    def __init__(
        self, *, responses: ResponsesClient, clock: Clock, ids: Ids, slots: Slots, telemetry: Telemetry
    ) -> None:
        self._responses, self._clock, self._ids = responses, clock, ids
        self._slots, self._telemetry = slots, telemetry
        self._tasks: set[asyncio.Task[None]] = set()
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def run(
        self,
        request: TurnRequest,
        *,
        models: tuple[Model, ...] = (),
        toolbox: Toolbox | None = None,
        notices: Notices | None = None,
        reader: "asyncio.Task[Any] | None" = None,
    ) -> AsyncGenerator[Output, None]:
        """Yield the outputs of one turn, ending with exactly one `Ended`; raises nothing but cancellation.

        `models` is the catalog as known now, empty if unknown; `toolbox` and `notices` belong to this person.
        `reader` is the task whose end means that nobody reads any more (default: the one that starts to iterate).
        """
        error_id, began = self._ids.new_error_id(), self._clock.monotonic()
        prepared = self._prepare(request, models, error_id, toolbox, notices)
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
            self._own(settle_turn(settlement, left, self._telemetry, notices), "openrouter-pipe-settle")
            raise
        watch = _Watch(driver, reader or asyncio.current_task())
        self._running += 1
        self._idle.clear()
        try:
            async with aclosing(driver.outputs()) as outputs:
                async for output in outputs:
                    yield output
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

    def _prepare(
        self,
        request: TurnRequest,
        models: tuple[Model, ...],
        error_id: str,
        toolbox: Toolbox | None,
        notices: Notices | None,
    ) -> tuple[Driver, Settlement] | Fault:
        try:
            model = find(request.model, models)
            slug = model.id if model is not None else slug_of(request.model)
            known = frozenset(entry.id for entry in models) if request.parameters.models else frozenset()
            prepared = self._checked(request, slug, model, toolbox, known)
            if isinstance(prepared, Fault):
                return prepared
            route, sent = prepared
            settlement = Settlement(request, model, sent.body, error_id, slug)
            if sent.left_out:
                left_out = ", ".join(sent.left_out)
                self._telemetry.event("debug", "parameters_left_out", error_id=error_id, model=slug, names=left_out)
            return self._driver(route, sent, toolbox, notices, settlement), settlement
        except Exception as defect:  # noqa: BLE001 - the edge of a turn: a defect of ours must end as a fault
            return Fault(FaultKind.INTERNAL, named(defect))

    def _checked(
        self, request: TurnRequest, slug: str, model: Model | None, toolbox: Toolbox | None, known: frozenset[str]
    ) -> tuple[Route, Prepared] | Fault:
        if not request.route.api_key.strip():
            return Fault(FaultKind.NO_KEY)
        try:
            base_url = checked_base_url(request.route.base_url, request.insecure_hosts)
        except InvalidBaseUrl as error:
            return Fault(FaultKind.BAD_ROUTE, detail=f"BASE_URL: {error}")
        if request.caller is not Caller.TASK and not is_selected(slug, request.selection):
            return Fault(FaultKind.FILTERED_MODEL, detail=slug)
        sent = build(request, slug, model, toolbox.specifications() if toolbox is not None else (), known)
        if isinstance(sent, Fault):
            return sent
        given = request.route
        return Route(base_url, given.api_key.strip(), given.referer, given.title), sent

    def _driver(
        self,
        route: Route,
        sent: Prepared,
        toolbox: Toolbox | None,
        notices: Notices | None,
        settlement: Settlement,
    ) -> Driver:
        request, body, model = settlement.request, settlement.body, settlement.model
        free = model is not None and (model.is_free or model.prompt_price == model.completion_price == 0)
        retry = request.retry
        plan = TurnPlan(
            body=body,
            error_id=settlement.error_id,
            retry=retry.allowing_uncertain() if free else retry,
            runnable=frozenset(str(tool.get("name")) for tool in body.tools) if toolbox is not None else frozenset(),
            call_limits=CallLimits(seconds=request.bounds.tool_seconds),
            max_rounds=request.bounds.max_rounds,
            jitter=self._ids.jitter(),
        )

        def call(round_body: ResponsesBody) -> UpstreamCall:
            return UpstreamCall(route, round_body, request.limits, sent.endpoint, sent.headers)

        async def settle(end: End) -> None:
            self._slots.release()
            self._running -= 1
            if not self._running:
                self._idle.set()
            await settle_turn(settlement, end, self._telemetry, notices)

        turn_ports = TurnPorts(self._responses, self._clock, toolbox)

        def journal(entry: Persist | Record) -> None:
            if isinstance(entry, Persist):
                settlement.items += len(entry.items)
            else:
                self._telemetry.event("debug", "upstream_call", **call_values(settlement.error_id, entry))

        return Driver(TurnMachine(plan), turn_ports, call, Upkeep(settle, journal, self._own))

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

    def _own(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._disown)

    def _disown(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (defect := task.exception()) is not None:
            self._telemetry.event("error", "upkeep_failed", task=task.get_name(), detail=named(defect))


def _no_place(error: Exception) -> Fault:
    if isinstance(error, SlotsFull):
        return Fault(FaultKind.BUSY, str(error), retry_after=5.0)
    return Fault(FaultKind.INTERNAL, named(error))


class _Watch:
    """Settles a turn whose reader's task ended without closing the iterator."""

    def __init__(self, driver: Driver, reader: "asyncio.Task[Any] | None") -> None:
        self._driver, self._reader = driver, reader
        if self._reader is not None:
            self._reader.add_done_callback(self._gone)

    def _gone(self, _task: "asyncio.Task[Any]") -> None:
        self._driver.abandon()

    def stop(self) -> None:
        if self._reader is not None:
            self._reader.remove_done_callback(self._gone)

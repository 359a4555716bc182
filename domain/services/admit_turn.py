"""Admit a turn: check what needs no resources, then issue its ticket."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial

from domain.faults.fault import Fault, FaultKind
from domain.request.turn_request import Bounds, Caller, TurnRequest
from domain.services.afford_turn import AffordTurn, Assemble
from domain.services.assemble_turn import Assembled
from domain.services.check_turn import Checked, check_turn, stand_in
from domain.services.guard_turn import GuardTurn, TurnGuard
from domain.services.owned_tasks import named
from domain.services.refused_keys import RefusedKeys
from domain.services.store_budget import within
from domain.turn.steps import End
from ports.catalog import Model
from ports.clock import Clock
from ports.slots import Place, Slots, SlotsFull


class Ticket:
    """The resources a turn holds while it runs. `release` returns all of them."""

    __slots__ = ("_held",)

    def __init__(self, *give_back: Callable[[], None]) -> None:
        self._held = list(give_back)

    def release(self) -> None:
        """Return everything in reverse order; only the first call has an effect.

        If one resource cannot be returned, the others still are.
        """
        try:
            while self._held:
                self._held.pop()()
        finally:
            if self._held:
                self.release()


class WaitingTurn:
    """A turn on its way in; whoever joined takes its ticket or calls `leave`. Without a `place` it need not wait."""

    def __init__(self, issue: Callable[[], Ticket], clock: Clock, place: Place | None = None) -> None:
        self._issue, self._clock, self._place = issue, clock, place
        self._served: asyncio.Task[None] | None = None
        if place is not None:
            loop = asyncio.get_running_loop()
            self._served = loop.create_task(place.served(), name="openrouter-pipe-wait-in-line")
        self._left = False
        self._ahead: int | None = None

    async def moved(self, seconds: float | None) -> int | None:
        """Return how many turns begin before this one, at once and then whenever that has changed; None once served.

        It is compared every `seconds`; None never compares it.
        """
        while self._place is not None and self._served is not None and not self._served.done():
            if self._ahead != (ahead := self._place.ahead()):
                self._ahead = ahead
                return ahead
            with suppress(TimeoutError):
                async with within(self._clock, seconds):
                    await asyncio.wait((self._served,))
        return None

    def ticket(self) -> Ticket:
        """Return the ticket of a turn that was served."""
        self._left = True
        return self._issue()

    def leave(self) -> None:
        """Leave, unless the ticket was issued."""
        if self._left or self._place is None or self._served is None:
            return
        self._left = True
        self._served.cancel()
        self._place.leave()


class AdmitTurn:
    """The use case; belongs to one event loop. The caller must release every ticket.

    `person` is whoever a turn belongs to: people get fair shares of the slots and of the line.
    """

    def __init__(
        self, slots: Slots, clock: Clock, guard: GuardTurn | None = None, afford: AffordTurn | None = None
    ) -> None:
        self._slots, self._clock, self._guard, self._afford = slots, clock, guard, afford
        self._refused_keys = RefusedKeys(clock)
        self._held = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def check(self, request: TurnRequest, models: tuple[Model, ...]) -> Checked | Fault:
        """Check a request and what is spent of its budgets, then ask the breakers of its person and its model.

        A model that keeps failing is replaced by the fallback model, if there is one that does not. Report the end of
        what is returned. Background tasks do not try a key that upstream refused a moment ago.
        """
        checked = check_turn(request, models)
        if isinstance(checked, Fault):
            return checked
        refused = self._refused_keys.refusal(request.route, checked.slug) if request.caller is Caller.TASK else None
        if refused is not None:
            return refused
        if self._afford is not None:
            waits = self._slots.is_full(request.bounds.concurrent)
            checked = await self._afford.check(checked, models, waits=waits)
        if isinstance(checked, Fault) or self._guard is None:
            return checked
        guard = await self._guard.admit(request)
        if isinstance(guard, Fault):
            return guard
        if not await self._guard.admits_model(guard, request, checked.slug):
            checked = await self._replaced(checked, guard, request, models)
        return replace(checked, guard=guard)

    async def assembled(
        self, checked: Checked, models: tuple[Model, ...], assemble: Assemble
    ) -> tuple[Checked, Assembled | Fault]:
        """Assemble a turn that has its ticket, and reserve what it may cost."""
        if self._afford is None:
            return checked, await assemble(checked)
        return await self._afford.assembled(checked, models, assemble, partial(self._admits, checked))

    def attempted(self, request: TurnRequest, model: str, fault: Fault | None) -> None:
        """Note how an attempt to call `model` ended; None: upstream answered."""
        self._refused_keys.note(request.route, model, fault)

    async def report(self, checked: Checked, end: End | None) -> None:
        """Report how a turn ended to its breakers; None if it never ran."""
        if checked.guard is not None and self._guard is not None:
            await self._guard.report(checked.guard, end)

    def changes(self, checked: Checked, end: End | None) -> bool:
        """Return whether `report` has to tell a breaker how a turn ended."""
        return checked.guard is not None and self._guard is not None and self._guard.changes(checked.guard, end)

    async def settle(self, checked: Checked) -> None:
        """Post what a turn cost to its budgets, or release what it holds."""
        if self._afford is not None:
            await self._afford.settle(checked)

    def join(self, bounds: Bounds, person: str = "") -> WaitingTurn:
        """Take a slot, or join the line. Raises SlotsFull if it is full, or the person's share of it."""
        issue = partial(self._ticket, person)
        if self._slots.try_acquire(bounds.concurrent, person):
            return WaitingTurn(issue, self._clock)
        return WaitingTurn(issue, self._clock, self._slots.join(bounds.concurrent, bounds.queued, person))

    async def idle(self) -> None:
        """Return once every ticket is released."""
        await self._idle.wait()

    async def _replaced(
        self, checked: Checked, guard: TurnGuard, request: TurnRequest, models: tuple[Model, ...]
    ) -> Checked:
        """Return the turn with the fallback model, if that is called, offered and affordable."""
        other = stand_in(request, models, request.fallback_model)
        if other is None or self._guard is None or not await self._guard.admits_model(guard, request, other.slug):
            return checked
        replaced = replace(other, stands_in_for=checked.slug, hold=checked.hold)
        if self._afford is not None and await self._afford.turn_to(replaced) is not None:
            await self._afford.turn_to(checked)
            return checked
        return replaced

    async def _admits(self, checked: Checked, slug: str) -> bool:
        """Return whether the breakers let an admitted turn call a model."""
        if self._guard is None or checked.guard is None or slug in checked.guard.models:
            return True
        return await self._guard.admits_model(checked.guard, checked.request, slug)

    def _ticket(self, person: str) -> Ticket:
        self._held += 1
        self._idle.clear()
        return Ticket(self._left, partial(self._slots.release, person))

    def _left(self) -> None:
        self._held -= 1
        if not self._held:
            self._idle.set()


def fault_of_admission(error: Exception) -> Fault:
    """Return the fault for an error of admission."""
    if isinstance(error, SlotsFull):
        return Fault(FaultKind.BUSY, str(error), retry_after=5.0)
    return Fault(FaultKind.INTERNAL, named(error))

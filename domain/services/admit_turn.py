"""Admit a turn: check what needs no resources, then issue its ticket."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial

from domain.catalog.offer import objections_to, with_variants
from domain.catalog.selection import find, slug_of
from domain.egress.base_url import InvalidBaseUrl, checked_base_url
from domain.egress.pasted import is_key
from domain.faults.causes import AddressRefused, KeyFlaw, MessagesFlaw, ModelFiltered
from domain.faults.fault import Fault, FaultKind
from domain.request.turn_request import Bounds, Caller, TurnRequest
from domain.services.owned_tasks import named
from ports.catalog import Model
from ports.clock import Clock
from ports.responses import Route
from ports.slots import Place, Slots, SlotsFull


@dataclass(frozen=True, slots=True)
class Checked:
    """A checked request: its catalog entry (None if the catalog has none) and its route.

    `models` is the catalog, including the variants on offer.
    """

    request: TurnRequest
    slug: str
    model: Model | None
    route: Route
    models: tuple[Model, ...] = ()


def check_turn(request: TurnRequest, models: tuple[Model, ...]) -> Checked | Fault:
    """Check key, address, model and messages; return the first fault found."""
    if not request.route.api_key.strip():
        return Fault(FaultKind.NO_KEY)
    if not is_key(request.route.api_key.strip()):
        return Fault(FaultKind.BAD_KEY, cause=KeyFlaw.CHARACTERS)
    try:
        base_url = checked_base_url(request.route.base_url, request.insecure_hosts)
    except InvalidBaseUrl as error:
        return Fault(FaultKind.BAD_ROUTE, cause=AddressRefused(error.flaw, error.host))
    everything = with_variants(models, request.offer.variants)
    model = find(request.model, everything)
    slug = model.id if model is not None else slug_of(request.model)
    objections = objections_to(slug, model, request.offer, chosen_by_person=request.caller is not Caller.TASK)
    if objections:
        return Fault(FaultKind.FILTERED_MODEL, cause=ModelFiltered(slug, objections))
    if not request.messages:
        return Fault(FaultKind.BAD_MESSAGES, cause=MessagesFlaw.NONE)
    given = request.route
    route = replace(given, base_url=base_url, api_key=given.api_key.strip())
    return Checked(request, slug, model, route, everything)


class Ticket:
    """The resources a turn holds while it runs. `release` returns all of them."""

    def __init__(self, *give_back: Callable[[], None]) -> None:
        self._held = ExitStack()
        for one in give_back:
            self._held.callback(one)

    def release(self) -> None:
        """Return everything in reverse order; only the first call has an effect.

        If one resource cannot be returned, the others still are.
        """
        self._held.close()


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
            await self._pause(self._served, seconds)
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

    async def _pause(self, served: "asyncio.Task[None]", seconds: float | None) -> None:
        if seconds is None:
            await asyncio.wait((served,))
            return
        timer = asyncio.ensure_future(self._clock.sleep_until(self._clock.monotonic() + seconds))
        try:
            await asyncio.wait((served, timer), return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()


class AdmitTurn:
    """The use case; belongs to one event loop. The caller must release every ticket.

    `person` is whoever a turn belongs to: people get fair shares of the slots and of the line.
    """

    def __init__(self, slots: Slots, clock: Clock) -> None:
        self._slots, self._clock = slots, clock
        self._held = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def join(self, bounds: Bounds, person: str = "") -> WaitingTurn:
        """Take a slot, or join the line. Raises SlotsFull if it is full, or the person's share of it."""
        issue = partial(self._ticket, person)
        if self._slots.try_acquire(bounds.concurrent, person):
            return WaitingTurn(issue, self._clock)
        return WaitingTurn(issue, self._clock, self._slots.join(bounds.concurrent, bounds.queued, person))

    async def idle(self) -> None:
        """Return once every ticket is released."""
        await self._idle.wait()

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

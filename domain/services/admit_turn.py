"""Admit a turn: check what needs no resources, then issue its ticket."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial

from domain.catalog.offer import objections_to, with_variants
from domain.catalog.selection import find, slug_of
from domain.egress.base_url import InvalidBaseUrl, checked_base_url
from domain.egress.pasted import is_key
from domain.faults.causes import AddressRefused, KeyFlaw, MessagesFlaw, ModelFiltered
from domain.faults.fault import Fault, FaultKind
from domain.request.turn_request import Bounds, Caller, TurnRequest
from domain.services.guard_turn import GuardTurn, TurnGuard
from domain.services.owned_tasks import named
from domain.services.refused_keys import RefusedKeys
from domain.services.store_budget import within
from domain.turn.steps import End
from ports.catalog import Model
from ports.clock import Clock
from ports.responses import Route
from ports.slots import Place, Slots, SlotsFull


@dataclass(frozen=True, slots=True)
class Checked:
    """A checked request: its catalog entry (None if the catalog has none) and its route.

    `models` is the catalog, including the variants on offer. `stands_in_for`: the model that was requested, if this one
    answers because that one keeps failing. `guard`: the breakers that the turn must report to.
    """

    request: TurnRequest
    slug: str
    model: Model | None
    route: Route
    models: tuple[Model, ...] = ()
    stands_in_for: str = ""
    guard: TurnGuard | None = None


def check_turn(request: TurnRequest, models: tuple[Model, ...]) -> Checked | Fault:
    """Check key, address, model and messages; return the first fault found."""
    if not request.route.api_key.strip():
        return Fault(FaultKind.BAD_KEY, cause=KeyFlaw.UNREADABLE) if request.route.own_key else Fault(FaultKind.NO_KEY)
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


def _stand_in(request: TurnRequest, models: tuple[Model, ...]) -> Checked | None:
    """Return the request to the fallback model; None if there is none that may be called."""
    if not request.fallback_model:
        return None
    checked = check_turn(replace(request, model=request.fallback_model, fallback_model=""), models)
    return None if isinstance(checked, Fault) else checked


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

    def __init__(self, slots: Slots, clock: Clock, guard: GuardTurn | None = None) -> None:
        self._slots, self._clock, self._guard = slots, clock, guard
        self._refused_keys = RefusedKeys(clock)
        self._held = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def check(self, request: TurnRequest, models: tuple[Model, ...]) -> Checked | Fault:
        """Check a request, then ask the breakers of its person and its model.

        A model that keeps failing is replaced by the fallback model, if there is one that does not. Report to the
        guard of what is returned. Background tasks do not try a key that upstream refused a moment ago.
        """
        checked = check_turn(request, models)
        if isinstance(checked, Fault):
            return checked
        refused = self._refused_keys.refusal(request.route, checked.slug) if request.caller is Caller.TASK else None
        if refused is not None or self._guard is None:
            return refused or checked
        guard = await self._guard.admit(request)
        if isinstance(guard, Fault):
            return guard
        if not await self._guard.admits_model(guard, request, checked.slug):
            other = _stand_in(request, models)
            if other is not None and await self._guard.admits_model(guard, request, other.slug):
                checked = replace(other, stands_in_for=checked.slug)
        return replace(checked, guard=guard)

    def attempted(self, request: TurnRequest, model: str, fault: Fault | None) -> None:
        """Note how an attempt to call `model` ended; None: upstream answered."""
        self._refused_keys.note(request.route, model, fault)

    async def report(self, guard: TurnGuard | None, end: End | None) -> None:
        """Report how a turn ended to its breakers; None if it never ran."""
        if guard is not None and self._guard is not None:
            await self._guard.report(guard, end)

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

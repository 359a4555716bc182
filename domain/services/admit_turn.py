"""Admit a turn: check what needs no resources, then issue its ticket."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace

from domain.catalog.offer import objections_to, with_variants
from domain.catalog.selection import find, slug_of
from domain.egress.base_url import InvalidBaseUrl, checked_base_url
from domain.egress.pasted import is_key
from domain.faults.causes import AddressRefused, KeyFlaw, MessagesFlaw, ModelFiltered
from domain.faults.fault import Fault, FaultKind
from domain.request.turn_request import Bounds, Caller, TurnRequest
from domain.services.owned_tasks import named
from ports.catalog import Model
from ports.responses import Route
from ports.slots import Slots, SlotsFull


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


class AdmitTurn:
    """The use case; belongs to one event loop. The caller must release every ticket."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._held = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def at_once(self, bounds: Bounds) -> Ticket | None:
        """Return a ticket if a slot is free, else None."""
        return self._ticket() if self._slots.try_acquire(bounds.concurrent) else None

    async def in_line(self, bounds: Bounds) -> Ticket:
        """Wait in line for a slot. Raises SlotsFull if the line is full."""
        await self._slots.acquire(bounds.concurrent, bounds.queued)
        return self._ticket()

    async def idle(self) -> None:
        """Return once every ticket is released."""
        await self._idle.wait()

    def _ticket(self) -> Ticket:
        self._held += 1
        self._idle.clear()
        return Ticket(self._left, self._slots.release)

    def _left(self) -> None:
        self._held -= 1
        if not self._held:
            self._idle.set()


def fault_of_admission(error: Exception) -> Fault:
    """Return the fault for an error of admission."""
    if isinstance(error, SlotsFull):
        return Fault(FaultKind.BUSY, str(error), retry_after=5.0)
    return Fault(FaultKind.INTERNAL, named(error))

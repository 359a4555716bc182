"""Check what a turn needs before anything is taken: key, address, model and messages."""

from dataclasses import dataclass, replace

from domain.catalog.offer import objections_to, with_variants
from domain.catalog.selection import resolved
from domain.egress.base_url import InvalidBaseUrl, checked_base_url
from domain.egress.pasted import is_key
from domain.faults.causes import AddressRefused, KeyFlaw, MessagesFlaw, ModelFiltered
from domain.faults.fault import Fault, FaultKind
from domain.request.turn_request import Caller, TurnRequest
from domain.services.guard_turn import TurnGuard
from domain.services.turn_hold import TurnHold
from ports.catalog import Model
from ports.responses import Route


@dataclass(frozen=True, slots=True)
class Checked:
    """A checked request: its catalog entry (None if the catalog has none) and its route.

    `models` is the catalog, including the variants on offer. `stands_in_for`: the model that was requested, if this one
    answers because that one keeps failing. `saves_for`: the same, because the budget `spent_budget` is spent for it.
    `without_extras_for`: the spent budget for which this free model goes on without paid tools. `guard`: the breakers
    that the turn must report to. `hold`: what it holds of the budgets.
    """

    request: TurnRequest
    slug: str
    model: Model | None
    route: Route
    models: tuple[Model, ...] = ()
    stands_in_for: str = ""
    guard: TurnGuard | None = None
    saves_for: str = ""
    spent_budget: str = ""
    without_extras_for: str = ""
    hold: TurnHold | None = None


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
    slug, model = resolved(request.model, everything)
    objections = objections_to(slug, model, request.offer, chosen_by_person=request.caller is not Caller.TASK)
    if objections:
        return Fault(FaultKind.FILTERED_MODEL, cause=ModelFiltered(slug, objections))
    if not request.messages:
        return Fault(FaultKind.BAD_MESSAGES, cause=MessagesFlaw.NONE)
    given = request.route
    key = given.api_key.strip()
    if (base_url, key) != (given.base_url, given.api_key):
        given = replace(given, base_url=base_url, api_key=key)
    return Checked(request, slug, model, given, everything)


def stand_in(request: TurnRequest, models: tuple[Model, ...], other: str) -> Checked | None:
    """Return the request to another model, named by the operator; None if there is none that may be called."""
    if not other:
        return None
    fallback = "" if other == request.fallback_model else request.fallback_model
    checked = check_turn(replace(request, model=other, fallback_model=fallback), models)
    return None if isinstance(checked, Fault) else checked

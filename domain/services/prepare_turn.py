"""Prepare one turn: everything that can be refused before anything is taken, and what will be sent."""

from dataclasses import dataclass

from domain.catalog.offer import reasons_against, with_variants
from domain.catalog.selection import find, slug_of
from domain.egress.base_url import InvalidBaseUrl, checked_base_url
from domain.faults.fault import Fault, FaultKind
from domain.request.body import build
from domain.request.lessons import Lessons
from domain.request.repair import Sending
from domain.request.turn_request import Caller, TurnRequest
from ports.catalog import Model
from ports.json_values import JsonObject
from ports.responses import Route


@dataclass(frozen=True, slots=True)
class Ready:
    """A turn that may run: its model, where it goes, what is sent, and what stands in if the model cannot be had."""

    slug: str
    model: Model | None
    route: Route
    sending: Sending
    fallback: Sending | None = None
    headers: tuple[tuple[str, str], ...] = ()
    left_out: tuple[str, ...] = ()


def prepare_turn(
    request: TurnRequest, models: tuple[Model, ...], tools: tuple[JsonObject, ...], lessons: Lessons
) -> Ready | Fault:
    """Check key, address, model and messages, and build what is sent; the first thing wrong is the fault."""
    if not request.route.api_key.strip():
        return Fault(FaultKind.NO_KEY)
    try:
        base_url = checked_base_url(request.route.base_url, request.insecure_hosts)
    except InvalidBaseUrl as error:
        return Fault(FaultKind.BAD_ROUTE, detail=f"BASE_URL: {error}")
    everything = with_variants(models, request.offer.variants)
    model = find(request.model, everything)
    slug = model.id if model is not None else slug_of(request.model)
    reasons = reasons_against(slug, model, request.offer, chosen_by_person=request.caller is not Caller.TASK)
    if reasons:
        return Fault(FaultKind.FILTERED_MODEL, detail=f"{slug}: {'; '.join(reasons)}")
    known = frozenset(entry.id for entry in models) if request.parameters.models else frozenset()
    sent = build(request, slug, model, tools, known)
    if isinstance(sent, Fault):
        return sent
    given = request.route
    return Ready(
        slug,
        model,
        Route(base_url, given.api_key.strip(), given.referer, given.title),
        lessons.apply(Sending(sent.body, sent.endpoint)),
        _fallback(request, everything, slug, tools, lessons),
        sent.headers,
        sent.left_out,
    )


def _fallback(
    request: TurnRequest, models: tuple[Model, ...], slug: str, tools: tuple[JsonObject, ...], lessons: Lessons
) -> Sending | None:
    """Return what goes to the model that stands in; prices, privacy and the off switch hold for it too."""
    if not request.fallback_model:
        return None
    model = find(request.fallback_model, models)
    other = model.id if model is not None else slug_of(request.fallback_model)
    if other == slug or reasons_against(other, model, request.offer, chosen_by_person=False):
        return None
    sent = build(request, other, model, tools)
    return None if isinstance(sent, Fault) else lessons.apply(Sending(sent.body, sent.endpoint))

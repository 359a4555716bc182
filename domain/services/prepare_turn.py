"""Prepare one turn: its request, and the request to the fallback model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from domain.catalog.offer import objections_to
from domain.catalog.prompt_window import window_of
from domain.catalog.selection import resolved
from domain.catalog.support import holds_to_schemas, only_draws, takes_tools
from domain.conversation.figures import Figures, figures_of
from domain.conversation.history import History, Past, parsed
from domain.conversation.interrupted_calls import without_outputs
from domain.conversation.record import TurnRecord
from domain.faults.fault import Fault
from domain.request.body import Prepared, build, passed_on
from domain.request.endpoint import may_change
from domain.request.lessons import Lessons, learner_of
from domain.request.turn_request import TurnRequest
from domain.services.check_turn import Checked
from domain.tools.registry import Registry, merged
from domain.tools.results import fitted, prompt_characters, room_left
from domain.tools.surplus import Surplus
from domain.turn.fitting import Fit, first_fitted
from ports.catalog import Model
from ports.json_values import JsonObject
from ports.responses import Route, UpstreamRequest
from ports.toolbox import ToolResult, ToolSpec


@dataclass(frozen=True, slots=True)
class Ready:
    """A turn that may run: its model, route and request.

    `fallback` builds the request to the fallback model, if one is allowed: only when needed, from the parsed history.
    `tools` are those the turn runs itself. `figures` are facts of the history for the settlement. `replayed`: stored
    turns of which something is sent. `surplus` and `renamed` are those of `Prepared`. `fit`: how long the requests may
    be.
    """

    slug: str
    model: Model | None
    route: Route
    sending: UpstreamRequest
    fallback: Callable[[], UpstreamRequest | None] | None = None
    left_out: tuple[str, ...] = ()
    tools: Registry = field(default_factory=Registry)
    figures: Figures = field(default_factory=Figures)
    replayed: tuple[TurnRecord, ...] = ()
    surplus: Surplus = field(default_factory=Surplus)
    renamed: Mapping[str, str] = field(default_factory=dict)
    fit: Fit = field(default_factory=Fit)


def prepare_turn(
    checked: Checked,
    specs: tuple[ToolSpec, ...],
    lessons: Lessons,
    past: Past | None = None,
    *,
    remembered: bool = False,
) -> Ready | Fault:
    """Build the request, or return the first fault found.

    `past`: what is stored about the turns of the history; `remembered`: this answer will be stored too. Pure
    computation: offload it for a long history.
    """
    slug, model = checked.slug, checked.model
    request = _with_offered_fallbacks(checked.request, checked.models)
    registry = _registry(request, model, specs)
    tools = registry.offered
    past = _with_room(past or Past(), model, tools)
    history = parsed(request.messages, request.prompting.history_turns, past)
    sent = build(request, slug, model, tools, history=history)
    if isinstance(sent, Fault):
        return sent
    items, fit = sent.request.body.input, _fit(checked, lessons)
    room: int | None = None
    if registry.tools:
        shortens = fit.knows(slug)
        room = room_left(prompt_characters(model, sent.request.body.tools), items, shortens=shortens)
    sending, fit = first_fitted(_learned(sent, request, model, lessons), replace(fit, room=room))
    figures = figures_of(request.messages, past, history, sending.body.input, remembered=remembered)
    return Ready(
        slug,
        model,
        checked.route,
        sending,
        _fallback(request, checked.models, slug, tools, history, lessons),
        (*sent.left_out, *registry.reasons),
        registry,
        figures,
        tuple(record for record in past.records if record.turn_id in history.matches.turn_ids),
        sent.surplus,
        sent.renamed,
        fit,
    )


def _fit(checked: Checked, lessons: Lessons) -> Fit:
    """Return what the prompts of the model and of the fallback model may take, by the catalog and earlier refusals."""
    known = {checked.slug: window_of(checked.model)}
    if checked.request.fallback_model:
        other, model = resolved(checked.request.fallback_model, checked.models)
        known |= {other: window_of(model)} if model is not None else {}
    if not lessons:
        return Fit({slug: window for slug, window in known.items() if window is not None})
    learner = learner_of(checked.request)
    limits = {slug: lessons.prompt_limit(learner, slug) for slug in known}
    factors = {slug: lessons.prompt_weight(learner, slug) for slug in known}
    return Fit(
        {slug: window for slug, window in known.items() if window is not None},
        {slug: limit for slug, limit in limits.items() if limit is not None},
        {slug: factor for slug, factor in factors.items() if factor is not None},
    )


def _registry(request: TurnRequest, model: Model | None, specs: tuple[ToolSpec, ...]) -> Registry:
    """Merge the tools the turn runs with those passed on; no tools for a model that accepts none."""
    if not specs or not takes_tools(model):
        return Registry()
    holds = holds_to_schemas(model)
    return merged(specs, passed_on(request), strictly=request.tooling.strict and holds)


def _with_room(past: Past, model: Model | None, tools: tuple[JsonObject, ...]) -> Past:
    """Drop results of interrupted answers, oldest first, that would fill more than half of the model's prompt."""
    if not past.interrupted:
        return past
    room = prompt_characters(model, tools) // 2
    left_out: dict[tuple[str, str], str] = {}
    for call in reversed([call for answer in past.interrupted for call in answer.calls]):
        if call.kept is not None:
            text = fitted(ToolResult(call.kept.output), room).text
            room -= len(text)
            if text != call.kept.output:
                left_out[call.turn_id, call.call_id] = text
    return replace(past, interrupted=without_outputs(past.interrupted, left_out))


def _fallback(
    request: TurnRequest,
    models: tuple[Model, ...],
    slug: str,
    tools: tuple[JsonObject, ...],
    history: History,
    lessons: Lessons,
) -> Callable[[], UpstreamRequest | None] | None:
    """Return the builder of the request to the fallback model; filters for price, privacy and disabled models apply."""
    if not request.fallback_model:
        return None
    other, model = resolved(request.fallback_model, models)
    if other == slug or objections_to(other, model, request.offer, chosen_by_person=False):
        return None

    def built() -> UpstreamRequest | None:
        sent = build(request, other, model, tools, history=history)
        return None if isinstance(sent, Fault) else _learned(sent, request, model, lessons)

    return built


def _learned(sent: Prepared, request: TurnRequest, model: Model | None, lessons: Lessons) -> UpstreamRequest:
    if not lessons:
        return sent.request
    may = may_change(sent.request.body.model, model, request.endpoints)
    return lessons.apply(learner_of(request), sent.request, other_endpoint=may)


def _with_offered_fallbacks(request: TurnRequest, models: tuple[Model, ...]) -> TurnRequest:
    """Drop from the caller's `models` those that are not offered, only draw, or that upstream rejects as unknown."""
    asked = request.parameters.models
    if not asked:
        return request
    by_id = {model.id: model for model in models}
    kept = tuple(
        slug
        for slug in asked
        if (slug in by_id or not by_id)
        and not only_draws(by_id.get(slug))
        and not objections_to(slug, by_id.get(slug), request.offer)
    )
    dropped = tuple(f"model {slug!r}"[:80] for slug in asked if slug not in kept)
    ignored = (*request.parameters.ignored, *dropped)
    return replace(request, parameters=replace(request.parameters, models=kept, ignored=ignored))

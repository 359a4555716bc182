"""Prepare a call: check the request, choose the model that answers, and get its script."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import choices
from string import ascii_letters, digits
from typing import Any, Literal

from entrypoints.simulator.answers import Answer, Refusal, common
from entrypoints.simulator.catalog import Model
from entrypoints.simulator.payload import Json
from entrypoints.simulator.prompt_cache import UNSEEN, Seen
from entrypoints.simulator.prompts import Prompt, read_chat, read_responses
from entrypoints.simulator.refusals.chat import check_chat
from entrypoints.simulator.refusals.chat_history import check_chat_history
from entrypoints.simulator.refusals.history import check_history
from entrypoints.simulator.refusals.limits import check_limits
from entrypoints.simulator.refusals.makers.receive import check_tools
from entrypoints.simulator.refusals.request import check_responses
from entrypoints.simulator.refusals.routing import check_routing
from entrypoints.simulator.refusals.verdicts import Provider
from entrypoints.simulator.scenarios.ask import Ask
from entrypoints.simulator.scenarios.echoes import echo, picture
from entrypoints.simulator.scenarios.moves import Script
from entrypoints.simulator.scenarios.orders import are_ordered, tools
from entrypoints.simulator.scenarios.registry import casting
from entrypoints.simulator.state import Simulator
from entrypoints.simulator.writers.facts import Facts

Endpoint = Literal["responses", "chat"]

_FALLS_BACK = frozenset({403, 408, 429, 500, 502, 503, 504, 524, 529})
"""HTTP statuses after which upstream tries the next model of `models`."""

_READERS: dict[Endpoint, Callable[[Json], Prompt]] = {"responses": read_responses, "chat": read_chat}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A checked call: the facts of the model that answers, and its script."""

    script: Script
    facts: Facts


def generation_id(now: datetime) -> str:
    """Generate an id in upstream's format."""
    return f"gen-{int(now.timestamp())}-{''.join(choices(ascii_letters + digits, k=20))}"


def prepare(simulator: Simulator, endpoint: Endpoint, body: Any, *, routing_report: bool) -> Prepared:
    """Check the request and choose the model that answers. Raises Refusal."""
    if not isinstance(body, dict):
        raise Refusal(common(400, "The request body must be a JSON object"))
    (check_responses if endpoint == "responses" else check_chat)(body)
    models = _requested(simulator, body)
    prompt = _READERS[endpoint](body)
    now = datetime.now(UTC)
    identifier = generation_id(now)
    answer: Answer | None = None
    for model in models:
        _check(endpoint, body, prompt, model)
        acted = _act(simulator, model, prompt, identifier, body)
        if not isinstance(acted, Answer):
            pricing = simulator.catalog.pricing(model)
            facts = Facts(
                generation_id=identifier,
                started=now,
                requested=model.requested,
                model=model.answers_as,
                provider=model.provider,
                pricing=pricing,
                body=body,
                prompt=prompt,
                routing_report=routing_report,
                seen=_seen(simulator, model, body, pricing),
            )
            return Prepared(acted, facts)
        answer = acted
        if answer.status not in _FALLS_BACK:
            break
    assert answer is not None
    raise Refusal(answer)


def _seen(simulator: Simulator, model: Model, body: Json, pricing: Json) -> Seen:
    """Return what the model's provider has in its prompt cache; nothing if it has no price for cached tokens."""
    if "input_cache_read" not in pricing:
        return UNSEEN
    return simulator.prompt_cache.look_up(model.answers_as, body, marks_only=model.author == "anthropic")


def _requested(simulator: Simulator, body: Json) -> list[Model]:
    """Return the requested models in order. Raises Refusal if one slug is unknown."""
    fallbacks: list[str] = body.get("models") or []
    if len(fallbacks) > 3:
        raise Refusal(common(400, "'models' array must have 3 items or fewer"))
    slugs = list(dict.fromkeys([*([body["model"]] if body.get("model") else []), *fallbacks]))
    if not slugs:
        raise Refusal(common(400, "No models provided"))
    found = [(slug, simulator.catalog.find(slug)) for slug in slugs]
    for slug, model in found:
        if model is None:
            raise Refusal(common(400, f"{slug} is not a valid model ID"))
    return [model for _, model in found if model is not None]


def _check(endpoint: Endpoint, body: Json, prompt: Prompt, model: Model) -> None:
    check_routing(body, prompt, model)
    provider = Provider(model.answers_as, model.provider)
    check_limits(body, prompt, model.entry, provider)
    check_tools(body.get("tools") or [], provider)
    if endpoint == "chat":
        check_chat_history(body["messages"], provider)
    elif isinstance(body["input"], list):
        check_history(body["input"], provider)


def _act(simulator: Simulator, model: Model, prompt: Prompt, identifier: str, body: Json) -> Script | Answer:
    slug = simulator.scenario_of(model.requested)
    attempt, repeated = simulator.count_attempt(model.requested, slug), simulator.count_round(model.requested, prompt)
    ask = Ask(model.answers_as, identifier, prompt, attempt, repeated, body)
    cast = casting(slug)
    if cast is not None:
        return cast.play(ask)
    if model.paints_only:
        return picture(ask)
    return tools(ask) if prompt.tools and are_ordered(prompt.text) else echo(ask)

"""One call of a generation endpoint: refuse, choose the scenario, answer, book it."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from random import choices
from string import ascii_letters, digits
from typing import Any

import orjson
from aiohttp import web

from entrypoints.simulator.answers import Answer, Refusal, common
from entrypoints.simulator.bills import Bill
from entrypoints.simulator.catalog import Model
from entrypoints.simulator.delivery import EventStream, Severed, wait_out
from entrypoints.simulator.payload import Json
from entrypoints.simulator.prompts import Prompt, read_chat, read_responses
from entrypoints.simulator.records import RequestRecord
from entrypoints.simulator.refusals.chat import check_chat
from entrypoints.simulator.refusals.chat_history import check_chat_history
from entrypoints.simulator.refusals.history import check_history
from entrypoints.simulator.refusals.limits import check_limits
from entrypoints.simulator.refusals.request import check_responses
from entrypoints.simulator.refusals.routing import check_routing
from entrypoints.simulator.refusals.verdicts import Host
from entrypoints.simulator.scenarios.ask import Ask, Endpoint
from entrypoints.simulator.scenarios.echoes import echo, picture
from entrypoints.simulator.scenarios.moves import Script
from entrypoints.simulator.scenarios.registry import casting
from entrypoints.simulator.state import Simulator
from entrypoints.simulator.writers.chat import ChatWriter
from entrypoints.simulator.writers.facts import Facts
from entrypoints.simulator.writers.responses import ResponsesWriter
from entrypoints.simulator.writers.steps import Step, Writer, steps

_FALLS_BACK = frozenset({403, 408, 429, 500, 502, 503, 504, 524, 529})
"""Statuses after which upstream asks the next model of `models`."""

_READERS: dict[Endpoint, Callable[[Json], Prompt]] = {"responses": read_responses, "chat": read_chat}
_WRITERS: dict[Endpoint, Callable[[Facts], Writer]] = {"responses": ResponsesWriter, "chat": ChatWriter}


@dataclass(frozen=True, slots=True)
class Casted:
    """A call on its way: who answers, with what."""

    model: Model
    script: Script
    facts: Facts


def generation_id(now: datetime) -> str:
    """Mint an id in upstream's form."""
    return f"gen-{int(now.timestamp())}-{''.join(choices(ascii_letters + digits, k=20))}"


async def generate(simulator: Simulator, request: web.Request, endpoint: Endpoint) -> web.StreamResponse:
    """Answer one call; raises Refusal for everything upstream answers with an error."""
    record: RequestRecord = request["record"]
    raw = await request.read()
    body = _parsed(raw)
    simulator.log.keep_body(record, body, len(raw))
    if isinstance(body, dict) and isinstance(body.get("model"), str):
        record.model = body["model"]
    call = prepare(simulator, endpoint, body, routing_report=_wants_routing(request))
    record.generation_id = call.facts.generation_id
    writer = _WRITERS[endpoint](call.facts)
    played = steps(call.script, writer)
    if body.get("stream"):
        return await _stream(simulator, request, call, writer, played)
    return await _whole(simulator, request, call, writer, played)


def _parsed(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Refusal(common(400, "Invalid JSON in request body", {"error_type": "invalid_request"})) from None


def _wants_routing(request: web.Request) -> bool:
    names = ("X-OpenRouter-Metadata", "X-OpenRouter-Experimental-Metadata")
    return any(request.headers.get(name) == "enabled" for name in names)


def prepare(simulator: Simulator, endpoint: Endpoint, body: Any, *, routing_report: bool) -> Casted:
    """Check the request and choose who answers. Raises Refusal."""
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
        acted = _act(simulator, endpoint, model, prompt, identifier)
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
            )
            return Casted(model, acted, facts)
        answer = acted
        if answer.status not in _FALLS_BACK:
            break
    assert answer is not None
    raise Refusal(answer)


def _requested(simulator: Simulator, body: Json) -> list[Model]:
    """List the models to ask in order; one unknown slug fails the whole call."""
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
    host = Host(model.answers_as, model.provider)
    check_limits(body, prompt, model.entry, host)
    if endpoint == "chat":
        check_chat_history(body["messages"], host)
    elif isinstance(body["input"], list):
        check_history(body["input"], host)


def _act(simulator: Simulator, endpoint: Endpoint, model: Model, prompt: Prompt, identifier: str) -> Script | Answer:
    slug = simulator.scenario_of(model.requested)
    ask = Ask(model.answers_as, identifier, endpoint, prompt, simulator.count_attempt(model.requested, slug))
    cast = casting(slug)
    if cast is not None:
        return cast.play(ask)
    return picture(ask) if model.paints_only else echo(ask)


async def _stream(
    simulator: Simulator, request: web.Request, call: Casted, writer: Writer, played: Iterator[Step]
) -> web.StreamResponse:
    record: RequestRecord = request["record"]
    record.status = 200
    stream = EventStream(request, {"X-Generation-Id": call.facts.generation_id})
    try:
        await stream.play(played)
        record.finished = True
    except Severed:
        record.finished = True
    finally:
        _book(simulator, request, call, writer, stream.first_at)
    return stream.response


async def _whole(
    simulator: Simulator, request: web.Request, call: Casted, writer: Writer, played: Iterator[Step]
) -> web.StreamResponse:
    """Answer in one piece; it is made, and billed, to its end even when the caller has gone."""
    record: RequestRecord = request["record"]
    headers = {"X-Generation-Id": call.facts.generation_id}
    try:
        await wait_out(played, request)
        record.finished = True
    except Severed:
        record.finished = True
        return web.Response()
    finally:
        deque(played, maxlen=0)
        _book(simulator, request, call, writer, None)
    status, body = writer.result()
    data = orjson.dumps(body)
    return web.Response(status=status, body=data, content_type="application/json", headers=headers)


def _book(simulator: Simulator, request: web.Request, call: Casted, writer: Writer, first_at: float | None) -> None:
    record: RequestRecord = request["record"]
    now = asyncio.get_running_loop().time()
    body = call.facts.body
    tally = writer.tally
    simulator.bills.add(
        Bill(
            generation_id=call.facts.generation_id,
            model=call.facts.model,
            provider=call.facts.provider,
            endpoint=request.path,
            tokens=tally.tokens,
            cost=tally.cost,
            finish_reason=tally.finish_reason,
            cancelled=not record.finished,
            streamed=bool(body.get("stream")),
            session_id=body.get("session_id") or request.headers.get("x-session-id"),
            created_at=call.facts.started,
            started_at=record.started_at,
            first_at=first_at or now,
            ended_at=now,
        )
    )

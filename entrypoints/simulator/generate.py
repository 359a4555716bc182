"""Handle one call of a generation endpoint: parse it, send the answer, add its bill."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import orjson
from aiohttp import web

from entrypoints.simulator.account import paying_key
from entrypoints.simulator.answers import Refusal, common
from entrypoints.simulator.bills import Bill
from entrypoints.simulator.delivery import EventStream, Severed, wait_out
from entrypoints.simulator.prepare import Endpoint, Prepared, prepare
from entrypoints.simulator.records import CURRENT
from entrypoints.simulator.state import Simulator
from entrypoints.simulator.writers.chat import ChatWriter
from entrypoints.simulator.writers.facts import Facts
from entrypoints.simulator.writers.responses import ResponsesWriter
from entrypoints.simulator.writers.steps import Step, Writer, steps

_WRITERS: dict[Endpoint, Callable[[Facts], Writer]] = {"responses": ResponsesWriter, "chat": ChatWriter}


async def generate(simulator: Simulator, request: web.Request, endpoint: Endpoint) -> web.StreamResponse:
    """Answer one call. Raises Refusal if upstream would answer with an error."""
    record, body = CURRENT.get(), await read_body(simulator, request)
    call = prepare(simulator, endpoint, body, routing_report=_wants_routing(request))
    record.generation_id = call.facts.generation_id
    writer = _WRITERS[endpoint](call.facts)
    played = steps(call.script, writer)
    if body.get("stream"):
        return await _stream(simulator, request, call, writer, played)
    return await _whole(simulator, request, call, writer, played)


async def read_body(simulator: Simulator, request: web.Request) -> Any:
    """Read the body of a request and keep it in its record. Raises Refusal if it is not JSON."""
    record = CURRENT.get()
    raw = await request.read()
    body = _parsed(raw)
    simulator.log.keep_body(record, body, len(raw))
    if isinstance(body, dict) and isinstance(body.get("model"), str):
        record.model = body["model"]
    return body


def _parsed(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Refusal(common(400, "Invalid JSON in request body", {"error_type": "invalid_request"})) from None


def _wants_routing(request: web.Request) -> bool:
    names = ("X-OpenRouter-Metadata", "X-OpenRouter-Experimental-Metadata")
    return any(request.headers.get(name) == "enabled" for name in names)


async def _stream(
    simulator: Simulator, request: web.Request, call: Prepared, writer: Writer, played: Iterator[Step]
) -> web.StreamResponse:
    record = CURRENT.get()
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
    simulator: Simulator, request: web.Request, call: Prepared, writer: Writer, played: Iterator[Step]
) -> web.StreamResponse:
    """Send the answer in one piece; it is completed and billed even if the caller disconnects."""
    record = CURRENT.get()
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


def _book(simulator: Simulator, request: web.Request, call: Prepared, writer: Writer, first_at: float | None) -> None:
    record = CURRENT.get()
    now = asyncio.get_running_loop().time()
    body = call.facts.body
    tally = writer.tally
    simulator.bills.add(
        Bill(
            generation_id=call.facts.generation_id,
            model=call.facts.model,
            provider=call.facts.provider,
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
            key_hash=paying_key(request),
        )
    )

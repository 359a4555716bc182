"""The two upstreams for contract tests, described by the behaviour of their models."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from entrypoints.simulator.server import running_simulator
from ports.responses import Endpoint, Route
from tests.adapters.openrouter.scripted_upstream import (
    COMPLETED,
    STREAM_HEADERS,
    Visit,
    a_short_answer,
    delta,
    scripted,
)

MODELS: dict[str, Any] = {
    "data": [
        {"id": "a/text", "name": "Text", "pricing": {"prompt": "0.1", "completion": "-1"}},
        {"id": "a/image", "architecture": {"output_modalities": ["image"]}},
        "odd",
        {"id": "a/text", "name": "Twice"},
        {"id": "b/text", "slug": "b/text", "endpoint": {"provider_info": {"icon": {"url": "/images/icons/B.png"}}}},
    ]
}
ENDED = {**COMPLETED["response"], "output": [], "usage": {"input_tokens": 1, "output_tokens": 1, "cost": 0.5}}


@dataclass(frozen=True)
class Upstream:
    """The address, the models by behaviour, and how to check that the last caller left early.

    `endpoint` is the endpoint to call.
    """

    route: Route
    speaks: str
    never_stops: str
    refuses: str
    is_cut: str
    caller_left: Callable[[], bool]
    endpoint: Endpoint = Endpoint.RESPONSES


@asynccontextmanager
async def open_upstream(kind: str) -> AsyncIterator[Upstream]:
    """Run the upstream `scripted` or `simulator`; `simulator-chat` is the latter with chat completions."""
    endpoint = Endpoint.CHAT if kind == "simulator-chat" else Endpoint.RESPONSES
    opened = _scripted() if kind == "scripted" else _simulated(endpoint)
    async with opened as upstream:
        yield upstream


@asynccontextmanager
async def _simulated(endpoint: Endpoint) -> AsyncIterator[Upstream]:
    async with running_simulator(generation_delay=0) as simulator:
        yield Upstream(
            route=Route(simulator.url, next(iter(simulator.keys))),
            speaks="sim/deltas-20",
            never_stops="sim/deltas-2000-rate-20",
            refuses="sim/error-429",
            is_cut="sim/cut-5",
            caller_left=lambda: simulator.records[-1].closed_by_client,
            endpoint=endpoint,
        )


@asynccontextmanager
async def _scripted() -> AsyncIterator[Upstream]:
    async with scripted(_serve) as upstream:

        def caller_left() -> bool:
            return upstream.visits[-1].gone.is_set()

        yield Upstream(
            route=Route(upstream.url, "key"),
            speaks="speaks",
            never_stops="never-stops",
            refuses="refuses",
            is_cut="is-cut",
            caller_left=caller_left,
        )


async def _serve(visit: Visit) -> None:
    if visit.asked.method == "GET":
        await _look_up(visit)
        return
    model = visit.asked.json["model"]
    if model == "refuses":
        await visit.answer_json({"error": {"code": 429, "message": "slow down"}}, 429)
    elif not visit.asked.json.get("stream"):
        await visit.answer_json(ENDED)
    elif model == "speaks":
        await a_short_answer(visit)
    else:
        await visit.head(200, STREAM_HEADERS)
        await visit.frames(delta("a"))
        if model == "is-cut":
            visit.cut()
        else:
            await visit.left()


async def _look_up(visit: Visit) -> None:
    if visit.asked.target.endswith("/models"):
        await visit.answer_json(MODELS)
    elif visit.asked.headers.get("Authorization") == "Bearer key":
        await visit.answer_json({"data": {"label": "k"}})
    else:
        await visit.answer_json({"error": {"code": 401, "message": "User not found."}}, 401)

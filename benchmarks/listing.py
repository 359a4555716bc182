"""The model list from the cache, as the host requests it at every page load."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from statistics import median
from typing import Any

from aiohttp import web

from benchmarks.report import Broken, Line, absolute
from entrypoints.openwebui.pipe import Pipe
from entrypoints.openwebui.service import PipeService

MODELS, CALLS = 400, 1_000
AT_MOST_MS = 1.0
PATIENCE = 20.0


async def measure_listing() -> list[Line]:
    """Measure one warm call of the whole service; each call has new valves, as in the host."""
    async with _upstream() as address:
        service = PipeService("measured")
        took = []
        await _loaded(service, address)
        for _ in range(CALLS):
            valves = _valves(address)
            began = time.perf_counter()
            await service.pipes(valves)
            took.append(time.perf_counter() - began)
            await asyncio.sleep(0)
        await service.aclose()
    return [absolute(f"pipes() warm, {MODELS} models", median(took) * 1000, "ms", AT_MOST_MS)]


def _valves(address: str) -> Pipe.Valves:
    return Pipe.Valves(API_KEY="sk-or-v1-any", BASE_URL=address, LOG_LEVEL="ERROR")


async def _loaded(service: PipeService, address: str) -> None:
    end = time.monotonic() + PATIENCE
    while len(await service.pipes(_valves(address))) != MODELS:
        if time.monotonic() > end:
            raise Broken(f"the list did not reach {MODELS} models within {PATIENCE:.0f} s")
        await asyncio.sleep(0.02)


@asynccontextmanager
async def _upstream() -> AsyncIterator[str]:
    """Serve a model list on loopback; yield the base URL."""

    async def models(_: web.Request) -> web.Response:
        return web.json_response({"data": [_entry(number) for number in range(MODELS)]})

    app = web.Application()
    app.add_routes([web.get("/api/v1/models", models)])
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/api/v1"
    finally:
        await runner.cleanup()


def _entry(number: int) -> dict[str, Any]:
    return {
        "id": f"vendor-{number % 40}/model-{number}",
        "name": f"Vendor {number % 40}: Model {number}",
        "created": 1_700_000_000 + number,
        "context_length": 128_000,
        "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["text"]},
        "pricing": {"prompt": "0.000001", "completion": "0.000002"},
        "supported_parameters": ["tools", "reasoning", "temperature"],
    }

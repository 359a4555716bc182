"""What became of a call, as the simulator lists it: a ledger is judged by this list."""

import asyncio

import pytest

from entrypoints.simulator.records import Fate
from entrypoints.simulator.server import Simulator
from tests.entrypoints.simulator.reading import KEY, Caller
from tests.patience import PATIENCE

HEADERS = {"Authorization": f"Bearer {KEY}"}


async def ended(simulator: Simulator) -> Fate:
    async with asyncio.timeout(PATIENCE):
        while not simulator.records or simulator.records[-1].ended_at is None:
            await asyncio.sleep(0.005)
    return simulator.records[-1].fate


@pytest.mark.parametrize("model", ["sim/echo", "sim/cut-0", "sim/cut-5", "sim/no-done-5", "sim/failed"])
async def test_a_call_whose_head_was_sent_is_answered_however_it_ends(caller: Caller, simulator: Simulator, model: str):
    await caller.stream(model)
    assert await ended(simulator) is Fate.ANSWERED


@pytest.mark.parametrize("model", ["sim/error-400", "sim/error-429", "sim/error-502"])
async def test_an_error_is_a_refusal(caller: Caller, simulator: Simulator, model: str):
    await caller.stream(model)
    assert await ended(simulator) is Fate.REFUSED


@pytest.mark.parametrize("model", ["sim/reset", "sim/error-504", "sim/error-524", "sim/error-408"])
async def test_a_call_that_the_connection_or_the_edge_gives_up_is_cut(caller: Caller, simulator: Simulator, model: str):
    await caller.stream(model)
    assert await ended(simulator) is Fate.CUT


async def test_a_caller_who_leaves_before_the_head_cuts_the_call(caller: Caller, simulator: Simulator):
    task = asyncio.create_task(caller.answer("sim/deltas-100-rate-1"))
    async with asyncio.timeout(PATIENCE):
        while not simulator.records or not simulator.records[-1].was_read:
            await asyncio.sleep(0.005)
    task.cancel()
    assert await ended(simulator) is Fate.CUT


async def test_a_caller_who_leaves_within_the_answer_was_answered(caller: Caller, simulator: Simulator):
    body = {"model": "sim/deltas-1000-rate-1", "input": "hi", "stream": True}
    async with caller.session.post(caller.url + "/responses", json=body, headers=HEADERS) as response:
        await response.content.readany()
        response.close()
    assert await ended(simulator) is Fate.ANSWERED


async def test_a_request_that_does_not_arrive_whole_is_unread(caller: Caller, simulator: Simulator):
    host, port = caller.url.split("//")[1].split("/")[0].split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = f"POST /api/v1/responses HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nContent-Length: 100\r\n\r\n{{"
    writer.write(head.encode())
    await writer.drain()
    async with asyncio.timeout(PATIENCE):
        while not simulator.records:
            await asyncio.sleep(0.005)
    writer.close()
    assert await ended(simulator) is Fate.UNREAD

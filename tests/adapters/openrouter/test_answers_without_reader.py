"""A reader leaves in the moment in which the head of the answer has arrived: whoever books the call is still told."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from adapters.openrouter.client import AioResponsesClient
from adapters.openrouter.transport.pool import SessionPool
from adapters.process.clock import SystemClock
from entrypoints.simulator.server import Simulator, running_simulator
from ports.responses import ResponsesBody, Route, UpstreamCall, UpstreamRequest
from tests.adapters.openrouter.scripted_upstream import Visit, scripted
from tests.doubles.clock import polled
from tests.doubles.telemetry import RecordedTelemetry

MESSAGE = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}
ENDLESS = "sim/deltas-2000-rate-20"


class Book:
    """Notes what it is told of one call."""

    def __init__(self) -> None:
        self.named: list[str] = []
        self.refusals: list[int] = []

    async def sending(self) -> None:
        """Hold nothing up."""

    def answered(self, generation_id: str) -> None:
        self.named.append(generation_id)

    def refused(self, status: int) -> None:
        self.refusals.append(status)

    def closed(self) -> None:
        """The driver calls this, not the client."""


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with running_simulator() as running:
        yield running


async def left(simulator: Simulator, model: str, arrived: Callable[[], bool], *, stream: bool = True) -> Book:
    """Leave a call once `arrived` says so; return what was told of it."""
    pool, book = SessionPool(RecordedTelemetry()), Book()
    client = AioResponsesClient(pool, SystemClock(), RecordedTelemetry(), lambda: 4)
    request = UpstreamRequest(ResponsesBody(model, (MESSAGE,), stream=stream))
    attempt = client.attempt(UpstreamCall(Route(simulator.url, next(iter(simulator.keys))), request, watch=book))
    opening = asyncio.get_running_loop().create_task(attempt.__aenter__())
    async with asyncio.timeout(5):
        while not arrived():
            await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    await pool.aclose()
    return book


def answered(simulator: Simulator) -> Callable[[], bool]:
    """Return whether the simulator has just written the head of an answer: it waits in the client's socket."""
    return lambda: bool(simulator.records) and simulator.records[-1].answered_at is not None


async def test_the_name_of_an_answer_that_waits_in_the_socket_is_told(simulator):
    book = await left(simulator, ENDLESS, answered(simulator))
    assert (book.named, book.refusals) == ([simulator.records[-1].generation_id], [])


async def test_a_refusal_that_waits_in_the_socket_is_told(simulator):
    book = await left(simulator, "sim/error-400", answered(simulator))
    assert (book.named, book.refusals) == ([], [400])


def was_read(simulator: Simulator) -> Callable[[], bool]:
    """Return whether the simulator has read a request; without streaming, its answer comes much later."""
    return lambda: bool(simulator.records) and simulator.records[-1].was_read


async def test_of_a_call_that_has_no_answer_nothing_is_told(simulator):
    book = await left(simulator, "sim/deltas-20-rate-1", was_read(simulator), stream=False)
    assert (book.named, book.refusals) == ([], [])


@pytest.mark.parametrize("model", [ENDLESS, "sim/error-400", "sim/deltas-20-rate-1"])
@pytest.mark.parametrize("stream", [True, False])
async def test_the_connection_is_closed_at_once(simulator, model, stream):
    await left(simulator, model, was_read(simulator), stream=stream)
    async with asyncio.timeout(1):
        while simulator.records[-1].ended_at is None:
            await asyncio.sleep(0.005)


async def test_a_refusal_whose_text_is_still_on_its_way_is_told():
    begun = asyncio.Event()

    async def stall(visit: Visit) -> None:
        await visit.head(429, {"Content-Length": "100"})
        begun.set()
        await visit.left()

    book = Book()
    async with scripted(stall) as upstream:
        pool = SessionPool(RecordedTelemetry())
        client = AioResponsesClient(pool, SystemClock(), RecordedTelemetry(), lambda: 4)
        request = UpstreamRequest(ResponsesBody("any", (MESSAGE,), stream=True))
        attempt = client.attempt(UpstreamCall(Route(upstream.url, "key"), request, watch=book))
        opening = asyncio.get_running_loop().create_task(attempt.__aenter__())
        await begun.wait()
        await polled()  # the head is read, its text is not there
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        await pool.aclose()
    assert (book.named, book.refusals) == ([], [429])

"""The contract of every ResponsesClient, against every available upstream."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from adapters.openrouter.client import AioResponsesClient
from adapters.openrouter.transport.pool import SessionPool
from adapters.process.clock import SystemClock
from ports.response_events import ResponseEnded, ResponseStatus, StreamClosed, TextDelta
from ports.responses import (
    Reach,
    Refused,
    ResponsesBody,
    ResponsesClient,
    ResponsesError,
    UpstreamCall,
    UpstreamRequest,
)
from tests.contracts.upstreams import Upstream, open_upstream
from tests.doubles.telemetry import RecordedTelemetry

CLIENTS: tuple[type[ResponsesClient], ...] = (AioResponsesClient,)
MESSAGE = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}


@pytest.fixture
async def client() -> AsyncIterator[ResponsesClient]:
    telemetry = RecordedTelemetry()
    pool = SessionPool(telemetry)
    yield AioResponsesClient(pool, SystemClock(), telemetry, lambda: 20)
    await pool.aclose()


@pytest.fixture(params=["scripted", "simulator", "simulator-chat"])
async def upstream(request: pytest.FixtureRequest) -> AsyncIterator[Upstream]:
    async with open_upstream(request.param) as opened:
        yield opened


def call(upstream: Upstream, model: str, *, stream: bool = True) -> UpstreamCall:
    body = ResponsesBody(model, (MESSAGE,), stream=stream)
    return UpstreamCall(upstream.route, UpstreamRequest(body, upstream.endpoint))


async def batches_of(client: ResponsesClient, upstream_call: UpstreamCall):
    async with client.attempt(upstream_call) as batches:
        return [batch async for batch in batches]


async def test_a_stream_ends_with_its_terminal_event_and_its_closing(client, upstream):
    events = [event for batch in await batches_of(client, call(upstream, upstream.speaks)) for event in batch]
    assert any(isinstance(event, TextDelta) for event in events)
    assert [type(event) for event in events if isinstance(event, ResponseEnded | StreamClosed)] == [
        ResponseEnded,
        StreamClosed,
    ]
    assert isinstance(events[-1], StreamClosed)


async def test_no_batch_is_empty(client, upstream):
    assert all(await batches_of(client, call(upstream, upstream.speaks)))


async def test_without_streaming_one_batch_contains_the_end_and_the_closing(client, upstream):
    [batch] = await batches_of(client, call(upstream, upstream.speaks, stream=False))
    assert [type(event) for event in batch] == [ResponseEnded, StreamClosed]
    assert batch[0].status is ResponseStatus.COMPLETED
    assert batch[0].usage is not None


async def test_a_refusal_is_raised_on_entering(client, upstream):
    with pytest.raises(Refused) as caught:
        async with client.attempt(call(upstream, upstream.refuses)):
            pytest.fail("entered")
    assert (caught.value.reach, caught.value.problem.status) == (Reach.SENT, 429)


async def test_a_cut_in_the_middle_is_raised_while_iterating(client, upstream):
    async with client.attempt(call(upstream, upstream.is_cut)) as batches:
        with pytest.raises(ResponsesError) as caught:
            async for _ in batches:
                pass
    assert caught.value.reach is Reach.STREAMING


async def test_an_absent_upstream_was_never_sent_anything(client, upstream):
    nowhere = replace(upstream, route=replace(upstream.route, base_url="http://127.0.0.1:1/api/v1"))
    with pytest.raises(ResponsesError) as caught:
        await batches_of(client, call(nowhere, "any"))
    assert caught.value.reach is Reach.NOT_SENT


async def test_leaving_closes_the_connection_within_a_second(client, upstream):
    async with client.attempt(call(upstream, upstream.never_stops)) as batches:
        await anext(batches)
    async with asyncio.timeout(1):
        while not upstream.caller_left():
            await asyncio.sleep(0.01)


async def test_cancelling_closes_the_connection_within_a_second(client, upstream):
    reading = asyncio.Event()

    async def read() -> None:
        async with client.attempt(call(upstream, upstream.never_stops)) as batches:
            async for _ in batches:
                reading.set()

    task = asyncio.create_task(read())
    await reading.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(1):
        while not upstream.caller_left():
            await asyncio.sleep(0.01)


async def test_attempts_of_many_tasks_do_not_interfere(client, upstream):
    answers = await asyncio.gather(*(batches_of(client, call(upstream, upstream.speaks)) for _ in range(10)))
    texts = {
        "".join(event.text for batch in batches for event in batch if isinstance(event, TextDelta))
        for batches in answers
    }
    assert len(texts) == 1


class Watch:
    """Holds the request until `gate` is set; notes what it is told."""

    def __init__(self) -> None:
        self.gate, self.asked = asyncio.Event(), asyncio.Event()
        self.named: list[str] = []
        self.refusals: list[int] = []

    async def sending(self) -> None:
        self.asked.set()
        await self.gate.wait()

    def answered(self, generation_id: str) -> None:
        self.named.append(generation_id)

    def refused(self, status: int) -> None:
        self.refusals.append(status)

    def closed(self) -> None:
        """The client does not call this."""


@pytest.mark.parametrize("stream", [True, False])
async def test_nothing_of_the_body_leaves_before_whoever_books_the_call_is_ready(client, upstream, stream):
    watch = Watch()
    watched = replace(call(upstream, upstream.speaks, stream=stream), watch=watch)
    attempt = client.attempt(watched)
    opening = asyncio.get_running_loop().create_task(attempt.__aenter__())
    await watch.asked.wait()
    done, _ = await asyncio.wait({opening}, timeout=0.2)
    assert not done
    watch.gate.set()
    batches = await opening
    assert len(watch.named) == 1
    assert [batch async for batch in batches]
    await attempt.__aexit__(None, None, None)


async def test_a_refused_call_is_not_reported_as_answered(client, upstream):
    watch = Watch()
    watch.gate.set()
    with pytest.raises(Refused):
        await batches_of(client, replace(call(upstream, upstream.refuses), watch=watch))
    assert watch.named == []


async def test_a_call_that_is_left_while_it_waits_is_not_sent(client, upstream):
    watch = Watch()
    attempt = client.attempt(replace(call(upstream, upstream.speaks), watch=watch))
    opening = asyncio.get_running_loop().create_task(attempt.__aenter__())
    await watch.asked.wait()
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    watch.gate.set()
    assert await batches_of(client, call(upstream, upstream.speaks))  # and the client goes on
    assert watch.named == []

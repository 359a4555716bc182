"""A connection breaks in the read that brings the first events: the answer had begun."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiohttp import ClientPayloadError, ClientResponse, StreamReader
from aiohttp.base_protocol import BaseProtocol

from adapters.openrouter.responses.events import ResponsesVocabulary
from adapters.openrouter.stream.event_stream import EventStream
from adapters.openrouter.stream.translator import Translator
from ports.response_events import TextDelta, UpstreamEvent
from ports.responses import Limits, Reach, Unreachable
from tests.doubles.clock import FakeClock

DELTA = b'data: {"type":"response.output_text.delta","item_id":"m","output_index":0,"content_index":0,"delta":"w0"}\n\n'


def stream_of(data: bytes) -> EventStream:
    """Return the stream of an answer whose connection broke after `data` had arrived, before anybody read it."""
    loop = asyncio.get_running_loop()
    content = StreamReader(BaseProtocol(loop), 2**16, loop=loop)
    if data:
        content.feed_data(data)
    content.set_exception(ClientPayloadError("cut"))
    response = cast(ClientResponse, SimpleNamespace(content=content))
    return EventStream(response, Translator(ResponsesVocabulary(FakeClock().now)), Limits())


@pytest.mark.parametrize(("data", "reach"), [(DELTA, Reach.STREAMING), (b"", Reach.SENT), (b": wait\n\n", Reach.SENT)])
async def test_what_arrived_with_the_break_says_how_far_the_answer_got(data: bytes, reach: Reach):
    read: list[UpstreamEvent] = []

    async def all_of(stream: Any) -> None:
        async for batch in stream:
            read.extend(batch)

    with pytest.raises(Unreachable) as broken:
        await all_of(stream_of(data))
    assert [event.text for event in read if isinstance(event, TextDelta)] == (["w0"] if data == DELTA else [])
    assert broken.value.reach is reach

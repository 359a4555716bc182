"""Whole answers with a mark before them, garbage behind them, or more headers than a client expects."""

import json

import pytest

from ports.response_events import ResponseEnded, ResponseStatus
from tests.adapters.openrouter.scripted_upstream import COMPLETED, STREAM_HEADERS, delta, scripted, sse
from tests.adapters.openrouter.test_client_failures import attempt, call

WHOLE = json.dumps({"id": "gen-1", "status": "completed", "model": "a/b", "output": []}).encode()
TYPE = {"Content-Type": "application/json"}


async def ended(client, script, *, stream=True):
    async with scripted(script) as upstream:
        events, error = await attempt(client, call(upstream.url, stream=stream))
    assert error is None
    (end,) = [event for event in events if isinstance(event, ResponseEnded)]
    return end


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + WHOLE,
        WHOLE + b"\n<!-- proxy -->",
        WHOLE + b'{"more": 1}',
        b"\xef\xbb\xbf\n" + WHOLE + b"\0\0\0",
        WHOLE + b"\xff\xfe",
    ],
    ids=["mark", "comment", "second value", "mark and zeros", "no text"],
)
async def test_a_complete_answer_is_read_whatever_stands_around_it(client, body, stream):
    async def answer(visit):
        await visit.answer(200, body, TYPE)

    assert (await ended(client, answer, stream=stream)).status is ResponseStatus.COMPLETED


async def test_a_complete_answer_is_read_although_its_connection_breaks_behind_it(client):
    async def answer(visit):
        await visit.head(200, {"Content-Length": str(len(WHOLE) + 50), **TYPE})
        await visit.raw(WHOLE)
        visit.cut()

    assert (await ended(client, answer)).response_id == "gen-1"


async def test_garbage_behind_the_last_event_of_a_stream_costs_nothing(client):
    async def answer(visit):
        await visit.head(200, STREAM_HEADERS)
        await visit.chunk(sse(delta("a")) + sse(COMPLETED) + b"data: [DONE]\n\n\xff\xfe<html>garbage{\n\n")
        visit.cut()

    assert (await ended(client, answer)).status is ResponseStatus.COMPLETED


@pytest.mark.parametrize("count", [150, 600])
async def test_many_headers_are_no_fault(client, count):
    async def answer(visit):
        await visit.answer(200, WHOLE, {**TYPE, **{f"X-Proxy-{number}": "x" for number in range(count)}})

    assert (await ended(client, answer)).response_id == "gen-1"

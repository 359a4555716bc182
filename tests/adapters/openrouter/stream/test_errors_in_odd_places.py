"""An error that a gateway writes into an unfinished event, or without the form of an event, is still read."""

import json

import pytest

from adapters.openrouter.responses.events import ResponsesVocabulary
from adapters.openrouter.stream.sse import SseDecoder
from adapters.openrouter.stream.translator import Translator
from ports.response_events import EventIgnored, ProblemReported, StreamClosed, TextDelta
from tests.adapters.openrouter.chat.chat_chunks import NOW
from tests.adapters.openrouter.scripted_upstream import STREAM_HEADERS, delta, scripted
from tests.adapters.openrouter.test_client_failures import attempt, call

ERROR = {"type": "error", "error": {"type": "upstream_error", "message": "stream_read_error"}}
WORD, BROKEN = json.dumps(delta("a")), json.dumps(ERROR)


def read(text: str):
    translator = Translator(ResponsesVocabulary(lambda: NOW))
    return translator, [*translator.translate(SseDecoder().feed(text.encode())), *translator.finish()]


@pytest.mark.parametrize("cut", [1, 9, len(WORD) - 1])
@pytest.mark.parametrize("between", ["\n", "event: error\n", "\nevent: error\n", "\r\n"])
def test_an_error_behind_an_unfinished_event_is_read(cut, between):
    _, events = read(f"data: {WORD[:cut]}{between}data: {BROKEN}\n\n")
    (problem,) = [event for event in events if isinstance(event, ProblemReported)]
    assert problem.problem.text == "stream_read_error"


def test_events_without_a_blank_line_between_them_are_all_read():
    _, events = read(f"data: {WORD}\ndata: {BROKEN}\n\n")
    assert [type(event) for event in events] == [TextDelta, ProblemReported]


def test_a_stream_may_be_done_in_the_same_event():
    translator, events = read(f"data: {WORD}\ndata: [DONE]\n\ndata: {BROKEN}\n\n")
    assert translator.said_done
    assert [type(event) for event in events] == [TextDelta]


def test_json_over_several_lines_is_one_event():
    _, events = read("".join(f"data: {line}\n" for line in json.dumps(delta("a"), indent=1).splitlines()) + "\n")
    assert [type(event) for event in events] == [TextDelta]


def test_lines_that_are_nothing_are_counted_once():
    _, events = read("data: a\ndata: b\n\n")
    assert events == [EventIgnored("unreadable", 1, False)]


@pytest.mark.parametrize("begin", [b"", b"\xef\xbb\xbf", b"\n \n"])
@pytest.mark.parametrize("step", [1, 7, 10_000])
async def test_an_error_in_the_place_of_a_stream_is_read(client, begin, step):
    raw = begin + json.dumps({"error": {"message": "Rate limit exceeded", "code": 429}}).encode()

    async def answer(visit):
        await visit.head(200, STREAM_HEADERS)
        for start in range(0, len(raw), step):
            await visit.chunk(raw[start : start + step])
        await visit.end()

    async with scripted(answer) as upstream:
        events, error = await attempt(client, call(upstream.url))
    assert error is None
    (closed,) = [event for event in events if isinstance(event, StreamClosed)]
    assert [event.problem.status for event in closed.unfinished if isinstance(event, ProblemReported)] == [429]


async def test_json_before_the_first_event_is_no_error(client):
    async def answer(visit):
        await visit.head(200, STREAM_HEADERS)
        await visit.chunk(b'{"note": "hello"}\n\n')
        await visit.frames(delta("a"))
        await visit.end()

    async with scripted(answer) as upstream:
        events, _ = await attempt(client, call(upstream.url))
    assert not any(event.unfinished for event in events if isinstance(event, StreamClosed))

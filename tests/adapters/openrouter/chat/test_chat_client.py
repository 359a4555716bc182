"""The client uses chat completions if a call requests it, and reads whole answers and errors of that endpoint."""

import json

import pytest

from ports.response_events import ResponseEnded, ResponseStatus, StreamClosed
from ports.responses import (
    Endpoint,
    InvalidRoute,
    Reach,
    Refused,
    ResponsesBody,
    Route,
    Unreachable,
    Unreadable,
    UpstreamCall,
    UpstreamRequest,
)
from tests.adapters.openrouter.chat.chat_chunks import USAGE, bill, ends, finishes, fragment, items, says, texts
from tests.adapters.openrouter.scripted_upstream import STREAM_HEADERS, scripted

MESSAGE = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}
CLAUDE = {"type": "reasoning.text", "text": "a", "signature": "s", "format": "anthropic-claude-v1", "index": 0}
WHOLE = {
    "id": "gen-1",
    "object": "chat.completion",
    "model": "a/b",
    "choices": [
        {
            "index": 0,
            "finish_reason": "tool_calls",
            "message": {
                "role": "assistant",
                "content": "Looking.",
                "reasoning": "a",
                "reasoning_details": [CLAUDE, {**CLAUDE, "text": "b"}],
                "tool_calls": [fragment("{}", call_id="c", name="f"), fragment("{}", call_id="d", name="f")],
            },
        }
    ],
    "usage": USAGE,
}


def call(url, *, stream=True, headers=()):
    body = ResponsesBody("a/b", (MESSAGE,), stream=stream, chat_only={"seed": 1})
    return UpstreamCall(Route(url, "key"), UpstreamRequest(body, Endpoint.CHAT, headers))


async def everything(client, upstream_call):
    async with client.attempt(upstream_call) as batches:
        return [event async for batch in batches for event in batch]


async def a_chat_answer(visit):
    await visit.head(200, {**STREAM_HEADERS, "X-Generation-Id": "gen-7"})
    await visit.frames(says("Hel"), says("lo"), finishes(), bill(), "[DONE]")
    await visit.end()


async def test_the_request_goes_to_chat_completions(client):
    async with scripted(a_chat_answer) as upstream:
        events = await everything(client, call(upstream.url, headers=(("x-one", "1"),)))
    asked = upstream.visits[0].asked
    assert asked.target == "/api/v1/chat/completions"
    assert asked.json["messages"] == [{"role": "user", "content": "Hi"}]
    assert (asked.json["seed"], asked.headers["x-one"]) == (1, "1")
    assert (texts(events), type(events[-1])) == ("Hello", StreamClosed)
    assert items(events)[0]["id"] == "msg_gen-7_0"


async def test_headers_of_a_call_never_replace_those_of_the_client(client):
    headers = (("authorization", "Bearer x"), ("ACCEPT", "x"), ("Host", "x"), ("X-Odd", "a\r\nb: c"), ("X-Empty", " "))
    async with scripted(a_chat_answer) as upstream:
        await everything(client, call(upstream.url, headers=headers))
    sent = upstream.visits[0].asked.headers
    assert (sent["Authorization"], sent["Accept"], sent["X-Odd"]) == ("Bearer key", "text/event-stream", "a b: c")
    assert not {"authorization", "ACCEPT", "X-Empty", "b"} & set(sent)


@pytest.mark.parametrize("name", ["", "a b", "a\nb", "ü", "a:"])
async def test_an_invalid_header_is_reported_before_anything_is_sent(client, name):
    async with scripted(a_chat_answer) as upstream:
        with pytest.raises(InvalidRoute):
            await everything(client, call(upstream.url, headers=((name, "x"),)))
    assert upstream.visits == []


@pytest.mark.parametrize("stream", [True, False])
async def test_a_whole_completion_gives_one_end_event_with_its_items(client, stream):
    async def answer(visit):
        await visit.answer_json(WHOLE)

    async with scripted(answer) as upstream:
        ended, closed = await everything(client, call(upstream.url, stream=stream))
    assert (ended.status, ended.usage.output_tokens, closed.said_done) == (ResponseStatus.COMPLETED, 4, False)
    kinds = [item["type"] for item in ended.items]
    assert kinds == ["reasoning", "reasoning", "message", "function_call", "function_call"]
    assert [item["reasoning_details"] for item in ended.items[:2]] == [[CLAUDE], [{**CLAUDE, "text": "b"}]]
    assert [item["call_id"] for item in ended.items[3:]] == ["c", "d"]


async def test_a_whole_completion_with_a_failed_choice_ends_as_failed(client):
    async def answer(visit):
        choice = {"finish_reason": "error", "message": {}, "error": {"code": 502, "message": "m"}}
        await visit.answer_json({**WHOLE, "choices": [choice]})

    async with scripted(answer) as upstream:
        ended, _ = await everything(client, call(upstream.url, stream=False))
    assert (ended.status, ended.problem.status) == (ResponseStatus.FAILED, 502)


async def test_an_error_in_place_of_a_completion_is_a_refusal(client):
    async def answer(visit):
        await visit.answer_json({"error": {"code": 402, "message": "m"}, "choices": []})

    async with scripted(answer) as upstream:
        with pytest.raises(Refused) as caught:
            await everything(client, call(upstream.url, stream=False))
    assert caught.value.problem.status == 402


async def test_json_that_is_not_a_completion_is_unreadable(client):
    async def answer(visit):
        await visit.answer_json({"status": "completed", "output": []})

    async with scripted(answer) as upstream:
        with pytest.raises(Unreadable):
            await everything(client, call(upstream.url, stream=False))


async def test_a_cut_before_the_finish_reason_breaks_the_answer(client):
    async def answer(visit):
        await visit.head(200, STREAM_HEADERS)
        await visit.frames(says("a"))
        visit.cut()

    async with scripted(answer) as upstream:
        with pytest.raises(Unreachable) as caught:
            await everything(client, call(upstream.url))
    assert caught.value.reach is Reach.STREAMING


async def test_a_cut_after_the_finish_reason_leaves_the_answer_whole(client):
    async def answer(visit):
        await visit.head(200, STREAM_HEADERS)
        await visit.frames(says("a"), finishes())
        visit.cut()

    async with scripted(answer) as upstream:
        events = await everything(client, call(upstream.url))
    assert [end.status for end in ends(events)] == [ResponseStatus.COMPLETED]
    assert isinstance(events[-1], StreamClosed)


async def test_an_answer_whose_usage_never_arrives_ends_without_it(client, monkeypatch):
    monkeypatch.setattr("adapters.openrouter.stream.event_stream.LAST_WORDS", 0.01)

    async def answer(visit):
        await visit.head(200, STREAM_HEADERS)
        await visit.frames(says("a"), finishes())
        await visit.left()

    async with scripted(answer) as upstream:
        events = await everything(client, call(upstream.url))
    assert [(end.status, end.usage) for end in ends(events)] == [(ResponseStatus.COMPLETED, None)]
    assert isinstance(events[-1], StreamClosed)


async def test_an_image_of_megabytes_is_read(client):
    url = "data:image/png;base64," + "A" * 5_000_000

    async def answer(visit):
        await visit.head(200, STREAM_HEADERS)
        image = {"image_url": {"url": url}}
        await visit.chunk(b"data: " + json.dumps({"choices": [{"delta": {"images": [image]}}]}).encode() + b"\n\n")
        await visit.frames(finishes(), bill(), "[DONE]")
        await visit.end()

    async with scripted(answer) as upstream:
        events = await everything(client, call(upstream.url))
    assert [item["result"] == url for item in items(events)] == [True]


async def test_a_connection_is_reused_after_a_chat_stream(client):
    async with scripted(a_chat_answer) as upstream:
        for _ in range(3):
            events = await everything(client, call(upstream.url))
            assert isinstance(events[-2], ResponseEnded)
    assert upstream.connections == 1

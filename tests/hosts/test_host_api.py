"""An OpenAI client calls a model of a real host."""

import asyncio
import time

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.chat import StreamedReply, plain_chat, stream_chat
from tests.hosts.installed import InstalledHost, fresh
from tests.patience import eventually

pytestmark = pytest.mark.host


@pytest.fixture
async def streamed(client: HostAdmin, host: InstalledHost) -> StreamedReply:
    return await stream_chat(client, "openrouter.sim/echo", "please echo this")


async def test_streamed_answer_arrives_whole(streamed: StreamedReply) -> None:
    assert streamed.text == "You said: please echo this"


async def test_streamed_answer_has_a_finish_reason(streamed: StreamedReply) -> None:
    assert set(streamed.finish_reasons) == {"stop"}


async def test_streamed_answer_carries_usage_once_in_a_chunk_of_its_own(streamed: StreamedReply) -> None:
    (chunk,) = streamed.usage_chunks
    assert chunk["choices"] == []
    assert chunk["usage"]["completion_tokens"] > 0


async def test_streamed_answer_reaches_done_exactly_once(streamed: StreamedReply) -> None:
    assert streamed.done_count == 1
    assert streamed.lines[-1][1] == "data: [DONE]"


async def test_stream_holds_nothing_but_chat_chunks(streamed: StreamedReply) -> None:
    assert streamed.stray_lines == ()
    assert {payload.body.get("object") for payload in streamed.payloads} == {"chat.completion.chunk"}
    assert not [mark for mark in ("<details", "<think", "]: #", '"event"', "response.") if mark in streamed.raw]


async def test_every_delta_of_a_long_stream_arrives_in_order(client: HostAdmin, host: InstalledHost) -> None:
    reply = await stream_chat(client, "openrouter.sim/deltas-2000")
    numbers = [int("".join(filter(str.isdigit, word))) for word in reply.text.split()]
    assert len(numbers) == 2000
    assert numbers == sorted(numbers)


async def test_thinking_is_streamed_apart_from_the_answer(client: HostAdmin, host: InstalledHost) -> None:
    reply = await stream_chat(client, "openrouter.sim/thinking", "think first")
    assert reply.reasoning.strip()
    assert reply.reasoning not in reply.text


async def test_plain_answer_is_one_completion(client: HostAdmin, host: InstalledHost) -> None:
    status, answer = await plain_chat(client, "openrouter.sim/echo", "in one piece")
    choice = answer["choices"][0]
    assert (status, answer["object"]) == (200, "chat.completion")
    assert choice["message"]["content"] == "You said: in one piece"
    assert choice["finish_reason"] == "stop"
    assert answer["usage"]["total_tokens"] > 0


async def test_caller_who_hangs_up_closes_the_request_upstream(client: HostAdmin, host: InstalledHost) -> None:
    words = fresh("hang up on this")
    caller = asyncio.create_task(stream_chat(client, host.model("sim/deltas-200-rate-50"), words))
    await eventually(lambda: [record.status for record in host.asked(words)] == [200])
    hung_up_at = time.monotonic()
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    (record,) = host.asked(words)
    await eventually(lambda: record.closed_by_client)
    assert (record.ended_at or hung_up_at) - hung_up_at < 1.0


@pytest.mark.parametrize(("status", "code"), [(429, "rate_limit_exceeded"), (500, "upstream_error")])
async def test_streaming_caller_gets_an_error_object_when_upstream_refuses(
    client: HostAdmin, host: InstalledHost, status: int, code: str
) -> None:
    reply = await stream_chat(client, f"openrouter.sim/error-{status}")
    (error,) = reply.errors
    assert error["message"]
    assert error["type"]
    assert error["code"] == code
    assert reply.text == ""


@pytest.mark.parametrize("status", [429, 500])
async def test_plain_caller_gets_the_status_and_an_error_object_when_upstream_refuses(
    client: HostAdmin, host: InstalledHost, status: int
) -> None:
    answered, body = await plain_chat(client, f"openrouter.sim/error-{status}")
    assert answered == status
    assert body["error"]["message"]


async def test_cut_stream_keeps_its_text_and_ends_with_an_error_object(client: HostAdmin, host: InstalledHost) -> None:
    reply = await stream_chat(client, "openrouter.sim/cut-5")
    assert reply.text
    assert len(reply.errors) == 1
    assert "error" not in reply.payloads[0].body


@pytest.mark.parametrize("asked", [{"logprobs": True, "top_logprobs": 2}, {"logprobs": True}])
async def test_clients_that_ask_for_the_probabilities_of_tokens_get_them(
    asked: dict[str, object], client: HostAdmin, host: InstalledHost
) -> None:
    streamed = await stream_chat(client, "openrouter.sim/echo", "be likely", body=asked)
    _, answer = await plain_chat(client, "openrouter.sim/echo", "be likely", body=asked)
    chunks = [payload.body["choices"][0] for payload in streamed.payloads if payload.body["choices"]]
    pieces = [choice["logprobs"]["content"] for choice in chunks if choice.get("logprobs")]
    for tokens in ([entry for piece in pieces for entry in piece], answer["choices"][0]["logprobs"]["content"]):
        assert "".join(entry["token"] for entry in tokens) == streamed.text
        assert {len(entry["top_logprobs"]) for entry in tokens} == {asked.get("top_logprobs", 0)}


async def test_clients_that_ask_for_no_probabilities_get_none(client: HostAdmin, host: InstalledHost) -> None:
    asked = {"logprobs": False, "top_logprobs": 2}
    streamed = await stream_chat(client, "openrouter.sim/echo", "be likely", body=asked)
    assert "logprobs" not in streamed.raw

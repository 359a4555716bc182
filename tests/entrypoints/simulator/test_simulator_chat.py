"""Chat completions, streamed or not."""

import orjson
import pytest

from tests.entrypoints.simulator.reading import Caller

TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}


async def test_chat_ends_with_a_usage_chunk_without_choices(caller: Caller) -> None:
    reply = await caller.chat("sim/deltas-20")
    finish, usage = reply.events[-2:]
    assert finish["choices"][0]["finish_reason"] == "stop"
    assert usage["choices"] == []
    assert usage["usage"]["completion_tokens"] == 20
    assert reply.done


async def test_chat_deltas_arrive_complete_and_in_order(caller: Caller) -> None:
    assert (await caller.chat("sim/deltas-1000")).text == "".join(f"w{n} " for n in range(1000))


async def test_chat_chunks_name_generation_model_and_provider(caller: Caller) -> None:
    reply = await caller.chat("anthropic/claude-opus-5")
    for chunk in reply.events:
        assert chunk["id"] == reply.headers["X-Generation-Id"]
        assert chunk["object"] == "chat.completion.chunk"
        assert (chunk["model"], chunk["provider"]) == ("anthropic/claude-opus-5", "Anthropic")


@pytest.mark.parametrize(("name", "kind"), [("thinking", "reasoning.encrypted"), ("thinking-raw", "reasoning.text")])
async def test_chat_thinking_comes_as_text_and_as_details(caller: Caller, name: str, kind: str) -> None:
    deltas = [choice["delta"] for chunk in (await caller.chat(f"sim/{name}")).events for choice in chunk["choices"]]
    assert "".join(delta.get("reasoning") or "" for delta in deltas).startswith("Two readings")
    details = [detail for delta in deltas for detail in delta.get("reasoning_details", ())]
    assert details[-1]["type"] == kind


async def test_chat_tool_call_is_given_in_pieces(caller: Caller) -> None:
    reply = await caller.chat("sim/tool-call", tools=[TOOL])
    parts = [
        part for chunk in reply.events for choice in chunk["choices"] for part in choice["delta"].get("tool_calls", ())
    ]
    assert parts[0]["function"]["name"] == "look"
    assert orjson.loads("".join(part["function"]["arguments"] for part in parts)) == {}
    assert reply.events[-2]["choices"][0]["finish_reason"] == "tool_calls"


@pytest.mark.parametrize(("name", "reason"), [("length", "length"), ("filter", "content_filter")])
async def test_chat_names_why_it_stopped(caller: Caller, name: str, reason: str) -> None:
    assert (await caller.chat(f"sim/{name}")).events[-2]["choices"][0]["finish_reason"] == reason


@pytest.mark.parametrize("name", ["failed", "error-event-flat"])
async def test_chat_failure_ends_the_choice_with_an_error(caller: Caller, name: str) -> None:
    last = (await caller.chat(f"sim/{name}")).last
    assert last["error"]["code"] == 502
    assert last["choices"][0]["finish_reason"] == "error"


async def test_chat_error_frame_stands_alone(caller: Caller) -> None:
    last = (await caller.chat("sim/error-frame")).last
    assert last["error"]["code"] == 502
    assert last["choices"] == []


async def test_chat_citations_are_nested(caller: Caller) -> None:
    body = (await caller.chat("sim/citations", stream=False)).json
    assert body["choices"][0]["message"]["annotations"][0]["url_citation"]["url"].startswith("https://")


async def test_chat_answer_in_one_piece_is_a_completion(caller: Caller) -> None:
    body = (await caller.chat("sim/echo", stream=False)).json
    assert body["object"] == "chat.completion"
    assert body["choices"][0]["message"]["content"] == "You said: Hello there"
    assert body["usage"]["cost"] > 0


async def test_chat_waits_with_its_own_comment(caller: Caller) -> None:
    assert (await caller.chat("sim/slow-start-0p01")).raw.startswith(b": OPENROUTER PROCESSING\n\n")


async def test_chat_survives_its_garbage_as_a_whole_answer(caller: Caller) -> None:
    assert (await caller.chat("sim/garbage")).text == "".join(f"w{n} " for n in range(9))


@pytest.mark.parametrize("count", [0, 5])
async def test_chat_is_cut_after_its_deltas(caller: Caller, count: int) -> None:
    reply = await caller.chat(f"sim/cut-{count}")
    assert reply.broken
    assert reply.status == 200
    assert reply.text == "".join(f"w{n} " for n in range(count))

"""Streams of /responses, scenario by scenario."""

import orjson
import pytest

from entrypoints.simulator.scenarios.registry import listed_slugs
from entrypoints.simulator.server import Simulator
from tests.entrypoints.simulator.reading import Caller, assert_faithful

WHOLE = (
    *("echo", "echo:free", "deltas-20", "deltas-2000", "deltas-200-thinking-50", "thinking", "thinking-raw"),
    *("empty", "reasoning-only", "refusal", "length", "filter", "big-line", "only-terminal", "citations", "usage"),
    *("tool-call", "slow-start-0p01", "deltas-5-rate-1000-thinking-3"),
)
FUNCTION = {
    "type": "function",
    "name": "get_weather",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "unit": {"enum": ["c", "f"]}},
        "required": ["city", "days", "unit"],
    },
}


@pytest.mark.parametrize("name", WHOLE)
async def test_stream_has_the_sequence_and_fields_of_upstream(caller: Caller, name: str) -> None:
    reply = await caller.stream(f"sim/{name}")
    assert_faithful(reply.events)
    assert reply.done


async def test_echo_repeats_the_last_user_text(caller: Caller) -> None:
    turns = [
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": "You said: first"},
        {"role": "user", "content": [{"type": "input_text", "text": "the second"}]},
    ]
    assert (await caller.stream("sim/echo", turns)).text == "You said: the second"


async def test_catalog_models_answer_as_the_echo_does(caller: Caller) -> None:
    reply = await caller.stream("anthropic/claude-opus-5")
    assert reply.text == "You said: Hello there"
    assert reply.last["response"]["model"] == "anthropic/claude-opus-5"


async def test_alias_is_answered_by_its_target(caller: Caller) -> None:
    reply = await caller.stream("~anthropic/claude-opus-latest")
    assert reply.last["response"]["model"] == "anthropic/claude-opus-5"


@pytest.mark.parametrize(
    ("template", "key"),
    [
        ('### Task:\nGenerate a concise, 3-5 word title with an emoji.\n### Output:\n{ "title": "x" }', "title"),
        ("### Task:\nGenerate 1-3 broad tags categorizing the main themes.", "tags"),
        ("### Task:\nSuggest 3-5 relevant follow-up questions.", "follow_ups"),
        ("### Task:\nAnalyze the chat history for the necessity of generating search queries.", "queries"),
        ('### Task:\nDo as told.\nJSON: { "tags": ["a"] }\n<chat_history>{ "title": 1 }</chat_history>', "tags"),
    ],
)
async def test_background_task_gets_the_json_it_asks_for(caller: Caller, template: str, key: str) -> None:
    assert list(orjson.loads((await caller.stream("sim/echo", template)).text)) == [key]


async def test_retrieval_template_is_echoed_as_prose(caller: Caller) -> None:
    template = "### Task:\nRespond to the user query; cite only when the <source> tag has an id.\nWhat is red?"
    assert (await caller.stream("sim/echo", template)).text == f"You said: {template}"


async def test_deltas_arrive_complete_and_in_order(caller: Caller) -> None:
    reply = await caller.stream("sim/deltas-1234")
    deltas = [e["delta"] for e in reply.events if e["type"] == "response.output_text.delta"]
    assert deltas == [f"w{n} " for n in range(1234)]


async def test_thinking_is_sealed_only_when_the_request_includes_it(caller: Caller) -> None:
    plain = await caller.stream("sim/thinking")
    sealed = await caller.stream("sim/thinking", include=["reasoning.encrypted_content"])
    assert "encrypted_content" not in plain.last["response"]["output"][0]
    assert sealed.last["response"]["output"][0]["encrypted_content"].startswith("gAAAA")


async def test_raw_thinking_comes_with_a_signature(caller: Caller) -> None:
    reply = await caller.stream("sim/thinking-raw")
    item = reply.last["response"]["output"][0]
    assert "response.reasoning_text.delta" in reply.kinds
    assert item["signature"]
    assert item["format"] == "anthropic-claude-v1"


async def test_slow_start_sends_comments_before_the_first_event(caller: Caller) -> None:
    reply = await caller.stream("sim/slow-start-0p3")
    assert reply.raw.startswith(b": \n\n: \n\ndata: ")


@pytest.mark.parametrize("count", [0, 5])
async def test_cut_resets_the_connection_after_its_deltas(caller: Caller, count: int) -> None:
    reply = await caller.stream(f"sim/cut-{count}")
    assert reply.broken
    assert reply.kinds[0] == "response.created"
    assert reply.kinds.count("response.output_text.delta") == count


async def test_reset_comes_before_any_response(caller: Caller) -> None:
    reply = await caller.stream("sim/reset")
    assert reply.broken
    assert reply.status == 0


async def test_no_terminal_closes_the_items_but_not_the_response(caller: Caller) -> None:
    reply = await caller.stream("sim/no-terminal-5")
    assert reply.kinds[-1] == "response.output_item.done"
    assert reply.done


async def test_no_done_ends_cleanly_in_the_middle_of_the_message(caller: Caller) -> None:
    reply = await caller.stream("sim/no-done-5")
    assert not reply.broken
    assert not reply.done
    assert reply.kinds[-1] == "response.output_text.delta"


async def test_empty_answer_has_a_message_without_text_and_costs_nothing(caller: Caller) -> None:
    response = (await caller.stream("sim/empty")).last["response"]
    assert response["output"][0]["content"][0]["text"] == ""
    assert response["usage"]["cost"] == 0


async def test_reasoning_only_has_no_message(caller: Caller) -> None:
    output = (await caller.stream("sim/reasoning-only")).last["response"]["output"]
    assert [item["type"] for item in output] == ["reasoning"]


@pytest.mark.parametrize(("name", "reason"), [("length", "max_output_tokens"), ("filter", "content_filter")])
async def test_incomplete_answer_names_its_reason(caller: Caller, name: str, reason: str) -> None:
    response = (await caller.stream(f"sim/{name}")).last["response"]
    assert response["incomplete_details"] == {"reason": reason}
    assert response["output"][0]["status"] == "incomplete"


async def test_big_line_is_one_event_of_five_megabytes(caller: Caller) -> None:
    reply = await caller.stream("sim/big-line")
    sizes = sorted(map(len, reply.payloads))
    assert sizes[-1] > 5_000_000
    assert sizes[-2] < 10_000


async def test_big_line_keeps_its_picture_when_not_streamed(caller: Caller) -> None:
    output = (await caller.answer("sim/big-line")).json["output"]
    assert len(output[0]["result"]) > 5_000_000


async def test_garbage_holds_a_whole_answer_between_bad_frames(caller: Caller) -> None:
    reply = await caller.stream("sim/garbage")
    assert reply.text == "".join(f"w{n} " for n in range(9))
    assert b"\r\n" in reply.raw
    assert reply.done


async def test_only_terminal_keeps_the_text_for_the_last_event(caller: Caller) -> None:
    reply = await caller.stream("sim/only-terminal")
    assert reply.kinds == ["response.created", "response.in_progress", "response.completed"]
    assert reply.last["response"]["output"][0]["content"][0]["text"] == "This text comes late."


async def test_citations_are_announced_and_repeated_in_the_message(caller: Caller) -> None:
    reply = await caller.stream("sim/citations")
    announced = [e["annotation"] for e in reply.events if e["type"] == "response.output_text.annotation.added"]
    assert len(announced) == 2
    assert reply.last["response"]["output"][0]["content"][0]["annotations"] == announced


async def test_usage_has_cached_and_reasoning_tokens_and_their_price(caller: Caller) -> None:
    usage = (await caller.stream("sim/usage")).last["response"]["usage"]
    assert usage["input_tokens_details"] == {"cached_tokens": 400, "cache_write_tokens": 100}
    assert usage["output_tokens_details"] == {"reasoning_tokens": 150}
    assert usage["cost"] == pytest.approx(500e-6 + 400e-7 + 100 * 1.25e-6 + 250 * 4e-6)


async def test_usage_follows_the_price_of_the_model(caller: Caller, simulator: Simulator) -> None:
    simulator.set_override("openai/gpt-5.6-luna", "sim/deltas-1000")
    usage = (await caller.stream("openai/gpt-5.6-luna", "four")).last["response"]["usage"]
    assert usage["output_tokens"] == 1000
    assert usage["cost"] == pytest.approx(usage["input_tokens"] * 5e-7 + 1000 * 3e-6)


async def test_tool_call_calls_the_offered_function_with_its_required_arguments(caller: Caller) -> None:
    reply = await caller.stream("sim/tool-call", tools=[FUNCTION])
    terminal = assert_faithful(reply.events)
    call = terminal["output"][0]
    assert call["name"] == "get_weather"
    assert orjson.loads(call["arguments"]) == {"city": "example", "days": 1, "unit": "c"}


async def test_tool_call_quotes_the_result_once_it_is_there(caller: Caller) -> None:
    turns = [
        {"role": "user", "content": "weather?"},
        {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": "21 degrees"},
    ]
    assert (await caller.stream("sim/tool-call", turns, tools=[FUNCTION])).text == "The tool said: 21 degrees"


async def test_model_that_only_paints_answers_with_a_picture(caller: Caller) -> None:
    output = (await caller.answer("black-forest-labs/flux.2-pro")).json["output"]
    assert output[0]["type"] == "image_generation_call"
    assert output[0]["result"].startswith("iVBOR")


async def test_answer_in_one_piece_equals_the_streamed_one(caller: Caller) -> None:
    whole = (await caller.answer("sim/deltas-20")).json
    streamed = (await caller.stream("sim/deltas-20")).last["response"]
    assert whole["output_text"] == streamed["output"][0]["content"][0]["text"]
    assert whole["usage"] == streamed["usage"]


async def test_request_settings_are_repeated_in_the_response(caller: Caller) -> None:
    reply = await caller.stream("sim/echo", instructions="Be brief.", temperature=0.5, tools=[FUNCTION])
    for event in (reply.events[0], reply.last):
        assert event["response"]["instructions"] == "Be brief."
        assert event["response"]["tools"] == [FUNCTION]


async def test_routing_report_comes_when_asked_for(caller: Caller) -> None:
    body = {"model": "sim/echo", "input": "hi"}
    reply = await caller.post("/responses", body, headers={"X-OpenRouter-Metadata": "enabled"})
    assert reply.json["openrouter_metadata"]["requested"] == "sim/echo"


async def test_reasoning_is_accepted_back_as_it_was_sent(caller: Caller) -> None:
    include = ["reasoning.encrypted_content"]
    output = (await caller.answer("sim/thinking", include=include)).json["output"]
    history = [{"role": "user", "content": "a"}, *output, {"role": "user", "content": "b"}]
    assert (await caller.answer("sim/thinking", history)).status == 200


def test_every_listed_slug_names_a_model_once() -> None:
    assert len(set(listed_slugs())) == len(listed_slugs())

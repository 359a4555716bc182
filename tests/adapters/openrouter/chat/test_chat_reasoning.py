"""The reasoning in chat chunks becomes reasoning items that both endpoints accept in later requests."""

import json

from adapters.openrouter.chat.messages import chat_messages
from domain.conversation.provenance import taken_by
from ports.response_events import ItemAdded, ItemDone, ReasoningDelta, ReasoningDone
from ports.responses import Endpoint, ResponsesBody
from tests.adapters.openrouter.chat.chat_chunks import (
    answered,
    calls,
    chunk,
    fragment,
    items,
    says,
    texts,
    thinks,
    thoughts,
    translate,
)
from tests.adapters.openrouter.serialised import serialise_body

CLAUDE = {"type": "reasoning.text", "format": "anthropic-claude-v1", "index": 0}
OPENAI = {"type": "reasoning.summary", "format": "openai-responses-v1", "index": 0}
SEALED = {"type": "reasoning.encrypted", "format": "openai-responses-v1", "index": 0}
GEMINI = {"type": "reasoning.encrypted", "format": "google-gemini-v1", "index": 0, "data": "sig"}
ASKED = {"type": "message", "role": "user", "content": "Hi"}


def reasoning(events):
    return [item for item in items(events) if item["type"] == "reasoning"]


def sent_back(events):
    """Return the assistant message of the next chat completions request."""
    [message] = [message for message in chat_messages(items(events)) if message["role"] == "assistant"]
    return message


def sent_to_responses(events):
    body = ResponsesBody("a/b", taken_by(Endpoint.RESPONSES, (ASKED, *items(events))))
    return json.loads(serialise_body(body))["input"][1:]


def test_pieces_of_one_entry_are_joined_and_a_signature_may_arrive_alone():
    events = answered(
        thinks({**CLAUDE, "text": "a"}), thinks({**CLAUDE, "text": "b"}), thinks({**CLAUDE, "signature": "s"})
    )
    [item] = reasoning(events)
    assert item == {
        "type": "reasoning",
        "id": "rs_gen-1_0",
        "status": "completed",
        "summary": [],
        "content": [{"type": "reasoning_text", "text": "ab"}],
        "signature": "s",
        "format": "anthropic-claude-v1",
        "reasoning_details": [{**CLAUDE, "text": "ab", "signature": "s"}],
    }


def test_thinking_is_announced_streamed_and_completed():
    events = answered(thinks({**OPENAI, "summary": "a"}), thinks({**OPENAI, "summary": "b"}), says("x"))
    place = (0, "rs_gen-1_0")
    assert events[1:4] == [
        ItemAdded(0, {"type": "reasoning", "id": "rs_gen-1_0", "status": "in_progress", "summary": []}),
        ReasoningDelta(*place, 0, "ab", raw=False),
        ReasoningDone(*place, 0, "ab", raw=False),
    ]
    assert isinstance(events[4], ItemDone)


def test_an_encrypted_entry_gives_the_item_its_id():
    [item] = reasoning(answered(thinks({**OPENAI, "summary": "a"}), thinks({**SEALED, "data": "x", "id": "rs_9"})))
    assert (item["id"], item["encrypted_content"], item["summary"][0]["text"]) == ("rs_9", "x", "a")
    assert [detail["type"] for detail in item["reasoning_details"]] == ["reasoning.summary", "reasoning.encrypted"]


def test_encrypted_data_arrives_in_pieces_or_twice():
    pieces = [{**SEALED, "data": data, "id": "rs_9"} for data in ("ab", "cd", "abcd")]
    [item] = reasoning(answered(*map(thinks, pieces)))
    assert item["encrypted_content"] == "abcd"


def test_the_id_of_a_call_never_becomes_the_id_of_an_item():
    [item] = reasoning(answered(thinks({**GEMINI, "id": "tool_f_1"})))
    assert item["id"] == "rs_gen-1_0"
    assert item["reasoning_details"][0]["id"] == "tool_f_1"


def test_entries_of_two_indexes_are_two_parts():
    events = answered(thinks({**OPENAI, "summary": "a"}), thinks({**OPENAI, "summary": "b", "index": 1}))
    assert [(event.part, event.text) for event in events if isinstance(event, ReasoningDelta)] == [(0, "a"), (1, "b")]
    [item] = reasoning(events)
    assert [part["text"] for part in item["summary"]] == ["a", "b"]


def test_an_entry_after_a_signed_text_is_an_item_of_its_own():
    signed = [{**CLAUDE, "text": text, "signature": text.upper()} for text in ("a", "b")]
    events = answered(*map(thinks, signed), says("x"))
    assert [(item["content"][0]["text"], item["signature"]) for item in reasoning(events)] == [("a", "A"), ("b", "B")]
    assert sent_back(events)["reasoning_details"] == signed


def test_encrypted_entries_with_two_ids_stay_two_items():
    entries = [
        {**OPENAI, "summary": "a"},
        {**SEALED, "data": "A", "id": "rs_1"},
        {**OPENAI, "summary": "b"},
        {**SEALED, "data": "B", "id": "rs_2"},
    ]
    events = answered(*map(thinks, entries), says("x"))
    assert [(item["id"], item["encrypted_content"]) for item in reasoning(events)] == [("rs_1", "A"), ("rs_2", "B")]
    assert sent_back(events)["reasoning_details"] == entries


def test_two_items_never_have_the_same_id():
    entries = [{**SEALED, "data": data, "id": "rs_1", "index": index} for index, data in enumerate("AB")]
    ids = [item["id"] for item in reasoning(answered(*map(thinks, entries), says("x")))]
    assert ids[0] == "rs_1"
    assert len(set(ids)) == 2


def test_text_is_not_shown_twice_when_both_keys_have_it():
    events = answered(thinks({**CLAUDE, "text": "a"}, reasoning="a"), thinks({**CLAUDE, "text": "b"}, reasoning="b"))
    assert thoughts(events) == "ab"


def test_thinking_without_details_is_sent_back_without_them():
    events = answered(chunk({"reasoning": "a"}), chunk({"reasoning": "b"}), says("x"))
    assert thoughts(events) == "ab"
    [item] = reasoning(events)
    assert item["content"] == [{"type": "reasoning_text", "text": "ab"}]
    assert "reasoning_details" not in item
    assert sent_back(events) == {"role": "assistant", "content": "x", "reasoning": "ab"}


def test_thinking_with_an_empty_list_of_details_keeps_the_empty_list():
    events = answered(thinks(reasoning="a"), says("x"))
    assert sent_back(events) == {"role": "assistant", "content": "x", "reasoning": "a", "reasoning_details": []}


def test_details_that_repeat_plain_thinking_are_not_shown_again():
    whole = {**CLAUDE, "text": "ab", "signature": "s"}
    events = answered(chunk({"reasoning": "a"}), chunk({"reasoning": "b"}), thinks(whole), says("x"))
    assert thoughts(events) == "ab"
    [item] = reasoning(events)
    assert (item["content"], item["signature"]) == ([{"type": "reasoning_text", "text": "ab"}], "s")
    assert sent_back(events)["reasoning_details"] == [whole]


def test_an_empty_list_before_a_call_is_kept():
    events = answered(thinks(), calls(fragment("{}", call_id="c", name="f")))
    assert [item["type"] for item in items(events)] == ["reasoning", "function_call"]
    assert sent_back(events)["reasoning_details"] == []


def test_an_empty_list_before_plain_text_is_no_thinking():
    assert reasoning(answered(thinks(), says("x"))) == []


def test_encrypted_details_that_arrive_with_a_call_precede_it():
    part = {**GEMINI, "id": "c"}
    events = answered(
        says("x"), chunk({"reasoning_details": [part], "tool_calls": [fragment("{}", call_id="c", name="f")]})
    )
    assert [item["type"] for item in items(events)] == ["message", "reasoning", "function_call"]
    assert sent_back(events)["reasoning_details"] == [part]


def test_encrypted_details_in_the_middle_of_a_text_do_not_split_it():
    events = answered(says("a"), thinks(GEMINI), says("b"))
    assert texts(events) == "ab"
    assert [item["type"] for item in items(events)] == ["message", "reasoning"]
    assert sent_back(events) == {"role": "assistant", "content": "ab", "reasoning_details": [GEMINI]}


def test_a_signature_after_the_answer_is_merged_into_its_text():
    events = answered(thinks({**CLAUDE, "text": "a"}), says("x"), thinks({**CLAUDE, "signature": "s"}))
    assert sent_back(events)["reasoning_details"] == [{**CLAUDE, "text": "a", "signature": "s"}]


def test_entries_of_unknown_kinds_are_kept_unchanged():
    tool = {"type": "reasoning.server_tool_call", "tool_name": "t", "arguments": "{}", "result": "r", "id": "st_1"}
    unknown = {"type": "reasoning.from_the_future", "text": "secret", "x": [1]}
    events = answered(thinks(tool, unknown, {**CLAUDE, "text": "a"}), says("x"))
    assert thoughts(events) == "a"
    assert sent_back(events)["reasoning_details"] == [tool, unknown, {**CLAUDE, "text": "a"}]


def test_a_later_field_completes_the_entry():
    early = {"type": "reasoning.text", "text": "a", "index": 0, "format": None, "id": None}
    [item] = reasoning(answered(thinks(early), thinks({**early, "text": "b", "format": "xai-responses-v1"})))
    assert item["reasoning_details"] == [{**early, "text": "ab", "format": "xai-responses-v1"}]
    assert item["format"] == "xai-responses-v1"


def test_the_other_endpoint_gets_the_item_in_its_own_form():
    events = answered(thinks({**OPENAI, "summary": "a"}, {**SEALED, "data": "x", "id": "rs_9"}), says("x"))
    first, second = sent_to_responses(events)
    assert first == {
        "type": "reasoning",
        "id": "rs_9",
        "status": "completed",
        "summary": [{"type": "summary_text", "text": "a"}],
        "encrypted_content": "x",
        "format": "openai-responses-v1",
    }
    assert second["type"] == "message"


def test_the_other_endpoint_gets_no_thinking_that_nothing_follows():
    kinds = [item["type"] for item in sent_to_responses(answered(says("x"), thinks(GEMINI)))]
    assert kinds == ["message"]


def test_the_other_endpoint_gets_no_empty_thinking():
    events = answered(thinks(), calls(fragment("{}", call_id="c", name="f")))
    assert [item["type"] for item in sent_to_responses(events)] == ["function_call"]


def test_a_cut_stream_leaves_the_thinking_open():
    assert items(translate(thinks({**CLAUDE, "text": "a"}))) == []

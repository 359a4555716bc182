"""Input items become messages that a chat endpoint accepts, with reasoning and calls in their places."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.openrouter.chat.messages import chat_messages
from adapters.openrouter.chat.request_body import chat_fields
from adapters.openrouter.wire.request_body import encode_body
from entrypoints.simulator.refusals.chat import check_chat
from entrypoints.simulator.refusals.chat_history import check_chat_history
from entrypoints.simulator.refusals.verdicts import Provider
from ports.json_values import JsonObject
from ports.responses import ResponsesBody

PICTURE = "data:image/png;base64,AA"


def user(*parts):
    return {"type": "message", "role": "user", "content": [_part(part) for part in parts]}


def _part(part):
    return {"type": "input_text", "text": part} if isinstance(part, str) else part


def said(text):
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {"type": "message", "role": "assistant", "id": "msg_1", "status": "completed", "content": content}


def call(call_id, name="f", arguments="{}"):
    return {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments}


def output(call_id, result="ok"):
    return {"type": "function_call_output", "call_id": call_id, "output": result}


def thought(item_id="rs_1", **more):
    return {"type": "reasoning", "id": item_id, "summary": [], **more}


def tool_call(call_id, name="f", arguments="{}"):
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def tool(call_id, content="ok"):
    return {"role": "tool", "tool_call_id": call_id, "content": content}


@pytest.mark.parametrize(
    ("part", "translated"),
    [
        ({"type": "input_text", "text": "a"}, {"type": "text", "text": "a"}),
        (
            {"type": "input_text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit"}},
            {"type": "text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit"}},
        ),
        (
            {"type": "input_text", "text": "a", "cache_control": {"type": "ephemeral"}},
            {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}},
        ),
        (
            {"type": "input_image", "detail": "low", "image_url": PICTURE},
            {"type": "image_url", "image_url": {"url": PICTURE, "detail": "low"}},
        ),
        (
            {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AA"},
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA"}},
        ),
        (
            {"type": "input_file", "file_url": "https://x/a.pdf"},
            {"type": "file", "file": {"filename": "file", "file_data": "https://x/a.pdf"}},
        ),
        (
            {"type": "input_file", "filename": "a", "file_id": "file_1"},
            {"type": "file", "file": {"filename": "a", "file_id": "file_1"}},
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}},
            {"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}},
        ),
        (
            {"type": "input_video", "video_url": "https://x/v.mp4"},
            {"type": "video_url", "video_url": {"url": "https://x/v.mp4"}},
        ),
    ],
)
def test_each_part_has_its_chat_form(part, translated):
    assert chat_messages((user("see", part),)) == [
        {"role": "user", "content": [{"type": "text", "text": "see"}, translated]}
    ]


@pytest.mark.parametrize(
    "part",
    [
        {"type": "input_text", "text": ""},
        {"type": "input_image", "detail": "auto", "file_id": "file_1"},
        {"type": "input_file", "filename": "a"},
        {"type": "input_audio", "input_audio": {}},
        {"type": "input_video"},
        {"type": "from_the_future", "x": 1},
    ],
)
def test_a_part_without_a_chat_form_is_left_out(part):
    assert chat_messages((user("see", part), user(part))) == [{"role": "user", "content": "see"}]


def test_text_alone_is_a_string():
    items = (user("a"), {"role": "user", "content": "b"}, {"type": "message", "role": "developer", "content": "c"})
    assert [message["content"] for message in chat_messages(items)] == ["a", "b", "c"]


def test_instructions_become_the_first_system_message():
    system = {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "Second."}]}
    assert chat_messages((system, user("a")), "First.") == [
        {"role": "system", "content": "First."},
        {"role": "system", "content": "Second."},
        {"role": "user", "content": "a"},
    ]


def test_system_messages_contain_text_only():
    picture = {"type": "input_image", "detail": "auto", "image_url": PICTURE}
    system = {"type": "message", "role": "system", "content": [_part("a"), _part("b"), picture]}
    [message] = chat_messages((system,))
    assert [part["text"] for part in message["content"]] == ["a", "b"]


def test_calls_of_one_round_share_a_message_with_the_text_before_them():
    items = (user("q"), said("Looking."), call("c"), call("d", "g", '{"a":1}'), output("c"), output("d"))
    assert chat_messages(items)[1:] == [
        {
            "role": "assistant",
            "content": "Looking.",
            "tool_calls": [tool_call("c"), tool_call("d", "g", '{"a":1}')],
        },
        tool("c"),
        tool("d"),
    ]


def test_a_call_without_text_has_no_content():
    items = (user("q"), said(" \n"), call("c"), output("c"))
    assert chat_messages(items)[1] == {"role": "assistant", "tool_calls": [tool_call("c")]}


def test_rounds_stay_separate_messages():
    items = (user("q"), call("c"), output("c"), call("d"), output("d"), said("Done."))
    assert [message["role"] for message in chat_messages(items)] == [
        *("user", "assistant", "tool", "assistant", "tool", "assistant")
    ]


def test_outputs_directly_follow_their_calls_in_the_order_of_the_calls():
    items = (user("q"), call("c"), call("d"), output("d", "D"), said("Wait."), output("c", "C"), user("r"))
    messages = chat_messages(items)
    assert messages[2:4] == [tool("c", "C"), tool("d", "D")]
    assert [message["role"] for message in messages[4:]] == ["assistant", "user"]


def test_a_call_id_used_in_two_rounds_gets_each_its_own_output():
    items = (user("q"), call("c"), output("c", "1"), user("r"), call("c"), output("c", "2"))
    assert [message["content"] for message in chat_messages(items) if message["role"] == "tool"] == ["1", "2"]


def test_an_output_without_its_call_is_left_out():
    assert chat_messages((user("q"), output("c"))) == [{"role": "user", "content": "q"}]


def test_text_parts_of_an_output_are_joined():
    parts = [_part("a"), _part("b")]
    assert chat_messages((user("q"), call("c"), output("c", parts)))[-1] == tool("c", "a\nb")


def test_images_of_outputs_follow_in_a_user_message_after_all_outputs():
    picture = {"type": "input_image", "detail": "auto", "image_url": PICTURE}
    items = (user("q"), call("c", "shot"), call("d"), output("c", [_part("seen"), picture]), output("d", [picture]))
    first, second, media = chat_messages(items)[2:]
    assert (first, second["tool_call_id"], media["role"]) == (tool("c", "seen"), "d", "user")
    assert second["content"]
    assert [part["type"] for part in media["content"]] == ["text", "image_url", "text", "image_url"]
    assert "shot" in media["content"][0]["text"]


def test_two_assistant_messages_stay_two():
    assert [message["content"] for message in chat_messages((user("q"), said("a"), said("b")))] == ["q", "a", "b"]


def test_parts_and_refusals_of_the_assistant_become_its_text():
    content = [{"type": "output_text", "text": "a"}, {"type": "refusal", "refusal": "no"}]
    item = {"type": "message", "role": "assistant", "content": content}
    assert chat_messages((item,)) == [{"role": "assistant", "content": "a\n\nno"}]


@pytest.mark.parametrize("content", ["", [], [{"type": "output_text", "text": ""}], None])
def test_an_assistant_without_text_has_no_message(content):
    assert chat_messages((user("q"), {"role": "assistant", "content": content})) == [{"role": "user", "content": "q"}]


@pytest.mark.parametrize(
    ("item", "entries"),
    [
        (
            thought(
                summary=[{"type": "summary_text", "text": "a"}, {"type": "summary_text", "text": "b"}],
                encrypted_content="x",
                format="openai-responses-v1",
            ),
            [
                {"type": "reasoning.summary", "summary": "a"},
                {"type": "reasoning.summary", "summary": "b"},
                {"type": "reasoning.encrypted", "data": "x"},
            ],
        ),
        (
            thought(content=[{"type": "reasoning_text", "text": "a"}], signature="s", format="anthropic-claude-v1"),
            [{"type": "reasoning.text", "text": "a", "signature": "s"}],
        ),
        (
            thought(encrypted_content="x", format="anthropic-claude-v1"),
            [{"type": "reasoning.encrypted", "data": "x"}],
        ),
    ],
)
def test_thinking_from_the_other_endpoint_becomes_entries(item, entries):
    same = {"id": "rs_1", "format": item["format"]}
    [message] = chat_messages((item, said("x")))
    assert message["reasoning_details"] == [{**entry, **same, "index": i} for i, entry in enumerate(entries)]
    assert "reasoning" not in message


def test_entries_of_several_items_have_different_indexes():
    items = [thought(f"rs_{n}", encrypted_content=str(n)) for n in range(3)]
    [message] = chat_messages((*items, call("c")))
    assert [(entry["data"], entry["index"]) for entry in message["reasoning_details"]] == [("0", 0), ("1", 1), ("2", 2)]


def test_plain_thinking_is_sent_back_as_a_string():
    item = thought(content=[{"type": "reasoning_text", "text": "a"}])
    assert chat_messages((item, said("x"))) == [{"role": "assistant", "content": "x", "reasoning": "a"}]


def test_thinking_belongs_to_the_next_text_or_call_of_the_assistant():
    first = (user("q"), thought("rs_1", encrypted_content="1"), call("c"), output("c"))
    items = (*first, thought("rs_2", encrypted_content="2"), said("x"))
    data = [[entry["data"] for entry in message.get("reasoning_details", ())] for message in chat_messages(items)]
    assert data == [[], ["1"], [], ["2"]]


def test_thinking_between_two_texts_belongs_to_the_second():
    first, second = chat_messages((said("a"), thought(encrypted_content="x"), said("b")))
    assert (first.keys(), second["reasoning_details"][0]["data"]) == ({"role", "content"}, "x")


def test_thinking_that_nothing_follows_is_left_out():
    items = (said("a"), thought(encrypted_content="x"), user("q"), thought(encrypted_content="y"))
    assert [message.keys() for message in chat_messages(items)] == [{"role", "content"}] * 2


def test_items_without_a_chat_form_are_left_out():
    others: tuple[JsonObject, ...] = (
        {"type": "web_search_call", "id": "ws"},
        {"type": "image_generation_call", "result": "AA"},
        {},
    )
    assert chat_messages((user("q"), *others)) == [{"role": "user", "content": "q"}]


DETAILS = st.lists(
    st.fixed_dictionaries({"type": st.just("reasoning.text"), "text": st.text(max_size=3), "index": st.integers(0, 3)}),
    max_size=2,
)
MEDIA = st.sampled_from(["t", {"type": "input_image", "detail": "auto", "image_url": PICTURE}])
OUTPUTS = st.text(max_size=3) | st.lists(MEDIA.map(_part), max_size=2)
ROUNDS = st.lists(st.tuples(st.integers(0, 2), OUTPUTS), max_size=3)


@st.composite
def histories(draw):
    """Draw a history in which every call has its output somewhere after it."""
    items = [user("q")]
    for number, (size, result) in enumerate(draw(ROUNDS)):
        if draw(st.booleans()):
            items.append(thought(f"rs_{number}", reasoning_details=draw(DETAILS)))
        if draw(st.booleans()):
            items.append(said(draw(st.text(max_size=3))))
        ids = [f"c{number}_{n}" for n in range(size)]
        items += [call(call_id) for call_id in ids]
        items += [output(call_id, result) for call_id in draw(st.permutations(ids))]
        if draw(st.booleans()):
            items.append(draw(st.sampled_from([user("r"), said("s"), thought(encrypted_content="x")])))
    return (*items, user("last"))


@given(histories())
async def test_any_history_is_accepted(items):
    encoded = await encode_body(ResponsesBody("sim/echo", items), chat_fields)
    assert isinstance(encoded, bytes)
    body = json.loads(encoded)
    check_chat(body)
    check_chat_history(body["messages"], Provider("sim/echo", "Simulator"))
    assert sum(len(message.get("tool_calls", ())) for message in body["messages"]) == sum(
        item["type"] == "function_call" for item in items
    )

"""Translate every kind of message to items: none is empty, every call has an output."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.conversation.items import items_of, plain_text
from domain.conversation.placeholders import NOT_COMPLETED
from domain.conversation.size import characters_of
from entrypoints.openwebui.history_format import OPEN_WEBUI
from tests.examples import examples


def user(content: object) -> dict[str, object]:
    return {"role": "user", "content": content}


def asked(*call_ids: str, content: str = "", arguments: object = '{"q": 1}') -> dict[str, Any]:
    calls = [{"id": call_id, "function": {"name": "look", "arguments": arguments}} for call_id in call_ids]
    return {"role": "assistant", "content": content, "tool_calls": calls}


def result(call_id: str, content: object = "found") -> dict[str, object]:
    return {"role": "tool", "tool_call_id": call_id, "content": content}


def ids(*messages: object) -> list[tuple[str, str]]:
    """Return the type of each item, with the id of calls and outputs and the role of messages."""
    return [
        (item["type"], item["role"] if item["type"] == "message" else item["call_id"]) for item in items_of(messages)
    ]


@pytest.mark.parametrize("role", ["system", "developer", "user"])
def test_message_keeps_its_role_and_text(role):
    text = "  You are\n helpful. "
    assert items_of([{"role": role, "content": text}]) == (
        {"type": "message", "role": role, "content": [{"type": "input_text", "text": text}]},
    )


def test_assistant_message_becomes_plain_text():
    assert items_of([{"role": "assistant", "content": "Yes."}]) == (
        {"type": "message", "role": "assistant", "content": "Yes."},
    )


def test_messages_keep_their_order():
    assert [role for _, role in ids(user("a"), {"role": "assistant", "content": "b"}, user("c"))] == [
        "user",
        "assistant",
        "user",
    ]


@pytest.mark.parametrize(
    "message",
    [
        None,
        "text",
        3,
        {},
        {"content": "x"},
        {"role": "other", "content": "x"},
        {"role": ["user"], "content": "x"},
        user(""),
        user("  \n"),
        user([]),
        user(None),
        user({"text": "x"}),
        {"role": "assistant", "content": " "},
        {"role": "tool", "content": "x"},
    ],
    ids=repr,
)
def test_empty_and_invalid_messages_are_omitted(message):
    assert items_of([message]) == ()


def test_calls_and_outputs_become_separate_items():
    assert items_of([asked("c1", content="I look"), result("c1")]) == (
        {"type": "message", "role": "assistant", "content": "I look"},
        {"type": "function_call", "call_id": "c1", "name": "look", "arguments": '{"q": 1}'},
        {"type": "function_call_output", "call_id": "c1", "output": "found"},
    )


def test_outputs_follow_their_calls_in_the_order_of_the_calls():
    assert ids(asked("c1", "c2"), result("c2"), result("c1"), user("and?")) == [
        ("function_call", "c1"),
        ("function_call", "c2"),
        ("function_call_output", "c1"),
        ("function_call_output", "c2"),
        ("message", "user"),
    ]


def test_late_output_is_moved_to_its_call():
    assert ids(asked("c1"), user("and?"), result("c1")) == [
        ("function_call", "c1"),
        ("function_call_output", "c1"),
        ("message", "user"),
    ]


def test_call_without_an_output_gets_a_placeholder():
    items = items_of([asked("c1"), user("and?")])
    assert items[1] == {"type": "function_call_output", "call_id": "c1", "output": NOT_COMPLETED}


def test_output_without_a_call_is_dropped():
    assert items_of([result("c1"), user("and?")])[0]["type"] == "message"


def test_repeated_call_and_output_are_sent_once():
    assert ids(asked("c1"), asked("c1"), result("c1", "one"), result("c1", "two")) == [
        ("function_call", "c1"),
        ("function_call_output", "c1"),
    ]
    assert items_of([asked("c1"), result("c1", "one"), result("c1", "two")])[1]["output"] == "one"


def pairs(*messages):
    """Return (arguments, output) of every call, in order."""
    items = items_of(messages)
    ids = [item["call_id"] for item in items if item["type"] == "function_call"]
    assert len(set(ids)) == len(ids)
    outputs = {item["call_id"]: item["output"] for item in items if item["type"] == "function_call_output"}
    return [(item["arguments"], outputs[item["call_id"]]) for item in items if item["type"] == "function_call"]


@pytest.mark.parametrize("call_id", ["X", "functions.look:0", "", None, 1, "\N{BULLET}" * 90])
def test_the_same_id_in_two_rounds_loses_nothing(call_id):
    history = [
        user("hi"),
        asked(call_id, arguments='{"a": 1}'),
        result(call_id, "no"),
        asked(call_id, arguments='{"a": 2}'),
        result(call_id, "yes"),
        user("and?"),
    ]
    assert pairs(*history) == [('{"a": 1}', "no"), ('{"a": 2}', "yes")]
    kinds = [item["type"] for item in items_of(history)]
    assert kinds[1:5] == ["function_call", "function_call_output"] * 2


def test_parallel_calls_of_one_id_are_paired_in_their_order():
    calls = {**asked("X", arguments='{"a": 1}')}
    calls["tool_calls"] += asked("X", arguments='{"a": 2}')["tool_calls"]
    assert pairs(calls, result("X", "one"), result("X", "two")) == [('{"a": 1}', "one"), ('{"a": 2}', "two")]


def test_an_output_belongs_to_the_latest_round_that_has_an_open_call_of_its_id():
    lost = asked("X", arguments='{"a": 1}')
    assert pairs(lost, user("go on"), asked("X", arguments='{"a": 2}'), result("X", "two")) == [
        ('{"a": 1}', NOT_COMPLETED),
        ('{"a": 2}', "two"),
    ]


def test_numbers_that_are_not_finite_are_not_part_of_an_output():
    assert items_of([asked("c1"), result("c1", {"a": [float("nan"), 1]})])[1]["output"] == '{"a": [null, 1]}'


def test_text_parts_of_an_output_are_joined():
    parts = [{"type": "text", "text": "one"}, {"type": "image_url"}, {"type": "text", "text": "two"}]
    assert items_of([asked("c1"), result("c1", parts)])[1]["output"] == "one\ntwo"


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        ('{"q": 1}', '{"q": 1}'),
        (' {"q" : 1} ', ' {"q" : 1} '),
        ("", "{}"),
        (None, "{}"),
        ('{"q": ', '{"INVALID_JSON": "{\\"q\\": "}'),
        ("[1]", '{"INVALID_JSON": "[1]"}'),
        ({"q": "ü"}, '{"q": "ü"}'),
    ],
    ids=lambda value: str(value)[:12],
)
def test_arguments_are_always_the_text_of_an_object(arguments, sent):
    assert items_of([asked("c1", arguments=arguments)])[0]["arguments"] == sent


def test_invalid_tool_name_is_made_valid():
    message = asked("c1")
    message["tool_calls"] = [{"id": "c1", "function": {"name": "server.look up!" + "x" * 80}}]
    name = items_of([message])[0]["name"]
    assert (name[:55], len(name)) == (("server_look_up_" + "x" * 80)[:55], 64)


@pytest.mark.parametrize("calls", [None, "x", [None], [{}], [{"id": "c1"}], [{"id": "c1", "function": {"name": 1}}]])
def test_malformed_calls_are_omitted(calls):
    assert items_of([{"role": "assistant", "content": "Yes.", "tool_calls": calls}])[1:] == ()


# --- calls of the older form, without ids -----------------------------------------------------------------------


def asked_once(name: object = "look", arguments: object = '{"q": 1}', **more: object) -> dict[str, object]:
    return {"role": "assistant", "content": None, "function_call": {"name": name, "arguments": arguments}, **more}


def answered(name: object = "look", content: object = "found") -> dict[str, object]:
    return {"role": "function", "name": name, "content": content}


def test_legacy_call_and_result_get_an_id_made_of_the_position():
    assert items_of([user("a"), asked_once(), answered()])[1:] == (
        {"type": "function_call", "call_id": "call_at_1", "name": "look", "arguments": '{"q": 1}'},
        {"type": "function_call_output", "call_id": "call_at_1", "output": "found"},
    )


def test_legacy_calls_of_one_function_get_different_ids():
    items = items_of([asked_once(), answered(content="one"), asked_once(), answered(content="two")])
    assert [(item["call_id"], item.get("output")) for item in items] == [
        ("call_at_0", None),
        ("call_at_0", "one"),
        ("call_at_2", None),
        ("call_at_2", "two"),
    ]


def test_legacy_call_in_a_part_of_a_history_gets_an_id_made_of_its_position_in_the_whole():
    assert items_of([asked_once(), answered()], first=7)[0]["call_id"] == "call_at_7"


@pytest.mark.parametrize("message", [answered("other"), answered(None), answered(["look"]), {"role": "function"}])
def test_result_of_another_function_is_not_used_for_a_legacy_call(message):
    assert [item.get("output") for item in items_of([asked_once(), message])] == [None, NOT_COMPLETED]


@pytest.mark.parametrize("call", [None, "look", [], {}, {"name": ""}, {"name": 3}, {"arguments": "{}"}], ids=repr)
def test_malformed_legacy_call_is_omitted(call):
    assert items_of([{"role": "assistant", "content": "Yes.", "function_call": call}, answered("")])[1:] == ()


def test_call_in_both_forms_is_sent_once():
    both = {**asked("c1"), "function_call": {"name": "look", "arguments": "{}"}}
    assert ids(both, result("c1")) == [("function_call", "c1"), ("function_call_output", "c1")]


def test_message_with_nothing_but_thinking_is_omitted():
    assert items_of([{"role": "assistant", "content": "<think>hm</think>\n"}], history_format=OPEN_WEBUI) == ()


@pytest.mark.parametrize(
    ("content", "text"),
    [("a", "a"), ([{"text": "a"}, "x", {"text": 3}, {"text": "b"}], "a\nx\nb"), (None, ""), ({"text": "a"}, "")],
)
def test_text_of_a_content_is_the_text_of_its_parts(content, text):
    assert plain_text(content) == text


def test_size_of_items_counts_texts_arguments_and_outputs():
    items = items_of([user("four"), asked("c1", content="six..."), result("c1", "seven")])
    assert characters_of(items) == 4 + 6 + 8 + 5


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "c1", "c2", "look", "x"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["id", "function", "name", "type", "text"]), inner, max_size=3)
    ),
    max_leaves=5,
)
MESSAGES = st.one_of(
    st.sampled_from([user("a"), asked("c1"), asked("c1", "c2"), result("c1"), result("c2"), result("x")]),
    st.sampled_from(
        [asked_once(), asked_once("find"), asked_once(None, {}), answered(), answered("x"), answered(None)]
    ),
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "assistant", "tool", "function", "system", None])},
        optional={"content": JUNK, "tool_calls": JUNK, "tool_call_id": JUNK, "function_call": JUNK, "name": JUNK},
    ),
)


@examples(60)
@given(st.lists(MESSAGES, max_size=6))
def test_any_history_gives_every_call_one_output_and_no_empty_item(messages):
    items = items_of(messages)
    calls = [item["call_id"] for item in items if item["type"] == "function_call"]
    assert [item["call_id"] for item in items if item["type"] == "function_call_output"] == calls
    assert len(set(calls)) == len(calls)
    assert all(isinstance(json.loads(item["arguments"]), dict) for item in items if item["type"] == "function_call")
    assert all(item["content"] for item in items if item["type"] == "message")


@pytest.mark.parametrize(
    ("content", "text"), [(42, "42"), (True, "true"), ({"a": 1}, '{"a": 1}'), (None, ""), (object(), "")]
)
def test_tool_output_of_any_type_is_sent_as_text(content, text):
    call = {"id": "c", "function": {"name": "look", "arguments": "{}"}}
    history = [{"role": "assistant", "tool_calls": [call]}, {"role": "tool", "tool_call_id": "c", "content": content}]
    assert items_of(history)[-1]["output"] == text


def test_results_without_an_id_belong_to_what_the_others_leave_of_their_round():
    def asked(*ids: str) -> dict[str, object]:
        calls = [{"id": one, "function": {"name": "look", "arguments": "{}"}} for one in ids]
        return {"role": "assistant", "content": None, "tool_calls": calls}

    unnamed, named = {"role": "tool", "content": "of b"}, {"role": "tool", "tool_call_id": "a", "content": "of a"}
    before, after = {"role": "tool", "content": "of no call"}, {"role": "tool", "content": "one too many"}
    items = items_of([before, asked("a", "b"), unnamed, after, user("go on"), named, asked("c"), user("and now?")])
    assert [(item["call_id"], item["output"]) for item in items if item["type"] == "function_call_output"] == [
        ("a", "of a"),
        ("b", "of b"),
        ("c", "No result: the call was not completed."),
    ]

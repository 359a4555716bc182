"""Fragments of tool calls become function calls, even if providers leave out or repeat fields."""

import pytest

from ports.response_events import ArgumentsDelta, ArgumentsDone, ItemAdded, ItemDone
from tests.adapters.openrouter.chat.chat_chunks import (
    answered,
    calls,
    finishes,
    fragment,
    items,
    says,
    texts,
    translate,
)


def made(*fragments):
    """Return (call id, name, arguments) of every call assembled from fragments, one per chunk."""
    events = answered(*(calls(part) for part in fragments), reason="tool_calls")
    return [(item["call_id"], item["name"], item["arguments"]) for item in items(events)]


def test_a_call_is_announced_and_its_arguments_arrive_joined():
    events = answered(calls(fragment("", call_id="c", name="f")), calls(fragment('{"a"')), calls(fragment(":1}")))
    place = (0, "fc_gen-1_0")
    call = {"type": "function_call", "id": place[1], "call_id": "c", "name": "f"}
    assert events[1:-1] == [
        ItemAdded(0, {**call, "arguments": "", "status": "in_progress"}),
        ArgumentsDelta(*place, '{"a":1}'),
        ArgumentsDone(*place, '{"a":1}'),
        ItemDone(0, {**call, "arguments": '{"a":1}', "status": "completed"}),
    ]


@pytest.mark.parametrize(
    ("fragments", "expected"),
    [
        pytest.param(
            [
                fragment("{", call_id="c", name="f"),
                fragment("{", index=1, call_id="d", name="g"),
                fragment("}"),
                fragment("}", index=1),
            ],
            [("c", "f", "{}"), ("d", "g", "{}")],
            id="interleaved",
        ),
        pytest.param(
            [fragment("{}", call_id="c", name="f"), fragment("{}", call_id="d", name="f")],
            [("c", "f", "{}"), ("d", "f", "{}")],
            id="one index for two",
        ),
        pytest.param(
            [fragment("{", call_id="c", name="f"), fragment("}", call_id="other")],
            [("c", "f", "{}")],
            id="an id of its own for every piece",
        ),
        pytest.param(
            [fragment("{", call_id="c", name="f"), fragment("}", call_id="c", name="f")],
            [("c", "f", "{}")],
            id="name and id repeated",
        ),
        pytest.param(
            [fragment(call_id="c", name="get_"), fragment(name="weather"), fragment("{}")],
            [("c", "get_weather", "{}")],
            id="name in pieces",
        ),
        pytest.param(
            [fragment(call_id="c", name="get"), fragment("{}", name="get_weather")],
            [("c", "get_weather", "{}")],
            id="name grown",
        ),
        pytest.param(
            [fragment("{", name="f"), fragment("}", call_id="late")],
            [("late", "f", "{}")],
            id="id comes late",
        ),
        pytest.param(
            [fragment('{"a":1}', name="f"), fragment("{}", index=1, name="g")],
            [("call_gen-1_0", "f", '{"a":1}'), ("call_gen-1_1", "g", "{}")],
            id="no ids",
        ),
        pytest.param(
            [fragment("{}", index=None, name="f"), fragment("{}", index=None, name="f")],
            [("call_gen-1_0", "f", "{}"), ("call_gen-1_1", "f", "{}")],
            id="neither id nor index",
        ),
        pytest.param(
            [fragment('{"a":1}', name="f"), fragment('{"a":2}', name="f"), fragment("{}", name="g")],
            [("call_gen-1_0", "f", '{"a":1}'), ("call_gen-1_1", "f", '{"a":2}'), ("call_gen-1_2", "g", "{}")],
            id="one index for all and no ids",
        ),
        pytest.param(
            [fragment('{"a":1}', name="f"), fragment("", name="f"), fragment(" ", name="f")],
            [("call_gen-1_0", "f", '{"a":1} ')],
            id="name repeated behind the whole arguments",
        ),
        pytest.param(
            [fragment('{"a":', name="f"), fragment('{"b":1}', name="f"), fragment("}", name="f")],
            [("call_gen-1_0", "f", '{"a":{"b":1}}')],
            id="name repeated, a piece that is an object",
        ),
        pytest.param(
            [fragment('{"a"', index=None, name="f"), fragment(":1}", index=None)],
            [("call_gen-1_0", "f", '{"a":1}')],
            id="no index, in pieces",
        ),
        pytest.param(
            [fragment("{}", index=None, call_id="c", name="f"), fragment("{}", index=None, call_id="d", name="f")],
            [("c", "f", "{}"), ("d", "f", "{}")],
            id="no index, two ids",
        ),
        pytest.param([fragment({"a": "ü"}, call_id="c", name="f")], [("c", "f", '{"a":"ü"}')], id="an object"),
        pytest.param(
            [fragment("{}", call_id="c", name="f"), fragment("{}", index=1, call_id="c", name="f")],
            [("c", "f", "{}"), ("call_gen-1_1", "f", "{}")],
            id="one id for two",
        ),
        pytest.param([fragment(call_id="c", name="f")], [("c", "f", "")], id="no arguments"),
        pytest.param([fragment("{}", call_id="c")], [("c", "", "{}")], id="no name"),
    ],
)
def test_fragments_are_assembled(fragments, expected):
    assert made(*fragments) == expected


def test_two_calls_in_one_chunk_are_two():
    events = answered(calls(fragment("{}", call_id="c", name="f"), fragment("{}", index=1, call_id="d", name="g")))
    assert [item["call_id"] for item in items(events)] == ["c", "d"]


def test_text_after_a_call_belongs_to_the_text_before_it():
    events = answered(says("a"), calls(fragment("{}", call_id="c", name="f")), says("b"))
    assert texts(events) == "ab"
    assert [item["type"] for item in items(events)] == ["message", "function_call"]


def test_a_truncated_call_is_incomplete():
    events = answered(calls(fragment("{", call_id="c", name="f")), reason="length")
    assert [item["status"] for item in items(events)] == ["incomplete"]


def test_a_call_is_complete_only_at_the_end():
    assert items(translate(calls(fragment("{}", call_id="c", name="f")), finishes("tool_calls"))) == []


def test_a_name_repeated_with_every_piece_of_long_arguments_begins_no_further_call():
    pieces = ['{"rows": ["', *("{}" for _ in range(20_000)), '"]}']
    ((_, name, arguments),) = made(*(fragment(piece, index=None, name="f") for piece in pieces))
    assert (name, arguments) == ("f", "".join(pieces))


def test_the_index_decides_to_which_call_a_fragment_belongs_before_its_id():
    swapped = [
        fragment("", call_id="c", name="f"),
        fragment("", index=1, call_id="d", name="f"),
        fragment('{"q":1}', call_id="d", name="f"),
        fragment('{"q":2}', index=1, call_id="c", name="f"),
    ]
    assert made(*swapped) == [("c", "f", '{"q":1}'), ("d", "f", '{"q":2}')]

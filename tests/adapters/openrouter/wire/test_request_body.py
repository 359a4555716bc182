"""The request body is JSON that upstream can always parse."""

import json
import threading
from decimal import Decimal
from types import MappingProxyType

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.openrouter.responses.request_body import responses_fields
from adapters.openrouter.wire.codec import FASTEST, STDLIB, Codec
from adapters.openrouter.wire.request_body import encode_body
from ports.responses import ResponsesBody
from tests.adapters.openrouter.serialised import serialise_body

MESSAGE = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}


def sent(codec=FASTEST, **fields):
    return json.loads(serialise_body(ResponsesBody(**{"model": "a/b", "input": (MESSAGE,), **fields}), codec))


def test_only_what_was_set_is_sent():
    assert sent() == {"model": "a/b", "input": [MESSAGE], "stream": True}


def test_every_field_keeps_its_name():
    fields = {
        "stream": False,
        "instructions": "Be brief.",
        "max_output_tokens": 64,
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 4,
        "frequency_penalty": 0.0,
        "presence_penalty": 0.1,
        "reasoning": {"effort": "low"},
        "text": {"verbosity": "low"},
        "tools": [{"type": "function", "name": "f"}],
        "tool_choice": "auto",
        "parallel_tool_calls": False,
        "include": ["reasoning.encrypted_content"],
        "metadata": {"a": "b"},
        "user": "u",
        "session_id": "s",
    }
    assert sent(**fields) == {"model": "a/b", "input": [MESSAGE], **fields}


@pytest.mark.parametrize("codec", [FASTEST, STDLIB], ids=["fastest", "stdlib"])
def test_empty_fields_are_left_out(codec):
    empties = {"instructions": "", "tools": (), "include": (), "metadata": {}, "reasoning": {}, "text": {"a": None}}
    assert sent(codec, **empties) == {"model": "a/b", "input": [MESSAGE], "stream": True}


def test_nulls_are_left_out_at_any_depth():
    item = {"type": "reasoning", "id": "rs", "summary": [], "content": None, "more": [{"a": None, "b": 1}, None]}
    assert sent(input=(item,))["input"] == [{"type": "reasoning", "id": "rs", "summary": [], "more": [{"b": 1}]}]


def test_null_stays_where_a_schema_lists_it_as_a_value():
    tool = {"type": "function", "name": "f", "parameters": {"properties": {"a": {"enum": ["x", None]}}}}
    assert sent(tools=(tool,))["tools"] == [tool]


def test_empty_containers_below_the_top_level_stay():
    tool = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}, "required": []}}
    assert sent(tools=(tool,))["tools"] == [tool]


@pytest.mark.parametrize("codec", [FASTEST, STDLIB], ids=["fastest", "stdlib"])
def test_lone_surrogates_are_replaced_and_pairs_joined(codec):
    item = {"type": "message", "role": "user", "content": "a\ud83d\ude00b\ud83dc", "\udc00": 1}
    assert sent(codec, input=(item,))["input"][0] == {**MESSAGE, "content": "a😀b\ufffdc", "\ufffd": 1}


def test_nul_is_removed():
    assert sent(instructions="a\0b", input=({"x\0": "\0"},)) == {
        "model": "a/b",
        "input": [{"x": ""}],
        "stream": True,
        "instructions": "ab",
    }


def test_nan_and_infinite_numbers_are_left_out():
    assert "temperature" not in sent(temperature=float("nan"))


def test_numbers_beyond_64_bits_and_decimals_are_written():
    assert sent(metadata={"a": 2**70, "b": Decimal("0.5")})["metadata"] == {"a": 2**70, "b": 0.5}


def test_read_only_mappings_and_tuples_are_written_as_objects_and_lists():
    assert sent(metadata=MappingProxyType({"a": ("b",)}))["metadata"] == {"a": ["b"]}


def test_keys_come_in_a_fixed_order():
    body = ResponsesBody(model="a/b", input=(MESSAGE,), user="u", temperature=1.0, instructions="x")
    assert list(json.loads(serialise_body(body))) == ["model", "input", "stream", "instructions", "temperature", "user"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(), max_size=8), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=4), st.sampled_from([FASTEST, STDLIB]))
@example({"type": []}, FASTEST)
def test_any_item_becomes_valid_utf8_json(item, codec):
    text = serialise_body(ResponsesBody(model="a/b", input=(item,)), codec).decode("utf-8")
    assert "\\u0000" not in text
    json.loads(text, parse_constant=pytest.fail)


class Spying:
    """A JSON writer that records the thread it ran in."""

    def __init__(self):
        self.thread = None
        self.codec = Codec("spying", FASTEST.loads, self.dumps)

    def dumps(self, value):
        self.thread = threading.current_thread()
        return FASTEST.dumps(value)


@pytest.mark.parametrize(("size", "inline"), [(1_000, True), (70_000, False)])
async def test_a_large_body_is_written_in_a_thread(size, inline):
    spying = Spying()
    await encode_body(
        ResponsesBody(model="a/b", input=(MESSAGE,), instructions="x" * size), responses_fields, spying.codec
    )
    assert (spying.thread is threading.current_thread()) is inline


async def test_many_small_items_are_written_in_a_thread():
    spying = Spying()
    await encode_body(ResponsesBody(model="a/b", input=(MESSAGE,) * 2_000), responses_fields, spying.codec)
    assert spying.thread is not threading.current_thread()

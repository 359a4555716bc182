"""A body with long strings is sent in slices, and is byte for byte the body that a serialiser writes at once."""

import json
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.openrouter.responses.request_body import responses_fields
from adapters.openrouter.wire import long_strings
from adapters.openrouter.wire.codec import FASTEST, STDLIB, Codec
from adapters.openrouter.wire.long_strings import LongBody
from adapters.openrouter.wire.request_body import encode_body, in_slices, serialise
from ports.responses import ResponsesBody

CODECS = st.sampled_from([FASTEST, STDLIB])
SIGNS = st.sampled_from(
    ["a", "é", "漢", "😀", '"', "\\", "\n", "\x1f", "\x7f", "\0", "\ud83d", "\ude00", "null", ":null"]
)
TEXTS = st.lists(SIGNS, max_size=12).map("".join) | st.text(string.ascii_letters + "+/=", max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4) | st.tuples(inner, inner),
    max_leaves=12,
)
FIELDS = st.dictionaries(st.sampled_from(["model", "input", "instructions", "tools", "metadata"]), JSON)


@pytest.fixture(autouse=True)
def few_characters_are_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_strings, "LONG", 5)
    monkeypatch.setattr(long_strings, "SLICE", 3)


def joined(body: bytes | LongBody) -> bytes:
    if isinstance(body, bytes):
        return body
    slices = [bytes(piece) for piece in body.slices()]
    assert body.size == sum(map(len, slices))
    return b"".join(slices)


@given(FIELDS, CODECS)
def test_slices_are_the_body_that_is_written_at_once(fields: dict[str, Any], codec: Codec) -> None:
    sent = joined(in_slices(fields, codec))
    assert sent == serialise(fields, codec)
    json.loads(sent.decode("utf-8"), parse_constant=pytest.fail)


@pytest.mark.parametrize(
    "text", ["\0" * 9, "\ud83d\0\0\0\ude00x", "ab\ud83d\ude00cd", "\ude00" * 7, "x" * 6 + "\ud83d"]
)
@pytest.mark.parametrize("place", ["instructions", "input"])
@pytest.mark.parametrize("codec", [FASTEST, STDLIB], ids=["fastest", "stdlib"])
def test_what_upstream_cannot_read_is_mended_across_slices(text: str, place: str, codec: Codec) -> None:
    fields = {"input": (), place: text, "metadata": {"a": None, "size": 1e16}}
    assert joined(in_slices(fields, codec)) == serialise(fields, codec)


def test_the_same_string_may_occur_twice() -> None:
    fields = {"input": ["twice as long", {"a": "twice as long"}], "tools": ["twice as long"]}
    assert joined(in_slices(fields)) == serialise(fields)


def test_strings_nested_too_deep_are_left_out_as_ever() -> None:
    value: object = "a long string"
    for _ in range(400):
        value = [value]
    fields = {"input": value, "metadata": {"a": "a long string"}}
    assert joined(in_slices(fields)) == serialise(fields)


def test_what_the_caller_gave_stays_as_it_is() -> None:
    part = {"type": "input_file", "file_data": "data:application/pdf;base64,AAAA"}
    item = {"role": "user", "content": [part, "b"]}
    in_slices({"input": (item,)})
    assert item == {"role": "user", "content": [part, "b"]}
    assert part["file_data"] == "data:application/pdf;base64,AAAA"


def test_no_slice_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_strings, "SLICE", 100)
    body = in_slices({"input": ["x" * 5_000, "é" * 5_000, "\0" * 5_000, 1, ["y"] * 500]})
    assert isinstance(body, LongBody)
    assert max(len(piece) for piece in body.slices()) <= 200


async def test_a_body_without_long_strings_is_written_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    message = {"type": "message", "role": "user", "content": "Hi " * 1_000}
    long = {"type": "message", "role": "user", "content": "A" * long_strings.LONG}
    assert isinstance(await encode_body(ResponsesBody("a/b", (message,) * 1_000), responses_fields), bytes)
    assert isinstance(await encode_body(ResponsesBody("a/b", (long,)), responses_fields), LongBody)

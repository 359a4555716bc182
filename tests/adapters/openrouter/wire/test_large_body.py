"""Very long strings are written in pieces, and the text is the same as without."""

import json
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.openrouter.responses.request_body import responses_fields
from adapters.openrouter.wire import large_body
from adapters.openrouter.wire.codec import FASTEST, STDLIB
from adapters.openrouter.wire.request_body import _dumped, encode_body, serialise
from ports.responses import ResponsesBody

LETTERS = st.text(alphabet=st.sampled_from('a"\\/\n\t\0é€😀\x1f\x7f\u2028'), max_size=60)
VALUES = st.recursive(
    st.one_of(LETTERS, st.integers(-5, 5), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(LETTERS, inner, max_size=3)),
    max_leaves=12,
)


@pytest.mark.parametrize("codec", [FASTEST, STDLIB], ids=lambda codec: codec.name)
@settings(max_examples=150)
@given(fields=st.dictionaries(st.sampled_from(["model", "input", "text", "metadata"]), VALUES, max_size=4))
def test_pieces_say_the_same(codec, fields):
    plainly = serialise(fields, codec)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(large_body, "LONG", 8)
        patched.setattr(large_body, "PIECE", 5)
        made = large_body.dump_in_pieces(fields, partial(serialise, codec=codec), partial(_dumped, codec=codec))
    assert json.loads(made) == json.loads(plainly)


async def test_large_request_is_the_same_text():
    file = "data:application/pdf;base64," + "QUJD" * 500_000
    parts = [{"type": "input_text", "text": 'Say "hi"\n' * 40_000}, {"type": "input_file", "file_data": file}]
    body = ResponsesBody("a/b", ({"type": "message", "role": "user", "content": parts},))
    assert await encode_body(body, responses_fields) == serialise(responses_fields(body))


def test_lone_surrogates_in_a_long_text_are_replaced(monkeypatch):
    monkeypatch.setattr(large_body, "LONG", 8)
    made = large_body.dump_in_pieces({"text": "long enough \ud800!"}, serialise, _dumped_fast)
    assert json.loads(made) == {"text": "long enough \ufffd!"}


def _dumped_fast(value):
    return _dumped(value, FASTEST)

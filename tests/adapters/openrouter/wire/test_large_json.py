"""JSON decoded in pieces equals JSON decoded at once."""

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.openrouter.wire import large_json
from adapters.openrouter.wire.codec import FASTEST, STDLIB

TEXTS = st.text(alphabet='ab\\"\n\u00e9\u20ac\U0001f600\0/u', max_size=60)


@given(
    st.dictionaries(TEXTS, st.one_of(TEXTS, st.lists(TEXTS, max_size=3)), max_size=3), st.booleans(), st.integers(1, 9)
)
def test_decoding_in_pieces_gives_the_same_value_as_decoding_at_once(value, escaped, piece):
    payload = json.dumps(value, ensure_ascii=escaped).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large_json, "VERY_LARGE", 0)
        patch.setattr(large_json, "LONG", 12)
        patch.setattr(large_json, "PIECE", piece)
        for codec in (FASTEST, STDLIB):
            assert large_json.load_in_pieces(payload, codec.loads) == value


def test_json_nested_too_deeply_is_decoded_at_once(monkeypatch):
    monkeypatch.setattr(large_json, "VERY_LARGE", 0)
    monkeypatch.setattr(large_json, "LONG", 12)
    depth = 900
    payload = b'{"a":"%b","b":%b%b}' % (b"x" * 40, b"[" * depth, b"]" * depth)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(600)
    try:
        value = large_json.load_in_pieces(payload, FASTEST.loads)
    finally:
        sys.setrecursionlimit(limit)
    assert value == FASTEST.loads(payload)


@pytest.mark.parametrize(
    "payload",
    [
        b'{"a":"',
        b'{"a":"xxxxxxxxxxxxxxxxxxx',
        b'{"a":"\\q' + b"x" * 40 + b'"}',
        b'{"a":"' + b"x" * 40 + b'\n"}',
        b"[DONE]",
    ],
)
def test_invalid_json_is_refused_as_usual(payload, monkeypatch):
    monkeypatch.setattr(large_json, "VERY_LARGE", 0)
    monkeypatch.setattr(large_json, "LONG", 12)
    with pytest.raises(ValueError, match=r"(?s)."):
        large_json.load_in_pieces(payload, FASTEST.loads)


class Counted(bytes):
    """Bytes that count how many of them were copied."""

    copied = 0

    def __getitem__(self, place):
        found = super().__getitem__(place)
        self.copied += len(found) if isinstance(found, bytes) else 0
        return found


@pytest.mark.parametrize("unit", ['"', "\\", '\\"', 'say \\"', "\n\t"])
def test_a_text_full_of_escapes_is_read_in_proportion_to_its_length(unit):
    value = {"arguments": unit * 40_000}
    payload = Counted(json.dumps(value).encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large_json, "VERY_LARGE", 0)
        assert large_json.load_in_pieces(payload, STDLIB.loads) == value
    assert payload.copied <= 2 * len(payload)

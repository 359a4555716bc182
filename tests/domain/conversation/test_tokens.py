"""The estimate of tokens: near what vocabularies count, never far below, and never above the upper bound."""

import base64
import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.conversation.tokens import MEDIA, PER_ITEM, most_tokens, tokens_of, tokens_of_text
from tests.examples import examples

CHANCE = Random(14)
TABLE = "\n".join(",".join(str(CHANCE.randint(0, 10**6)) for _ in range(8)) for _ in range(300))
NUMBERS = json.dumps([[CHANCE.random(), CHANCE.random()] for _ in range(500)])
SEALED = base64.b64encode(CHANCE.randbytes(9_000)).decode()
PROSE = "The estimate of a text need not be exact, but it must not be far below what the model will count. " * 60
CODE = (
    "def total(prices: list[float]) -> float:\n    return sum(price * 1.19 for price in prices if price > 0)\n\n" * 60
)
CHINESE = "人工智能是计算机科学的一个分支，它企图了解智能的实质。" * 60
KOREAN = "대한민국의 수도는 서울이며 인구는 약 천만 명이다. " * 60
RUSSIAN = "Искусственный интеллект — это область информатики. " * 60
EMOJI = "😀🎉🚀👍🏽❤️🔥🐍" * 200

# the largest count of four vocabularies, in characters per token
COUNTED = {
    "prose": (PROSE, 4.5),
    "code": (CODE, 3.6),
    "a table": (TABLE, 1.96),
    "numbers": (NUMBERS, 2.06),
    "base64": (SEALED, 1.4),
    "hexadecimal": (CHANCE.randbytes(9_000).hex(), 1.71),
    "Chinese": (CHINESE, 0.89),
    "Korean": (KOREAN, 0.9),
    "Russian": (RUSSIAN, 2.1),
    "emoji": (EMOJI, 0.4),
}


@pytest.mark.parametrize(("text", "per_token"), COUNTED.values(), ids=COUNTED)
def test_the_estimate_is_near_the_largest_count_of_the_vocabularies(text: str, per_token: float) -> None:
    assert 0.7 <= tokens_of_text(text) / (len(text) / per_token) <= 1.6


def test_the_estimate_of_a_long_text_comes_from_samples_of_all_of_it() -> None:
    mixed = PROSE * 10 + TABLE * 10
    whole = tokens_of_text(PROSE) * 10 + tokens_of_text(TABLE) * 10
    assert 0.7 <= tokens_of_text(mixed) / whole <= 1.3


def test_media_count_by_their_kind_and_not_by_their_bytes() -> None:
    picture = {"type": "input_image", "detail": "auto", "image_url": "data:image/png;base64," + "A" * 1_000_000}
    item = {"type": "message", "role": "user", "content": [picture]}
    assert tokens_of(item) == most_tokens(item) == MEDIA["input_image"] + PER_ITEM


DATA_URL = "data:image/png;base64," + "A" * 1_000_000


def test_a_data_url_that_a_tool_of_upstream_made_counts_as_a_picture() -> None:
    shown = {"type": "openrouter:image_generation", "id": "i", "status": "completed", "result": DATA_URL}
    assert tokens_of(shown) == MEDIA["input_image"] + PER_ITEM


def test_a_data_url_where_models_read_texts_counts_as_the_text_it_is() -> None:
    for item in (
        {"type": "function_call_output", "call_id": "c", "output": DATA_URL},
        {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": DATA_URL}]},
        {"type": "message", "role": "assistant", "content": DATA_URL},
        {"type": "function_call", "call_id": "c", "name": "look", "arguments": DATA_URL},
    ):
        assert tokens_of(item) > 100_000
        assert most_tokens(item) > 1_000_000


def test_a_mark_of_the_prompt_cache_is_no_content() -> None:
    part = {"type": "input_text", "text": "Why?"}
    marked = {**part, "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "12h"}}
    for size in (tokens_of, most_tokens):
        assert size({"role": "user", "content": [marked]}) == size({"role": "user", "content": [part]})


def test_a_text_that_only_begins_like_a_data_url_counts_as_a_text() -> None:
    events = {"type": "function_call_output", "call_id": "c", "output": 'data: {"word": "hello"}\n\n' * 2_000}
    assert tokens_of(events) > 10_000


def test_sealed_thinking_counts_less_than_its_characters() -> None:
    thought = {"type": "reasoning", "id": "rs_1", "encrypted_content": "A" * 6_000, "summary": []}
    assert tokens_of(thought) == 1_000 + PER_ITEM


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec=None), max_size=2_000),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=8), VALUES, max_size=5))
@examples(300)
def test_any_item_has_an_estimate_and_a_bound_above_it(item: dict[str, object]) -> None:
    assert 0 < tokens_of(item) <= most_tokens(item)


@given(
    st.sampled_from(["content", "output"]),
    st.sampled_from(["role", "call_id", "name"]),
    st.recursive(
        st.none() | st.text(max_size=9) | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(st.sampled_from(["type", "text", "image_url"]), inner, max_size=2)
        ),
        max_leaves=5,
    ),
)
@examples(300)
def test_a_plain_item_is_read_as_thoroughly_as_any(key: str, other: str, value: object) -> None:
    item = {"type": "message", other: "x", key: value}
    assert most_tokens(item) == most_tokens({**item, "nothing": None})

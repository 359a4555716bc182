"""JSON values for records: nothing secret is left, whatever the shape; the rest stays as it is."""

import json
from collections.abc import Callable
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.redaction import records
from domain.redaction.known import known
from domain.redaction.records import LEFT_OUT, LONGEST_KEY, LONGEST_TEXT, MOST_VALUES, MOST_WINDOWS, WINDOW, RecordMask
from domain.redaction.secrets import MASK
from tests.examples import examples

SECRET = "planted~secret/4711"
TEXTS = st.text() | st.sampled_from(
    [
        *("sk-or-v1-0123456789", "Bearer abcdefghij", "a@b.example", "password: hunter2x", SECRET, f"x{SECRET}y"),
        *("data:image/png;base64,iVBORw0KGgoAAAANSUhEUg==", "api_key", "Authorization", "$", "is", "cookie"),
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS | st.integers(), inner),
    max_leaves=25,
)


def mask(*, emails: bool = True) -> RecordMask:
    return RecordMask(known([SECRET]).mask, emails)


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ({"api_key": "abc", "API-KEY": "x"}, {"api_key": MASK, "API-KEY": MASK}),
        (
            {"headers": {"Authorization": "Basic x", "Cookie": "a=b"}},
            {"headers": {"Authorization": MASK, "Cookie": MASK}},
        ),
        ({"token": {"value": "abc", "kind": 7, "none": None}}, {"token": {"value": MASK, "kind": MASK, "none": None}}),
        ([["authorization", "abc"], ["accept", "text/html"]], [["authorization", MASK], ["accept", "text/html"]]),
        ({"max_output_tokens": 7, "prompt_cache_key": "k"}, {"max_output_tokens": 7, "prompt_cache_key": "k"}),
        (f"it is {SECRET}.", f"it is {MASK}."),
        ({f"key {SECRET}": 1}, {f"key {MASK}": 1}),
        ("write to ann.lee@mail.example.org!", f"write to {MASK}@{MASK}!"),
        ("data:image/png;base64,iVBORw0KGgoAAAANSUhEUg==", "[data of image/png, 24 characters]"),
        ({"token": {"$": "tuple", "is": ["a"]}}, {"token": {"$": "tuple", "is": [MASK]}}),
        ({1: "a", None: "b"}, {"1": "a", "None": "b"}),
    ],
)
def test_what_is_left_of_a_value(value: object, left: object) -> None:
    assert mask().value(value) == left


def test_addresses_of_people_stay_if_the_operator_wants_them() -> None:
    assert mask(emails=False).value("ann@mail.example") == "ann@mail.example"


def test_a_value_without_secrets_is_unchanged_and_counts_as_such() -> None:
    mine, value = mask(), {"type": "message", "content": [{"text": "Why?", "n": [1, 2.5, None, True]}]}
    assert mine.value(value) == value
    assert mine.changed == 0
    mine.value({"password": "x"})
    assert mine.changed == 1


def test_huge_and_odd_keys_are_bounded() -> None:
    masked = mask().value({"k" * 10_000: 1, ("a", SECRET): 2})
    assert isinstance(masked, dict)
    assert all(len(key) <= LONGEST_KEY and SECRET not in key for key in masked)


WORDS = "The quick brown fox jumps over the lazy dog. "


@examples(200)
@given(st.integers(0, 3 * WINDOW), st.integers(0, 2 * WINDOW))
def test_a_secret_in_a_long_text_is_masked_wherever_it_stands(before: int, after: int) -> None:
    lead, tail = (WORDS * 1_000)[:before], (WORDS * 1_000)[:after]
    masked = mask().text(f"{lead} {SECRET} ann@mail.example {tail}")
    assert masked == f"{lead} {MASK} {MASK}@{MASK} {tail}"


def test_a_long_text_full_of_secrets_is_left_out() -> None:
    masked = mask().text(f"{WORDS * 500}{SECRET * 5_000}{WORDS * 500}")
    assert SECRET not in masked
    assert LEFT_OUT in masked
    assert masked.startswith(WORDS)
    assert masked.endswith(WORDS)


def test_no_text_is_searched_at_once_that_is_very_long() -> None:
    lengths: list[int] = []

    def redact(text: str) -> str:
        lengths.append(len(text))
        return text.replace("secret", MASK)

    RecordMask(redact).text(WORDS * 10_000 + "secret " * 10_000)
    assert max(lengths) <= MOST_WINDOWS * WINDOW


def test_deep_and_long_values_are_bounded() -> None:
    deep: object = SECRET
    for _ in range(5_000):
        deep = [deep]
    for value in (deep, "x" * (LONGEST_TEXT * 2), object(), b"x"):
        mine = mask()
        written = json.dumps(mine.value(value))
        assert mine.changed
        assert SECRET not in written
        assert len(written) <= LONGEST_TEXT + len('""')


@pytest.mark.parametrize("kind", [list, dict.fromkeys])
def test_wide_values_are_bounded(kind: Callable[[range], object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MOST_VALUES", 1_000)
    assert MOST_VALUES <= 50_000
    mine = mask()
    written = json.dumps(mine.value(kind(range(2_000))))
    assert mine.changed
    assert len(json.loads(written)) <= 1_000


@examples(300)
@given(VALUES)
def test_masking_twice_changes_nothing_more(value: object) -> None:
    once = mask().value(value)
    again = mask()
    assert again.value(once) == once
    assert again.changed == 0


@examples(300)
@given(VALUES)
def test_no_known_secret_is_left_anywhere(value: object) -> None:
    assert SECRET not in json.dumps(mask().value([value, {"x": f"before {SECRET}", SECRET: value}]), ensure_ascii=False)


@pytest.mark.parametrize(
    "piece", ["a@", "a.b@c.", "data:a/b;", "data:image/png;base64,AAAA", "x" * 64 + "@", "-.@", ';c="']
)
def test_long_texts_of_any_kind_do_not_take_long(piece: str) -> None:
    text, began = piece * (100_000 // len(piece)), process_time()
    assert mask().text(text)
    assert process_time() - began < 2.0

"""The details of upstream's errors: bounded, whatever the error is, and never raising."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.openrouter.errors.details import MOST_AMOUNTS, RAW_LIMIT
from adapters.openrouter.errors.envelope import problem_of_answer, read_problem
from ports.problem_details import ErrorChunk, ProblemDetails

NOW = datetime(2026, 11, 30, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)
ENVELOPE = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("error", "metadata", "id", "created", "choices", "message", "user_id"), JSON)
)


def details(body: Any, *, in_stream: bool = False) -> ProblemDetails:
    return read_problem(body, now=NOW, in_stream=in_stream).details


@given(ENVELOPE, JSON)
def test_any_error_has_details(body: dict[str, Any], metadata: Any) -> None:
    for one in (body, {"error": {"metadata": metadata, "code": metadata, "message": metadata}}):
        found = details(one, in_stream=True)
        for written in (found.raw.body, found.raw.metadata, found.raw.provider):
            assert len(written) <= RAW_LIMIT
            written.encode()


def test_code_message_and_excerpt_are_kept_as_they_came() -> None:
    said = {"code": 403, "message": "Provider returned  error", "metadata": {"flagged_input": "how to\nx", "raw": "no"}}
    found = details({"error": said})
    assert (found.code, found.message, found.flagged) == ("403", "Provider returned error", "how to x")
    assert found.raw.provider == "no"


def test_amounts_are_exact_and_may_be_below_zero() -> None:
    metadata = {"required_cost": 0.1, "account_balance": -0.02, "text": "-1.5", "name": "x", "yes": True, "nan": "nan"}
    assert details({"error": {"message": "x", "metadata": metadata}}).amounts == (
        ("required_cost", Decimal("0.1")),
        ("account_balance", Decimal("-0.02")),
        ("text", Decimal("-1.5")),
    )
    many = {f"n{number}": number + 1 for number in range(1_000)}
    assert len(details({"error": {"message": "x", "metadata": many}}).amounts) == MOST_AMOUNTS


def test_only_a_frame_of_a_stream_has_a_chunk() -> None:
    frame = {
        "id": "gen-1",
        "created": 7,
        "provider": "Acme",
        "model": "a/b",
        "error": {"message": "x"},
        "choices": [{"native_finish_reason": "overloaded"}],
    }
    assert details(frame, in_stream=True).chunk == ErrorChunk("gen-1", 7, "Acme", "a/b", "overloaded")
    assert problem_of_answer(500, {}, json.dumps(frame).encode(), NOW).details.chunk is None


def test_raw_error_repeats_neither_answer_nor_account() -> None:
    body = {"error": {"message": "x"}, "user_id": "user_1", "output": ["plum"], "choices": ["plum"], "usage": {"a": 1}}
    assert details(body).raw.body == '{"error":{"message":"x"}}'


@pytest.mark.parametrize(
    "raw", ["word " * 5_000, {"a": "word " * 5_000}, ["word"] * 100_000, {"a": {"b": ["x" * 10**6]}}]
)
def test_enormous_error_is_cut_between_words(raw: Any) -> None:
    found = details({"error": {"message": "x", "metadata": {"raw": raw}}})
    assert len(found.raw.provider) <= RAW_LIMIT
    assert found.raw.provider.rstrip('",]} ').endswith(("word", "x"))

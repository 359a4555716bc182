"""Turns with items of arbitrary JSON, for hypothesis: items must be restored exactly as received."""

import json
from typing import Any

from hypothesis import strategies as st

from domain.conversation.record import TurnItem, TurnRecord
from tests.contracts.artifact_cases import ulid

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    st.sampled_from(
        ["", "\0", "\u2028\u2029\x85", "e\u0301 \u00e9", "\ufeff\ufffe\uffff", "\\u00e9\\/", '"\t\r\n\x7f', "👩‍👩‍👧"]
    ),
)
BLOBS = st.builds(
    lambda body, times: body.hex() * times + "+/==", st.binary(min_size=1, max_size=40), st.sampled_from([1, 9, 3_000])
)
NUMBERS = st.one_of(
    st.sampled_from([0, -1, 1.0, -0.0, 1e-7, 1e22, 5e-324, 1.7976931348623157e308, 0.1, 2**53 + 1, 2**64, -(10**40)]),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
)
VALUES = st.recursive(
    st.one_of(TEXTS, NUMBERS, st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=8,
)


def _in_any_order(entries: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.permutations(list(entries.items())).map(dict)


def _parts(kind: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    part = st.fixed_dictionaries({"type": st.just(kind), "text": TEXTS}, optional={"more": VALUES}).flatmap(
        _in_any_order
    )
    return st.lists(part, max_size=2)


THOUGHTS = st.fixed_dictionaries(
    {"type": st.just("reasoning"), "id": TEXTS, "summary": _parts("summary_text")},
    optional={
        "content": st.one_of(st.none(), _parts("reasoning_text")),
        "encrypted_content": st.one_of(st.none(), BLOBS),
        "signature": st.one_of(st.none(), BLOBS),
        "format": TEXTS,
        "status": st.none(),
        "later \u2028": VALUES,
    },
).flatmap(_in_any_order)
SAID = TEXTS.map(lambda text: f"{text}.")
MESSAGES = st.builds(
    lambda text, more: {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": text, **more}],
    },
    SAID,
    st.fixed_dictionaries({}, optional={"annotations": st.lists(VALUES, max_size=2), "logprobs": VALUES}),
)


def _items(thoughts: list[Any], message: Any, arguments: dict[str, Any], output: str, answer: Any) -> list[Any]:
    written = json.dumps(arguments, ensure_ascii=False)
    call = {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": written}
    first, *others = thoughts
    return [
        first,
        message,
        *others,
        call,
        {"type": "function_call_output", "call_id": "call_1", "output": output},
        answer,
    ]


ITEMS = st.builds(
    _items,
    st.lists(THOUGHTS, min_size=1, max_size=3),
    MESSAGES,
    st.dictionaries(TEXTS, VALUES, max_size=3),
    st.one_of(TEXTS, BLOBS),
    MESSAGES,
)
TURNS = st.lists(ITEMS, min_size=1, max_size=4)


def record(number: int, items: list[Any]) -> TurnRecord:
    """Return the record of a turn with these items."""
    model = "openai/gpt-5"
    return TurnRecord(ulid(number), model, model, tuple(TurnItem(item) for item in items), fingerprint=f"{number:032x}")


def exact(record: TurnRecord) -> list[str]:
    """Return the items as texts, which differ by the order of keys, 1 and 1.0, null and absent."""
    return [json.dumps(one.item, ensure_ascii=False) for one in record.items]

"""The usage of a call, in the form of either endpoint."""

from decimal import Decimal

import pytest

from adapters.openrouter.wire.usage import read_usage
from ports.usage import Usage


def test_the_spelling_of_responses_is_read():
    assert read_usage(
        {
            "input_tokens": 9175,
            "input_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 9172},
            "output_tokens": 277,
            "output_tokens_details": {"reasoning_tokens": 135},
            "total_tokens": 9452,
            "cost": 0.025706,
            "is_byok": True,
            "cost_details": {"upstream_inference_cost": 0.5},
        }
    ) == Usage(
        *(9175, 277, 9452, 3, 9172, 135, Decimal("0.025706"), Decimal("0.5"), True),
        cost_details=(("upstream_inference_cost", Decimal("0.5")),),
    )


def test_the_spelling_of_chat_is_read():
    assert read_usage(
        {
            "prompt_tokens": 5,
            "completion_tokens": 6,
            "prompt_tokens_details": {"cached_tokens": 1},
            "completion_tokens_details": {"reasoning_tokens": 2},
        }
    ) == Usage(5, 6, 11, 1, 0, 2)


@pytest.mark.parametrize(
    ("cost", "read"),
    [
        (0.1, "0.1"),
        (1e-07, "1E-7"),
        (0, "0"),
        ("0.0042", "0.0042"),
        (None, None),
        (-1, None),
        ("-1", None),
        ("free", None),
        (True, None),
        (float("nan"), None),
        (float("inf"), None),
        ([], None),
    ],
)
def test_money_is_the_exact_decimal_of_its_digits(cost, read):
    assert read_usage({"input_tokens": 1, "cost": cost}).cost == (None if read is None else Decimal(read))


def test_nulls_and_wrong_types_count_as_absent():
    assert read_usage({"input_tokens": None, "output_tokens": "x", "cost_details": None, "is_byok": 1}) == Usage()


@pytest.mark.parametrize("value", [None, {}, [], "x", 3])
def test_without_a_usage_object_there_is_no_usage(value):
    assert read_usage(value) is None


@pytest.mark.parametrize("value", [2**63, 10**12, 10**4000, -1, -(2**70), "1e400", "9" * 5000, 1e300])
def test_a_count_that_nothing_could_hold_is_absent(value):
    assert (
        read_usage({"input_tokens": value, "total_tokens": value, "server_tool_use_details": {"x": value}}) == Usage()
    )

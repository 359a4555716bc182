"""References that are the same for every caller: ids of calls and of reasoning items, made of the turn's id."""

import pytest

from domain.conversation.history_format import PLAIN
from domain.conversation.references import call_reference, is_turn_id, reasoning_reference, references_in, turn_of_call

TURN = "01J2VVZBDQTP1ZQJ8DSN3WKX4M"


@pytest.mark.parametrize(
    "message",
    [
        {"role": "assistant", "tool_calls": [{"id": call_reference(TURN, 0)}]},
        {"role": "tool", "tool_call_id": call_reference(TURN, 12)},
    ],
    ids=["call", "output"],
)
def test_turn_is_found_by_the_ids_of_its_calls_in_any_history(message):
    assert references_in(message, PLAIN) == (TURN,)


def test_reasoning_ids_have_the_prefix_that_upstream_requires():
    assert reasoning_reference(TURN, 0).startswith("rs_")


def test_call_id_of_another_origin_names_no_turn():
    assert turn_of_call("call_abcdef") == turn_of_call(None) == ""


@pytest.mark.parametrize("text", [TURN.lower(), TURN[:25], f"{TURN}0", "8" + TURN[1:], f"{TURN}\n", None])
def test_anything_but_a_ulid_is_no_turn_id(text):
    assert is_turn_id(TURN)
    assert not is_turn_id(text)

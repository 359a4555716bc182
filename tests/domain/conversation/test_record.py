"""Rows of a turn: exact when complete, never harmful when not."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.conversation.call_kinds import FUNCTION, OUTPUT_OF
from domain.conversation.item_types import REASONING
from domain.conversation.record import MOST_ITEMS, Row, TurnItem, record_of, rows_of
from tests.domain.conversation.kept_turns import answer, call, output, record, sealed_thought, tool_turn, ulid
from tests.examples import examples

TURN = tool_turn()
ROWS = rows_of(TURN, reasoning=True, tools=True)
PAIRS = [FUNCTION, OUTPUT_OF[FUNCTION], FUNCTION, OUTPUT_OF[FUNCTION]]


def read(rows, turn=TURN):
    return record_of(turn.turn_id, turn.model, turn.fingerprint, rows)


def kinds(found) -> list[str]:
    return [kept.item["type"] for kept in found.items]


def stored_kinds(turn, reasoning=True, tools=True) -> list[str]:
    return [row.kind for row in rows_of(turn, reasoning=reasoning, tools=tools)]


def test_a_turn_is_read_as_it_was_written():
    assert read(ROWS) == TURN


def test_rows_may_come_in_any_order_and_twice():
    assert read([*reversed(ROWS), *ROWS[2:4]]) == TURN


def test_order_of_keys_strings_and_numbers_stay_as_they_were():
    thought = {
        "type": "reasoning",
        "id": "rs_1",
        "z": 1.0,
        "a": 10**20,
        "summary": [],
        "encrypted_content": "é\u2028\\u00e9",
    }
    turn = record(thought, answer("Yes.", "a"))
    assert json.dumps(read(rows_of(turn, reasoning=True, tools=True)).items[0].item) == json.dumps(thought)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@examples(60)
@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=6).map("x".__add__), json_values, max_size=4))
def test_thinking_comes_back_byte_for_byte_whatever_it_holds(extra):
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAA", **extra}
    turn = record(thought, answer("Yes.", "a"))
    assert json.dumps(read(rows_of(turn, reasoning=True, tools=True), turn).items[0].item) == json.dumps(thought)


def test_a_turn_of_nothing_but_text_leaves_nothing():
    assert rows_of(record(answer("Yes.", "a")), reasoning=True, tools=True) == ()
    assert rows_of(record(), reasoning=True, tools=True) == ()


def test_thinking_is_left_out_on_demand_and_the_rest_is_complete():
    rows = rows_of(TURN, reasoning=False, tools=True)
    found = read(rows)
    assert found.whole
    assert REASONING not in kinds(found)
    assert len(found.items) == len(TURN.items) - 2


def test_without_tool_results_a_turn_with_calls_leaves_nothing():
    assert stored_kinds(TURN, tools=False) == []
    assert stored_kinds(record(sealed_thought(), answer("Yes.", "a")), tools=False) == ["reasoning", "message"]


@pytest.mark.parametrize("kind", ["shell_call", "image_generation_call", "tool_search_output", "local_shell_call"])
def test_what_cannot_be_sent_again_is_never_stored_and_thinking_before_it_neither(kind):
    turn = record(sealed_thought(), {"type": kind, "id": "x"}, answer("Yes.", "a"), call("c"), output("c"))
    assert stored_kinds(turn) == ["message", "function_call", "function_call_output"]
    turn = record({"type": kind, "id": "x"}, sealed_thought(), answer("Yes.", "a"))
    assert stored_kinds(turn) == ["reasoning", "message"]


def test_a_turn_with_a_computer_call_is_not_stored():
    turn = record(sealed_thought(), {"type": "computer_call", "call_id": "x", "action": {"type": "wait"}})
    assert stored_kinds(turn) == []


def test_thinking_that_led_to_nothing_is_not_stored():
    turn = record(sealed_thought("a"), call("c"), output("c"), sealed_thought("b"))
    assert stored_kinds(turn) == ["reasoning", "function_call", "function_call_output"]


def test_a_lone_surrogate_in_plain_text_is_replaced():
    turn = record(sealed_thought(), answer("a\ud800b"))
    assert read(rows_of(turn, reasoning=True, tools=True)).items[1].item["content"] == "a\ufffdb"


def test_a_lone_surrogate_in_thinking_keeps_all_thinking_of_the_turn_from_being_stored():
    turn = record(sealed_thought("a"), call("c"), output("c"), sealed_thought("b", "\udc00"), answer("Yes."))
    assert stored_kinds(turn) == ["function_call", "function_call_output", "message"]


def test_a_turn_of_more_items_than_are_kept_leaves_nothing():
    pairs = [item for number in range(MOST_ITEMS) for item in (call(f"c{number}"), output(f"c{number}"))]
    assert rows_of(record(*pairs), reasoning=True, tools=True) == ()


@pytest.mark.parametrize("missing", range(len(ROWS)))
def test_with_any_row_missing_only_complete_pairs_are_left(missing):
    found = read([row for row in ROWS if row.ordinal != missing])
    expected = [FUNCTION, OUTPUT_OF[FUNCTION]] if ROWS[missing].kind in (FUNCTION, OUTPUT_OF[FUNCTION]) else PAIRS
    assert kinds(found) == expected
    assert not found.whole


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b"\xff", b"null", b'{"v":2,"of":8,"item":{}}', b"[" * 5000])
@pytest.mark.parametrize("place", [0, 2, 7])
def test_an_unreadable_row_counts_as_missing(payload, place):
    rows = [replace(row, payload=payload) if row.ordinal == place else row for row in ROWS]
    assert read(rows) == read([row for row in ROWS if row.ordinal != place])


def test_rows_that_disagree_leave_only_pairs():
    other = rows_of(tool_turn(result="other"), reasoning=True, tools=True)
    assert not read([*ROWS, other[4]]).whole


def test_rows_of_a_turn_of_another_length_leave_only_pairs():
    assert not read(
        [*ROWS[:-1], rows_of(record(*(one.item for one in TURN.items[1:])), reasoning=True, tools=True)[-1]]
    ).whole


def test_a_kind_of_a_later_release_is_passed_over():
    late = Row("compaction", 8, b'{"v":1,"of":8,"item":{"type":"compaction"}}')
    assert kinds(read([*ROWS, late])) == PAIRS


def test_nothing_usable_is_no_record():
    assert read([]) is None
    assert read([replace(ROWS[0], payload=b"")]) is None
    assert read(ROWS[:2]) is None


UNSOUND = [
    {"type": "reasoning", "id": "rs_1"},
    {"type": "reasoning", "id": "rs_1", "summary": ["text"]},
    {"type": "message", "role": "user", "content": "x"},
    {"type": "message", "role": "assistant", "content": " "},
    {"type": "message", "role": "assistant", "content": [{"type": "input_text", "text": "x"}]},
    {"type": "function_call", "call_id": "", "name": "x", "arguments": "{}"},
    {"type": "function_call", "call_id": "c", "name": "x", "arguments": None},
    {"type": "function_call_output", "call_id": "c", "output": {}},
]


@pytest.mark.parametrize("item", UNSOUND, ids=repr)
def test_an_item_upstream_would_refuse_is_not_read(item):
    payload = json.dumps({"v": 1, "of": 2, "asked": "", "item": item}).encode()
    rows = rows_of(record(call("c"), output("c")), reasoning=True, tools=True)
    assert read([Row(item["type"], 0, payload), rows[1]]) is None


def test_a_complete_turn_in_a_wrong_order_has_neither_thinking_nor_orphans():
    turn = record(output("c"), sealed_thought(), output("d"), call("d"), call("d"), answer("Yes."))
    kept = replace(turn, items=tuple(TurnItem(one.item) for one in turn.items))
    found = read(rows_of(kept, reasoning=True, tools=True), kept)
    assert kinds(found) == [FUNCTION, "message"]


@examples(60)
@given(st.data())
def test_whatever_is_lost_no_call_is_without_its_output_and_no_thinking_partial(data):
    chosen = data.draw(st.lists(st.sampled_from(ROWS), max_size=12))
    spoilt = [replace(row, payload=data.draw(st.sampled_from([row.payload, row.payload[:-1]]))) for row in chosen]
    found = read(spoilt)
    if found is not None and found != TURN:
        kept = kinds(found)
        assert kept == [FUNCTION, OUTPUT_OF[FUNCTION]] * (len(kept) // 2)


def test_the_ids_shown_are_kept():
    assert read(ROWS).items[2].shown == f"call_{ulid(1)}_2"

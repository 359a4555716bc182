"""Call ids are unique and short."""

from domain.conversation.call_ids import LONGEST, CallIds
from domain.conversation.replayed_items import distinct_calls
from domain.turn.call_ids import distinct
from ports.toolbox import ToolCall

LONG = "c" * 200


def test_first_unused_id_is_reserved():
    ids = CallIds(("a", "b"))
    assert [ids.take("a", "b", "c"), ids.take("a", "b"), ids.take("new")] == ["c", "b_2", "new"]


def test_numbered_ids_are_distinct_and_short():
    ids = CallIds((LONG, "call_2"))
    made = [ids.take(LONG) for _ in range(1_000)] + [ids.take("call"), ids.take("call")]
    assert len(set(made)) == len(made)
    assert max(map(len, made)) <= LONGEST
    assert made[-2:] == ["call", "call_3"]


def test_many_calls_of_one_id_are_numbered_in_one_pass():
    ids = CallIds()
    assert [ids.take("c") for _ in range(20_000)][-1] == "c_20000"


def test_history_and_answer_number_calls_in_the_same_way():
    items = [{"type": "function_call", "call_id": LONG, "name": "t", "arguments": "{}"} for _ in range(3)]
    in_history = [item["call_id"] for item in distinct_calls(items)]
    call = ToolCall(LONG, "t", '{"a":1}')
    in_answer = distinct([(0, call, True), (1, ToolCall(LONG, "t", '{"a":2}'), True)], frozenset({LONG}))
    assert in_history == [LONG, f"{LONG[:56]}_2", f"{LONG[:56]}_3"]
    assert [call.call_id for call in in_answer.values()] == in_history[1:]

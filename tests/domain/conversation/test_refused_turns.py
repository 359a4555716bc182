"""A marked turn is sent without its thinking, or as plain text; its texts and results stay."""

from hypothesis import given
from hypothesis import strategies as st

from domain.conversation.plain_items import as_plain, without_thinking
from domain.conversation.record import MOST_ITEMS, Row, TurnItem, TurnRecord
from domain.conversation.refused_turns import ITEMS, ORDINAL, THINKING, mark_of, parted
from domain.request.lesson import Lesson
from domain.services.mark_turns import marks_after

ITEM = Row("message", 0, b"{}")
ASKED = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Why?"}]}


def thought(name: str) -> dict:
    return {"type": "reasoning", "id": f"rs_{name}", "summary": [], "encrypted_content": name}


def record(turn_id: str, *items: dict, refused: str = "") -> TurnRecord:
    kept = tuple(TurnItem(item) for item in items)
    return TurnRecord(turn_id, "maker/model", "maker/model", kept, refused=refused)


SAID = {"type": "message", "role": "assistant", "content": "So."}
CALL = {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "seen"}


def test_a_mark_is_parted_from_the_items_and_lies_behind_them():
    assert parted([ITEM, mark_of(THINKING)]) == ([ITEM], THINKING)
    assert parted([ITEM]) == ([ITEM], "")
    assert ORDINAL > MOST_ITEMS


def test_the_strictest_mark_counts():
    assert parted([mark_of(THINKING), mark_of(ITEMS), mark_of(THINKING)]) == ([], ITEMS)


@given(st.binary(max_size=40))
def test_a_mark_that_cannot_be_read_still_keeps_the_thinking_back(payload):
    assert parted([Row("refused", ORDINAL, payload)])[1] in (THINKING, ITEMS)


def test_the_turn_that_a_refusal_names_is_marked_alone():
    turns = [record("a", thought("1"), SAID), record("b", thought("2"), SAID)]
    assert marks_after([Lesson("thinking", "rs_2")], turns) == {"b": THINKING}
    assert marks_after([Lesson("thinking")], turns) == {"a": THINKING, "b": THINKING}


def test_turns_without_thinking_and_turns_marked_already_are_left_alone():
    turns = [record("a", CALL, OUTPUT, SAID), record("b", thought("2"), SAID, refused=THINKING)]
    assert marks_after([Lesson("thinking")], turns) == {}
    assert marks_after([Lesson("history")], turns) == {"a": ITEMS, "b": ITEMS}


def test_a_turn_whose_own_rounds_were_refused_is_marked_too():
    assert marks_after([Lesson("thinking")], [], "own") == {"own": THINKING}
    assert marks_after([Lesson("thinking"), Lesson("history")], [], "own") == {"own": ITEMS}


items = st.lists(
    st.sampled_from([ASKED, thought("1"), CALL, OUTPUT, SAID, {"type": "web_search_call", "id": "ws_1"}]), max_size=12
)


@given(items)
def test_a_plain_history_holds_messages_only_and_every_text(history):
    plain = as_plain(history)
    assert all(item["type"] == "message" and "id" not in item for item in plain)
    assert as_plain(plain) == plain
    texts = [item["content"] for item in history if item["type"] == "message"]
    assert [item["content"] for item in plain if item["content"] in ("So.", ASKED["content"])] == texts
    assert str(plain).count("seen") == history.count(OUTPUT)


@given(items, st.booleans())
def test_without_thinking_everything_else_stays_in_order(history, with_calls):
    lighter = without_thinking(history, with_calls=with_calls)
    assert not any(item["type"] == "reasoning" for item in lighter)
    if with_calls:
        assert [item for item in lighter if item["type"] != "web_search_call"] == [
            item for item in history if item["type"] not in ("reasoning", "web_search_call")
        ]

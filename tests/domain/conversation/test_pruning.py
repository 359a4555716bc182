"""Old long tool outputs are shortened; recent and short ones and other items never."""

from itertools import pairwise
from typing import Any

import pytest

from domain.conversation.calls_as_text import ResultInWords
from domain.conversation.persons_words import with_persons_words
from domain.conversation.pruning import HEAD, LONG, TAIL, pruned
from ports.json_values import JsonObject
from tests.domain.conversation.kept_turns import answer, call, output, sealed_thought

ASKED: JsonObject = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "q"}]}
RESULT = "".join(chr(97 + number % 26) for number in range(5000))


def history(turns: int, result: Any = RESULT) -> list[JsonObject]:
    return [
        item
        for number in range(turns)
        for item in (
            ASKED,
            sealed_thought(str(number)),
            call(f"c{number}"),
            output(f"c{number}", result),
            answer("a" * 2000),
        )
    ]


def outputs(items) -> list[str]:
    return [item["output"] for item in items if item["type"] == "function_call_output"]


def test_what_a_person_answered_to_a_tool_stays_however_old_it_is():
    items = [{**item, "name": "ask_user"} if item["type"] == "function_call" else item for item in history(4)]
    assert outputs(pruned(with_persons_words(items, {"ask_user"}), 1)) == [RESULT] * 4
    assert outputs(pruned(with_persons_words(items, {"other"}), 1)) != [RESULT] * 4


def test_screens_of_a_computer_begin_no_turn():
    screens = [ResultInWords(ASKED)] * 5
    assert outputs(pruned([*history(1), *screens], 1)) == [RESULT]


def test_outputs_older_than_the_last_turns_keep_head_and_tail():
    found = outputs(pruned(history(4), 2))
    assert found[2:] == [RESULT, RESULT]
    for text in found[:2]:
        assert text.startswith(RESULT[:HEAD] + "\n[")
        assert text.endswith("]\n" + RESULT[-TAIL:])
        assert f"{5000 - HEAD - TAIL} characters removed" in text
        assert "JSON" in text


@pytest.mark.parametrize("full_turns", [1, 2, 3, 10])
def test_turns_are_shortened_in_batches_so_that_the_history_seldom_changes(full_turns):
    requests = [pruned(history(turns), full_turns) for turns in range(1, 40)]
    changed = [before != after[: len(before)] for before, after in pairwise(requests)]
    assert sum(changed) == (39 - full_turns) // full_turns
    whole = [sum(text == RESULT for text in outputs(items)) for items in requests]
    assert all(min(turns, full_turns) <= count < 2 * full_turns for turns, count in enumerate(whole, 1))


@pytest.mark.parametrize(
    "result", ["x" * (LONG - 1), [{"type": "input_text", "text": "x" * 5000}]], ids=["short", "parts"]
)
def test_short_outputs_and_media_are_not_shortened(result):
    assert pruned(history(3, result), 1) == tuple(history(3, result))


def test_nothing_is_shortened_if_switched_off_or_without_older_turns():
    assert pruned(history(3), 0) == tuple(history(3))
    assert pruned(history(3), 3) == tuple(history(3))
    assert pruned([], 2) == ()


def test_thinking_and_texts_are_never_shortened():
    before, after = history(3), pruned(history(3), 1)
    assert [item for item in after if item["type"] != "function_call_output"] == [
        item for item in before if item["type"] != "function_call_output"
    ]


def test_consecutive_questions_belong_to_one_turn():
    items = [*history(1), ASKED, *history(1)]
    assert outputs(pruned(items, 1))[1] == RESULT
    assert outputs(pruned(items, 2)) == [RESULT, RESULT]


def test_shortened_output_is_shorter_than_before():
    assert len(outputs(pruned(history(2, "x" * LONG), 1))[0]) < LONG


def test_long_texts_of_openrouters_own_tools_are_shortened_in_old_turns_and_those_of_makers_are_not():
    fetched = {"type": "openrouter:fusion", "status": "completed", "responses": [{"model": "m", "content": "x" * 5000}]}
    native = {"type": "mcp_call", "id": "m", "output": "x" * 5000}
    asked = {"type": "message", "role": "user", "content": "q"}
    answered = {"type": "message", "role": "assistant", "content": "a"}
    old, kept, *_ = pruned((fetched, native, asked, answered, asked), 1)
    assert len(old["responses"][0]["content"]) < 600
    assert old["responses"][0]["model"] == "m"
    assert kept is native
    assert pruned((asked, fetched, answered), 1)[1] is fetched

"""The history format of callers that return texts unchanged."""

import pytest

from domain.conversation.fingerprint import normalised
from domain.conversation.history_format import PLAIN
from domain.conversation.items import items_of

TEXTS = [
    "<think>hm</think>Yes.",
    '<details type="tool_calls" id="c">x</details>Yes.',
    '"&quot;found&quot;"\nYes.',
    "Yes.\n[01K5ZZ9Q2M8V3W4X5Y6Z7A8B9C]: #\nNo.",
]


@pytest.mark.parametrize("text", TEXTS)
def test_plain_history_strips_nothing(text):
    assert PLAIN.words_of(text) == PLAIN.words_of(text, results=True) == PLAIN.without_references(text) == text
    assert items_of([{"role": "assistant", "content": text}])[0]["content"] == text
    assert normalised(text, PLAIN) == " ".join(text.split())


@pytest.mark.parametrize("text", TEXTS)
def test_plain_history_shows_no_calls_and_names_no_turns_in_texts(text):
    assert PLAIN.first_call_in(text) is None
    assert [*PLAIN.turns_in(text), *PLAIN.turns_of_calls_in(text)] == []

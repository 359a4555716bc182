"""Who says what in a group chat reaches the model, and nothing else changes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.conversation.items import items_of
from domain.conversation.speakers import LONGEST_NAME, with_speakers
from tests.examples import examples

WORDS = st.none() | st.text(max_size=4)


def said(content: Any, name: Any = None, role: str = "user") -> dict[str, Any]:
    return {"role": role, "content": content} | ({} if name is None else {"name": name})


def read(*messages: object) -> list[str]:
    """Return the words of each message that reaches the model."""
    items = items_of(with_speakers(messages))
    return ["\n".join(part["text"] for part in item["content"]) for item in items if item["role"] != "assistant"]


def test_several_speakers_of_one_role_are_told_apart() -> None:
    words = [{"type": "text", "text": "No."}]
    assert read(said("Go?", "Ann"), said("I go", role="assistant", name="Me"), said(words, "Bob"), said("Well.")) == [
        "[Ann says]\nGo?",
        "[Bob says]\nNo.",
        "Well.",
    ]


def test_examples_among_instructions_keep_their_speakers() -> None:
    examples_told = (said("Hi", "example_user", "system"), said("Hey", "example_assistant", "system"))
    told = (said("Be brief.", role="system"), *examples_told, said("Hello", "Ann"))
    assert read(*told) == ["Be brief.", "[example_user says]\nHi", "[example_assistant says]\nHey", "Hello"]


@pytest.mark.parametrize("name", ["Ann", "", None, 3, " \n", "a\x00b"])
def test_one_speaker_is_not_named(name: Any) -> None:
    history = (said("Go?", name), said("Now?", name), said("So?"))
    assert with_speakers(history) == history
    assert read(*history) == ["Go?", "Now?", "So?"]


def test_a_name_is_one_short_line() -> None:
    first, _ = read(said("Go?", "a\nb" + "c" * 10_000), said("x", "Bob"))
    assert first.split("\n")[0] == f"[{'a b' + 'c' * (LONGEST_NAME - 3)} says]"


def test_nobody_speaks_without_words() -> None:
    assert read(said("", "Ann"), said(None, "Bob"), said([], "Cleo"), said("x", "Dan")) == ["[Dan says]\nx"]


@examples(100)
@given(
    st.lists(
        st.none()
        | st.fixed_dictionaries(
            {"role": st.sampled_from(["user", "system", "tool", None])},
            optional={"name": WORDS, "content": WORDS | st.lists(WORDS, max_size=2)},
        )
    )
)
def test_any_messages_are_read(messages: list[Any]) -> None:
    assert len(with_speakers(messages)) == len(messages)

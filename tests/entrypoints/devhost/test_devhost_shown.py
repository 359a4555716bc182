"""How the events of each host version become what the page shows."""

import pytest

from entrypoints.devhost.shown import ShownMessage, reasoning_of, text_of

THOUGHT = '<details type="reasoning" done="true" duration="1">\n<summary>Thought</summary>\n&gt; a plan\n</details>\n'


def test_text_that_comes_as_deltas_is_joined() -> None:
    shown = ShownMessage()
    for piece in ("one ", "two"):
        shown.take("chat:completion", {"choices": [{"delta": {"content": piece}}]})
    assert shown.text == "one two"


def test_whole_text_replaces_what_was_shown() -> None:
    shown = ShownMessage()
    for text in ("one", "one two"):
        shown.take("chat:completion", {"content": text})
    assert shown.text == "one two"


def test_deltas_of_items_are_joined_per_item() -> None:
    shown = ShownMessage()
    items = [{"type": "reasoning", "summary": []}, {"type": "message", "content": []}]
    for index, item in enumerate(items):
        added = {"type": "response.output_item.added", "output_index": index, "item": item}
        shown.take("response:completion", added)
    for piece in ("a ", "b"):
        delta = {"type": "response.output_text.delta", "output_index": 1, "delta": piece}
        shown.take("response:completion", delta)
    plan = {"type": "response.reasoning_summary_text.delta", "output_index": 0, "delta": "plan"}
    shown.take("response:completion", plan)
    assert (shown.reasoning, shown.text) == ("plan", "a b")


def test_delta_without_an_item_begins_one() -> None:
    shown = ShownMessage()
    shown.take("response:completion", {"type": "response.output_text.delta", "output_index": 0, "delta": "hi"})
    assert shown.text == "hi"


@pytest.mark.parametrize(
    "message",
    [
        {"content": THOUGHT + "the answer"},
        {
            "content": "",
            "output": [
                {"type": "reasoning", "summary": [{"type": "summary_text", "text": "a plan"}]},
                {"type": "message", "content": [{"type": "output_text", "text": "the answer"}]},
            ],
        },
    ],
    ids=["html", "items"],
)
def test_stored_answer_and_thinking_are_separated(message: dict[str, object]) -> None:
    assert text_of(message) == "the answer"
    assert reasoning_of(message) == "a plan"


@pytest.mark.parametrize(
    "error",
    ["broken", {"message": "broken"}, {"detail": "broken"}, {"error": {"message": "broken", "code": 1}}],
    ids=["text", "message", "detail", "nested"],
)
def test_error_is_shown_by_its_words(error: object) -> None:
    shown = ShownMessage()
    shown.take("chat:completion", {"error": error})
    assert shown.error == {"content": "broken"}


def test_stop_ends_the_answer_and_keeps_its_items() -> None:
    shown = ShownMessage()
    kept = [{"type": "message", "content": [{"type": "output_text", "text": "half"}]}]
    shown.take("chat:completion", {"output": kept})
    shown.take("chat:tasks:cancel", None)
    assert (shown.done, shown.stopped, shown.text) == (True, True, "half")

"""Responses of many small things are read in proportion to their number: the event loop reads them."""

from typing import Any

import pytest

from domain.turn.answer import Answer
from domain.turn.citations import Citations
from domain.turn.held_calls import HeldCalls
from domain.turn.item_places import ItemPlaces
from domain.turn.output_items import OutputItem
from domain.turn.steps import ShowImage, ShowReasoning
from ports.toolbox import ToolCall
from tests.doubles.compared import Compared

MANY, LOOKS = 500, 40
NUMBERS = range(MANY)


class Counted(dict[str, Any]):
    """An item that counts how often any of its kind is read."""

    looks = 0

    def get(self, key: str, default: Any = None) -> Any:
        Counted.looks += 1
        return super().get(key, default)


def places(*items: Counted) -> ItemPlaces:
    found = ItemPlaces(0)
    for index, item in enumerate(items):
        found.open(index, item.get("id", ""), item["type"], 0.0).opening = item
    return found


STREAMED_AND_LISTED = {
    "other ids, backwards": (
        [Counted(type="message", id=f"a{n}") for n in NUMBERS],
        [Counted(type="message", id=f"b{n}") for n in NUMBERS],
    ),
    "no ids, other calls": (
        [Counted(type="function_call", call_id=f"a{n}") for n in NUMBERS],
        [Counted(type="function_call", call_id=f"b{n}") for n in NUMBERS],
    ),
    "calls in another order": (
        [Counted(type="function_call", call_id=f"a{n}") for n in NUMBERS],
        [Counted(type="function_call", call_id=f"a{n}") for n in reversed(NUMBERS)],
    ),
    "another kind": (
        [Counted(type="reasoning", id=f"a{n}") for n in NUMBERS],
        [Counted(type="message", id=f"a{n}") for n in NUMBERS],
    ),
}


@pytest.mark.parametrize("kind", STREAMED_AND_LISTED)
def test_items_of_the_terminal_event_are_found_without_searching_all_items_for_each(kind: str) -> None:
    streamed, listed = STREAMED_AND_LISTED[kind]
    known = places(*streamed)
    Counted.looks = 0

    found = known.seen(tuple(listed))

    assert Counted.looks <= LOOKS * MANY
    same = [slot for slot in found if slot is not None]
    assert len({slot.segment for slot in same}) == len(same)


def test_many_pictures_of_one_item_are_shown_once_each_and_compared_with_no_other() -> None:
    urls = [Compared(f"https://a.example/{n}.png") for n in NUMBERS]
    outputs = [{"type": "image", "url": url} for url in [*urls, *urls]]
    Compared.times = 0

    shown = Answer(0, Citations()).finish_item(0, {"type": "code_interpreter_call", "outputs": outputs}, 0.0)

    assert [one.url for one in shown if isinstance(one, ShowImage)] == urls
    assert Compared.times <= LOOKS * 2 * MANY


def test_thinking_in_the_style_that_came_second_stays_unseen_in_however_many_parts() -> None:
    parts = [{"type": "summary_text", "text": f"s{n}"} for n in NUMBERS]
    raw = [{"type": "reasoning_text", "text": f"r{n}"} for n in NUMBERS]

    shown = Answer(0, Citations()).finish_item(0, {"type": "reasoning", "summary": parts, "content": raw}, 0.0)

    said = "".join(one.text for one in shown if isinstance(one, ShowReasoning))
    assert "s499" in said
    assert "r" not in said


@pytest.mark.parametrize(
    "piece",
    [
        "<li>one {}</li> ",
        "a[{}] < b ",
        "<b{}",
        "```\n<tool_call>{}\n```\n",
        "`<tool_call>{}` ",
        '<tool_call>{{"name": "eat{}"}} ',
        "<tool_call>{} ",
        "x" * 500 + "<tool_call>{} ",
    ],
)
def test_text_with_signs_of_calls_is_not_read_from_its_beginning_with_each_piece(
    monkeypatch: pytest.MonkeyPatch, piece: str
) -> None:
    joined = 0
    shown_of = OutputItem.shown

    def counted(slot: OutputItem, part: tuple[str, int]) -> str:
        nonlocal joined
        joined += 1
        return shown_of(slot, part)

    monkeypatch.setattr(OutputItem, "shown", counted)
    answer = Answer(0, Citations(), offered=frozenset({"look"}))

    said = [one for n in NUMBERS for one in answer.say(0, "m", 0, piece.format(n), 0.0)]
    said += answer.release(0.0, whole=True)

    assert "".join(getattr(one, "text", "") for one in said) == "".join(map(piece.format, NUMBERS))
    assert joined <= LOOKS


def test_calls_left_in_many_texts_are_not_compared_with_every_call() -> None:
    held, known, slots = HeldCalls(frozenset({"look"})), ItemPlaces(0), ItemPlaces(0)
    calls = [ToolCall(f"c{n}", Compared("look"), f'{{"q": {n}}}') for n in NUMBERS]
    for n in NUMBERS:  # half of them are calls of their own
        place = slots.open(n, f"m{n}", "message", 0.0), ("text", 0)
        held.whole(place, f'<tool_call>{{"name": "look", "arguments": {{"q": {n + MANY // 2}}}}}</tool_call>')
    Compared.times = 0

    held.read(known, calls, 0.0)

    assert len(known.slots) == MANY // 2
    assert Compared.times <= LOOKS * MANY

"""Histories of many small things are read in proportion to their number: one request must not hold all others."""

from time import thread_time
from typing import Any

import pytest

from domain.conversation.cache_marks import EXPLICIT, MARK, marked_parts, without_marks
from domain.conversation.call_pairs import paired

MANY, LOOKS = 600, 40


class Counted(dict[str, Any]):
    """An item that counts how often any of its kind is looked at or compared."""

    looks = 0

    def __getitem__(self, key: str) -> Any:
        Counted.looks += 1
        return super().__getitem__(key)

    def __eq__(self, other: object) -> bool:
        Counted.looks += 1
        return super().__eq__(other)

    __hash__ = None


def call(call_id: str, arguments: str = "{}") -> Counted:
    return Counted(type="function_call", call_id=call_id, name="look", arguments=arguments)


def output(call_id: str, text: str = "seen") -> Counted:
    return Counted(type="function_call_output", call_id=call_id, output=text)


NUMBERS = range(MANY)
HISTORIES = {
    "one round": [*(call(f"c{n}") for n in NUMBERS), *(output(f"c{n}") for n in NUMBERS)],
    "one round, answered backwards": [*(call(f"c{n}") for n in NUMBERS), *(output(f"c{n}") for n in reversed(NUMBERS))],
    "outputs without ids": [*(call(f"c{n}") for n in NUMBERS), *(output("") for _ in NUMBERS)],
    "nothing has an id": [*(call("") for _ in NUMBERS), *(output("") for _ in NUMBERS)],
    "outputs of no call": [*(call(f"c{n}") for n in NUMBERS), *(output(f"d{n}") for n in NUMBERS)],
    "outputs before their calls": [*(output(f"c{n}") for n in NUMBERS), *(call(f"c{n}") for n in NUMBERS)],
    "rounds that nothing answers": [one for n in NUMBERS for one in (call(f"c{n}"), output("d"))],
    "rounds under one id": [one for n in NUMBERS for one in (call("c", str(n)), output("c"))],
}


@pytest.mark.parametrize("kind", HISTORIES)
def test_pairs_are_found_without_searching_all_calls_for_each_output(kind: str) -> None:
    items = HISTORIES[kind]
    Counted.looks = 0

    found = list(paired(items))

    assert Counted.looks <= LOOKS * len(items)
    kept = [item for item in found if item["type"] == "function_call"]
    assert len({item["call_id"] for item in kept}) == len(kept) == MANY


def test_many_calls_of_a_round_under_one_id_are_compared_with_the_latest_only() -> None:
    Counted.looks = 0
    few = len(list(paired([call("c", str(n)) for n in range(300)])))
    before, Counted.looks = Counted.looks, 0
    many = len(list(paired([call("c", str(n)) for n in range(600)])))
    assert (few, many) == (600, 1200)
    assert Counted.looks <= 2.5 * before


def test_an_output_without_an_id_is_that_of_the_first_call_that_is_left_in_its_round() -> None:
    found = list(paired([call("a"), call("b"), call("c"), output("b", "2"), output("", "1"), output("", "3")]))
    assert [item["output"] for item in found if item["type"] == "function_call_output"] == ["1", "2", "3"]


def test_marks_of_one_message_are_removed_in_one_go() -> None:
    """Processor time of this thread: it was 7 s."""
    parts = [{"type": "input_text", "text": str(n), MARK: EXPLICIT} for n in range(30_000)]
    items = ({"type": "message", "role": "user", "content": parts},)
    places = marked_parts(items)

    began = thread_time()
    (kept,) = without_marks(items, places[:-4])

    assert thread_time() - began < 2
    assert marked_parts((kept,)) == places[-4:]

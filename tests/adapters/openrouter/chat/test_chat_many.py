"""Chat answers of many calls and many entries of reasoning are read in proportion to their number."""

from typing import Any

import pytest

from adapters.openrouter.chat.answer import ChatAnswer
from adapters.openrouter.chat.reasoning_details import Entry
from adapters.openrouter.stream.event_buffer import EventBuffer
from ports.json_values import JsonObject
from ports.response_events import ItemDone
from tests.doubles.compared import Compared

MANY, LOOKS = 400, 40
NUMBERS = range(MANY)


def items(deltas: list[dict[str, Any]]) -> list[JsonObject]:
    events = EventBuffer()
    answer = ChatAnswer(events, "tag")
    for delta in deltas:
        answer.feed(delta)
    answer.finish("completed")
    return [event.item for event in events.take(last=True) if isinstance(event, ItemDone)]


@pytest.mark.parametrize("index", ["own", "same", "none"])
def test_calls_are_not_compared_with_all_calls(index: str) -> None:
    places = {"own": lambda n: {"index": n}, "same": lambda n: {"index": 0}, "none": lambda n: {}}
    fragments = [
        {"id": Compared(f"c{n}"), "function": {"name": "look", "arguments": f'{{"q":{n}}}'}, **places[index](n)}
        for n in NUMBERS
    ]
    Compared.times = 0

    found = items([{"tool_calls": [fragment]} for fragment in fragments])

    assert [item["call_id"] for item in found] == [f"c{n}" for n in NUMBERS]
    assert Compared.times <= LOOKS * MANY


@pytest.mark.parametrize("index", ["own", "same", "none"])
def test_many_calls_without_ids_are_told_apart(index: str) -> None:
    places = {"own": lambda n: {"index": n}, "same": lambda n: {"index": 0}, "none": lambda n: {}}
    found = items(
        [
            {"tool_calls": [{"function": {"name": "look", "arguments": f'{{"q":{n}}}'}, **places[index](n)}]}
            for n in NUMBERS
        ]
    )

    assert [item["arguments"] for item in found] == [f'{{"q":{n}}}' for n in NUMBERS]


DETAILS = {
    "texts": lambda n: {"type": "reasoning.text", "text": f"t{n}", "index": n},
    "texts of one id": lambda n: {"type": "reasoning.text", "text": f"t{n}", "index": n, "id": "x"},
    "summaries": lambda n: {"type": "reasoning.summary", "summary": f"t{n}", "index": n},
    "signed summaries": lambda n: {"type": "reasoning.summary", "summary": f"t{n}", "index": 0, "signature": "s"},
    "encrypted": lambda n: {"type": "reasoning.encrypted", "data": f"t{n}", "index": n, "id": f"rs_{n}"},
    "unknown": lambda n: {"type": "other", "data": f"t{n}", "index": n},
}


@pytest.mark.parametrize("kind", DETAILS)
def test_entries_of_reasoning_are_not_searched_for(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0

    class Counted(Entry):
        __slots__ = ()

        @property
        def id(self) -> str:
            nonlocal looks
            looks += 1
            return super().id

        @property
        def signed(self) -> bool:
            nonlocal looks
            looks += 1
            return super().signed

        def takes(self, detail: Any, visible_text: str) -> bool:
            nonlocal looks
            looks += 1
            return super().takes(detail, visible_text)

    monkeypatch.setattr("adapters.openrouter.chat.reasoning.Entry", Counted)

    found = items([{"reasoning_details": [DETAILS[kind](n)]} for n in NUMBERS])

    kept = [entry for item in found for entry in item["reasoning_details"]]
    said = [entry.get("text") or entry.get("summary") or entry.get("data") for entry in kept]
    assert "".join(map(str, said)) == "".join(f"t{n}" for n in NUMBERS)
    assert looks <= LOOKS * MANY

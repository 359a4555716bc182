"""However upstream spreads an answer over its events, every text is shown exactly once."""

from collections.abc import Iterator
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from domain.turn.events import TurnEvent
from ports.json_values import JsonObject
from ports.response_events import ItemAdded, ItemDone, ReasoningDelta, ReasoningDone, TextDelta, TextDone
from tests.domain.turn.talk import Turn, completed
from tests.examples import examples

TEXTS = st.text(alphabet="ab \n", min_size=1, max_size=6)


@dataclass(frozen=True, slots=True)
class Carried:
    """One item, and how it is spread over events: `cuts` says how much of each part arrives in deltas."""

    parts: tuple[str, ...]
    thinking: bool
    cuts: tuple[int, ...]
    added: bool
    parts_done: bool
    item_done: bool

    def whole(self) -> bool:
        """Return whether the events before the terminal one carry the whole item."""
        pieces = all(cut >= len(part) for part, cut in zip(self.parts, self.cuts, strict=True))
        return self.item_done or self.parts_done or pieces


CARRIED = st.builds(
    Carried,
    parts=st.tuples(TEXTS, TEXTS),
    thinking=st.booleans(),
    cuts=st.tuples(st.integers(0, 6), st.integers(0, 6)),
    added=st.booleans(),
    parts_done=st.booleans(),
    item_done=st.booleans(),
)


def item_of(carried: Carried, item_id: str) -> JsonObject:
    """The item as upstream finishes it."""
    if carried.thinking:
        return {
            "type": "reasoning",
            "id": item_id,
            "summary": [{"type": "summary_text", "text": part} for part in carried.parts],
        }
    content = [{"type": "output_text", "text": part} for part in carried.parts]
    return {"type": "message", "id": item_id, "role": "assistant", "content": content}


def events_of(index: int, carried: Carried, item_id: str) -> Iterator[TurnEvent]:
    """The events with which upstream streams one item."""
    if carried.added:
        yield ItemAdded(index, {**item_of(carried, item_id), "content": [], "summary": []})
    for number, (part, cut) in enumerate(zip(carried.parts, carried.cuts, strict=True)):
        for letter in part[:cut]:
            if carried.thinking:
                yield ReasoningDelta(index, item_id, number, letter, raw=False)
            else:
                yield TextDelta(index, item_id, number, letter)
        if carried.parts_done and carried.thinking:
            yield ReasoningDone(index, item_id, number, part, raw=False)
        elif carried.parts_done:
            yield TextDone(index, item_id, number, part)
        if cut < len(part) and not carried.parts_done:
            break  # upstream does not begin the next part before this one
    if carried.item_done:
        yield ItemDone(index, item_of(carried, item_id))


@examples(100)
@given(
    items=st.lists(CARRIED, min_size=1, max_size=3),
    with_ids=st.booleans(),
    other_ids_at_the_end=st.booleans(),
    listed_at_the_end=st.booleans(),
    at_once=st.booleans(),
)
def test_every_text_is_shown_exactly_once(items, with_ids, other_ids_at_the_end, listed_at_the_end, at_once):
    listed = listed_at_the_end or not all(item.whole() for item in items)
    ids = [f"item_{index}" if with_ids else "" for index in range(len(items))]
    last_ids = [f"other_{index}" for index in range(len(items))] if other_ids_at_the_end and with_ids else ids
    events = [event for index, item in enumerate(items) for event in events_of(index, item, ids[index])]
    events.append(completed(*map(item_of, items, last_ids) if listed else ()))
    turn = Turn()
    for batch in [events] if at_once else [[event] for event in events]:
        turn.feed(*batch)
    assert sorted(turn.text.split("|")) == told(items, thinking=False)
    assert sorted(turn.reasoning.split("|")) == told(items, thinking=True)


def told(items: list[Carried], *, thinking: bool) -> list[str]:
    """The text that people should read: the parts of an item as paragraphs."""
    return sorted("\n\n".join(item.parts) for item in items if item.thinking is thinking) or [""]

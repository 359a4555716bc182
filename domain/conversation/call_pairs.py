"""Calls and outputs of a history -> pairs under unique ids, made by order: clients repeat ids, or leave them empty."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from domain.conversation.call_ids import CallIds
from domain.conversation.call_kinds import FUNCTION, OUTPUT_OF, is_call
from domain.conversation.native_calls import output_of
from domain.conversation.placeholders import NOT_COMPLETED
from ports.json_values import JsonObject

OUTPUT = OUTPUT_OF[FUNCTION]
"""The kind of every output until its call is found, which decides the kind."""


@dataclass(slots=True)
class _Round:
    """Calls that follow one another, and the outputs found for them by the position of the call."""

    calls: dict[int, JsonObject] = field(default_factory=dict)
    outputs: dict[int, JsonObject] = field(default_factory=dict)

    def take(self, output: JsonObject) -> bool:
        """Give an output to the first call of its id that has none; return False if there is no such call."""
        for position, call in self.calls.items():
            if position not in self.outputs and call["call_id"] == output["call_id"]:
                self.outputs[position] = output
                return True
        return False

    def take_unnamed(self, output: JsonObject) -> None:
        """Give an output without an id to the first call that has none; drop it if there is no such call."""
        for position in self.calls:
            if position not in self.outputs:
                self.outputs[position] = output
                return


def paired(items: Sequence[JsonObject]) -> Iterator[JsonObject]:
    """Yield every call under an id of its own, with exactly one output after its round; drop outputs without a call.

    An output belongs to the first open call of its id in the latest round that has one, else to a call of its id that
    comes later. One without an id belongs to what is then left of the round before it. A call repeated within a round
    counts once.
    """
    rounds, rounds_of = _matched(items)
    outputs = {position: output for one in rounds for position, output in one.outputs.items()}
    ids = CallIds(item["call_id"] for item in items if is_call(item) and item["call_id"])
    given: set[str] = set()
    open_calls: list[tuple[int, JsonObject]] = []
    for position, item in enumerate(items):
        if item["type"] == OUTPUT or (is_call(item) and position not in rounds_of):
            continue
        if open_calls and (not is_call(item) or rounds_of[position] is not rounds_of[open_calls[-1][0]]):
            yield from _settled(open_calls, outputs)
        if not is_call(item):
            yield item
            continue
        call_id = item["call_id"]
        chosen = call_id if call_id and call_id not in given else ids.take(call_id or f"call_at_{position}")
        given.add(chosen)
        under_its_id = item if chosen == call_id else {**item, "call_id": chosen}
        open_calls.append((position, under_its_id))
        yield under_its_id
    yield from _settled(open_calls, outputs)


def _matched(items: Sequence[JsonObject]) -> tuple[list[_Round], dict[int, _Round]]:
    """Return the rounds with their outputs, and the round of each call by the call's position."""
    rounds: list[_Round] = []
    rounds_of: dict[int, _Round] = {}
    left: list[tuple[JsonObject, int]] = []
    following = True  # the next call begins a round
    for position, item in enumerate(items):
        if is_call(item):
            if following:
                rounds.append(_Round())
            following = False
            latest = rounds[-1]
            if not (item["call_id"] and item in latest.calls.values()):
                latest.calls[position] = item
                rounds_of[position] = latest
            continue
        if item["type"] == OUTPUT and not any(one.take(item) for one in reversed(rounds)):
            left.append((item, len(rounds)))
        following = True
    for output, _ in left:
        if output["call_id"]:
            next((one for one in rounds if one.take(output)), None)
    for output, before in left:
        if before and not output["call_id"]:
            rounds[before - 1].take_unnamed(output)
    return rounds, rounds_of


def _settled(open_calls: list[tuple[int, JsonObject]], outputs: dict[int, JsonObject]) -> Iterator[JsonObject]:
    for position, call in open_calls:
        found = outputs.get(position)
        yield output_of(call, NOT_COMPLETED if found is None else found["output"], completed=found is not None)
    open_calls.clear()

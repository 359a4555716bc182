"""Calls and outputs of a history -> pairs under unique ids, made by order: clients repeat ids, or leave them empty."""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from domain.conversation.call_ids import CallIds
from domain.conversation.call_kinds import FUNCTION, OUTPUT_OF, is_call
from domain.conversation.native_calls import output_of
from domain.conversation.placeholders import NOT_COMPLETED
from ports.json_values import JsonObject

OUTPUT = OUTPUT_OF[FUNCTION]
"""The kind of every output until its call is found, which decides the kind."""
COMPARED = 64
"""Of many calls of a round under one id, a repeated one is recognised among the latest so many."""


@dataclass(slots=True)
class _Round:
    """Calls that follow one another, and the outputs found for them by the position of the call."""

    calls: dict[int, JsonObject] = field(default_factory=dict)
    outputs: dict[int, JsonObject] = field(default_factory=dict)

    by_id: dict[str, deque[JsonObject]] = field(default_factory=dict)
    _unnamed: Iterator[int] | None = None

    def repeats(self, call: JsonObject) -> bool:
        """Return whether the round has the same call under the same id; remember it if not."""
        if not call["call_id"]:
            return False
        known = self.by_id.setdefault(call["call_id"], deque(maxlen=COMPARED))
        if call in known:
            return True
        known.append(call)
        return False

    def take_unnamed(self, output: JsonObject) -> None:
        """Give an output without an id to the first call that has none; drop it if there is no such call.

        The calls are complete by then: each one is looked at once.
        """
        if self._unnamed is None:
            self._unnamed = iter(self.calls)
        position = next((one for one in self._unnamed if one not in self.outputs), None)
        if position is not None:
            self.outputs[position] = output


class _OpenCalls:
    """The calls without an output by their ids, those of each round together: nothing is searched for."""

    def __init__(self) -> None:
        self._open: defaultdict[str, deque[tuple[_Round, deque[int]]]] = defaultdict(deque)

    def add(self, call_id: str, position: int, of: _Round) -> None:
        """Add a call of the latest round."""
        rounds = self._open[call_id]
        if not rounds or rounds[-1][0] is not of:
            rounds.append((of, deque()))
        rounds[-1][1].append(position)

    def take(self, output: JsonObject, *, latest: bool) -> bool:
        """Give an output to the first call of its id in the latest, or the earliest, round that has an open one.

        Return False if none has.
        """
        rounds = self._open.get(output["call_id"])
        if not rounds:
            return False
        end = -1 if latest else 0
        one, positions = rounds[end]
        one.outputs[positions.popleft()] = output
        if not positions:
            del rounds[end]
        return True


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
    open_calls = _OpenCalls()
    following = True  # the next call begins a round
    for position, item in enumerate(items):
        if is_call(item):
            if following:
                rounds.append(_Round())
            following = False
            latest = rounds[-1]
            if not latest.repeats(item):
                latest.calls[position] = item
                rounds_of[position] = latest
                open_calls.add(item["call_id"], position, latest)
            continue
        if item["type"] == OUTPUT and not open_calls.take(item, latest=True):
            left.append((item, len(rounds)))
        following = True
    for output, _ in left:
        if output["call_id"]:
            open_calls.take(output, latest=False)
    for output, before in left:
        if before and not output["call_id"]:
            rounds[before - 1].take_unnamed(output)
    return rounds, rounds_of


def _settled(open_calls: list[tuple[int, JsonObject]], outputs: dict[int, JsonObject]) -> Iterator[JsonObject]:
    for position, call in open_calls:
        found = outputs.get(position)
        yield output_of(call, NOT_COMPLETED if found is None else found["output"], completed=found is not None)
    open_calls.clear()

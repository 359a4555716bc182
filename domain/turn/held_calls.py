"""Text of one response that may be calls of tools: held back until its part is whole, then read or shown.

See `domain/conversation/leaked_calls.py` for what counts as a call.
"""

from collections.abc import Collection, Hashable

from domain.conversation.call_kinds import FUNCTION
from domain.conversation.leaked_calls import (
    LONGEST,
    Leak,
    beginnings,
    goes_on,
    has_beginning,
    leak_in,
    may_begin,
    names_tool,
    quoting,
)
from domain.conversation.lenient_json import strict_json
from domain.turn.item_places import ItemPlaces
from domain.turn.output_items import Place
from ports.json_values import JsonObject
from ports.toolbox import ToolCall

_MOST_TRIES = 20
"""Beginnings in one part that were none, or quoted, after which the rest of the part is shown as it comes."""


class HeldCalls:
    """Holds the texts. `holding`: what may be calls, by its place; `found`: what is calls, with the whole text.

    `offered`: names of the functions that may be called so; without any, nothing is held.
    """

    def __init__(self, offered: frozenset[str]) -> None:
        self.holding: dict[Place, list[str]] = {}
        self.found: dict[Place, tuple[str, Leak]] = {}
        self.offered = offered
        self._named: dict[Place, int] = {}  # characters held of what names an offered tool
        self._tries: dict[Place, int] = {}
        self._before: dict[Place, tuple[int, str]] = {}  # pieces that were looked at, and what is quoted after them

    def piece(self, place: Place, text: str) -> str:
        """Return what can be shown now that `text` has come; the rest is held."""
        if not self._reads(place):
            return text
        if place in self._named:
            return self._more(place, text)
        text = "".join(self.holding.pop(place, ())) + text
        if self._tries.get(place, 0) >= _MOST_TRIES:
            return text
        if has_beginning(text):
            before = self._quoting(place)
            whole = before + text
            for begins in beginnings(whole, len(before)):
                named = names_tool(whole[begins:], self.offered)
                if named is None or (named and goes_on(whole[begins:])):
                    return self._hold(place, whole, begins, named=bool(named))[len(before) :]
                self._tries[place] = self._tries.get(place, 0) + 1
        end = may_begin(text)
        if end < len(text):
            self.holding[place] = [text[end:]]
        return text[:end]

    def whole(self, place: Place, text: str) -> str:
        """Return a complete text without the calls at its end; one that does not go on from what was shown is none."""
        held, shown = self._let_go(place), place[0].shown(place[1])
        self._before.pop(place, None)
        if held and not text.startswith(shown):
            text = shown + held
        leak = leak_in(text, self.offered) if self._reads(place) else None
        if leak is None:
            self.found.pop(place, None)
            return text
        self.found[place] = text, leak
        return text[: leak.begins]

    def read(self, places: ItemPlaces, calls: Collection[ToolCall], now: float) -> list[tuple[Place, str]]:
        """Open an item for each call that is not among `calls`; return the text that is none, for the reader."""
        left: list[tuple[Place, str]] = []
        for place in [*self.holding]:
            shown = place[0].shown(place[1])
            left.append((place, self.whole(place, shown + "".join(self.holding[place]))[len(shown) :]))
        known = {(call.name, _meaning(call.arguments)) for call in calls} if self.found else set()
        for (slot, part), (text, leak) in self.found.items():
            if slot.item is not None:
                slot.item = _with_text(slot.item, part[1], text[: leak.begins])
            for call in leak.calls:
                if (call.name, _meaning(call.arguments)) not in known:
                    opened = places.open(slot.index, "", FUNCTION, now)
                    opened.item = {"type": FUNCTION, "name": call.name, "arguments": call.arguments}
                    places.close(opened)
        self.found.clear()
        return left

    def release(self) -> list[tuple[Place, str]]:
        """Return what is still held or was taken for calls: nothing more will come, and nothing is called."""
        left = [(place, "".join(held)) for place, held in self.holding.items()]
        left += [(place, text[leak.begins :]) for place, (text, leak) in self.found.items()]
        for places in (self.holding, self.found, self._named):
            places.clear()
        return left

    def _reads(self, place: Place) -> bool:
        return bool(self.offered) and place[1][0] == "text"

    def _hold(self, place: Place, whole: str, begins: int, *, named: bool) -> str:
        """Hold the end of a text; return what is before it."""
        held = whole[begins:]
        if len(held) > LONGEST:
            self._tries[place] = _MOST_TRIES
            return whole
        self.holding[place] = [held]
        if named:
            self._named[place] = len(held)
        return whole[:begins]

    def _more(self, place: Place, text: str) -> str:
        self.holding[place].append(text)
        before, length = self._named[place], self._named[place] + len(text)
        self._named[place] = length
        if length > LONGEST:
            return self._let_go(place)
        if before.bit_length() == length.bit_length():  # it is looked at each time it has doubled
            return ""
        held = "".join(self.holding[place])
        if goes_on(held):
            return ""
        self._let_go(place)
        self._tries[place] = self._tries.get(place, 0) + 1
        return held[0] + self.piece(place, held[1:])

    def _quoting(self, place: Place) -> str:
        """Return a short text after which the same is quoted as after what was shown."""
        pieces = place[0].pieces.get(place[1], [])
        number, before = self._before.get(place, (0, ""))
        before = quoting(before + "".join(pieces[number:]))
        self._before[place] = len(pieces), before
        return before

    def _let_go(self, place: Place) -> str:
        if self._named.pop(place, 0) > LONGEST:
            self._tries[place] = _MOST_TRIES
        return "".join(self.holding.pop(place, ()))


def _meaning(arguments: str) -> Hashable:
    """Return what is the same for arguments that are the same values, however they are written."""
    try:
        return _comparable(strict_json(arguments))
    except (ValueError, RecursionError):
        return arguments


def _comparable(value: object) -> Hashable:
    if isinstance(value, dict):
        return "{}", frozenset((name, _comparable(one)) for name, one in value.items())
    if isinstance(value, list):
        return "[]", tuple(map(_comparable, value))
    return value if isinstance(value, Hashable) else repr(value)


def _with_text(item: JsonObject, number: int, text: str) -> JsonObject:
    """Return a message whose part `number` has `text`."""
    content = item.get("content")
    if not isinstance(content, list) or number >= len(content) or not isinstance(content[number], dict):
        return item
    return {**item, "content": [*content[:number], {**content[number], "text": text}, *content[number + 1 :]]}

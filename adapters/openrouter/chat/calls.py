"""Assembles function calls from the fragments of `tool_calls`.

Providers leave out ids and indexes, repeat names, and reuse one index for several calls. A fragment begins a new call
if it has a new index, an id together with a name, or a name and an object after whole arguments. Source: OpenRouter API
reference, chat completions.
"""

from typing import Any

from adapters.openrouter.chat.items import Places
from adapters.openrouter.stream.delta_types import DELTAS
from adapters.openrouter.stream.event_buffer import EventBuffer, whole_text
from adapters.openrouter.wire.arguments import argument_text
from adapters.openrouter.wire.codec import STDLIB
from adapters.openrouter.wire.fields import mapping, text
from ports.json_values import JsonObject
from ports.response_events import ArgumentsDone, ItemAdded, ItemDone

PIECE = DELTAS["response.function_call_arguments.delta"]
LONGEST_READ = 16_384
"""Characters of arguments that are read on the loop to find where a call without an id ends."""


class _Call:
    """One unfinished call; announced once its name is known and its arguments begin or its id has arrived."""

    __slots__ = ("frame", "id", "index", "item_id", "name", "number", "pieces", "place", "size")

    def __init__(self, index: int | None, number: int) -> None:
        self.index, self.number = index, number
        self.id = self.name = self.item_id = ""
        self.pieces: list[str] = []
        self.place = self.size = 0
        self.frame: dict[str, Any] | None = None

    def rename(self, piece: str) -> None:
        """Set the name from a fragment: whole, repeated, extended, or the next piece."""
        if piece == self.name or not piece:
            return
        if piece.startswith(self.name):
            self.name = piece
        elif not self.pieces:
            self.name += piece

    def is_over(self, index: int | None, call_id: str, name: str, arguments: str) -> bool:
        """Return whether a fragment without a new id, but with a name, must begin another call.

        Some providers give all calls one index, so an index alone proves nothing once the arguments are whole.
        """
        if not name or not self.pieces or (call_id and call_id == self.id):
            return False
        if index is not None:
            return not call_id and arguments.lstrip().startswith("{") and self._is_whole()
        return name != self.name or self._is_whole()

    def _is_whole(self) -> bool:
        """Return whether the arguments so far are an object. Long ones are not read here: this runs on the loop."""
        ends = self.pieces[-1].rstrip().endswith("}")
        return ends and self.size <= LONGEST_READ and _is_object("".join(self.pieces))

    def item(self, arguments: str, status: str) -> JsonObject:
        """Return the call as an item of `POST /responses`."""
        call_id = self.id or self.item_id.replace("fc_", "call_", 1)
        item: JsonObject = {"type": "function_call", "id": self.item_id, "call_id": call_id, "name": self.name}
        return {**item, "arguments": arguments, "status": status}


class CallItems:
    """The calls of one answer, in the order they began. None is searched for: there may be ten thousands."""

    def __init__(self, events: EventBuffer, places: Places) -> None:
        self._events, self._places = events, places
        self._calls: list[_Call] = []
        self._by_id: dict[str, _Call] = {}
        self._by_index: dict[int, _Call] = {}  # the latest of each index
        self._nameless: list[_Call] = []  # calls that had no id when they began

    def __bool__(self) -> bool:
        return bool(self._calls)

    def take(self, fragment: JsonObject, *, whole: bool = False) -> None:
        """Add a fragment to its call; a `whole` fragment is a complete call."""
        function = mapping(fragment.get("function"))
        name, call_id = text(function.get("name")), text(fragment.get("id"))
        index = fragment.get("index")
        place = index if index.__class__ is int else None
        arguments = argument_text(function.get("arguments"))
        call = None if whole else self._find(place, call_id, name, arguments)
        if call is None:
            call = self._begin(place)
        if not call.id and call_id and call_id not in self._by_id:
            call.id, self._by_id[call_id] = call_id, call
        call.rename(name)
        self._argue(call, arguments)

    def finish(self, status: str) -> None:
        """Complete every call."""
        for call in self._calls:
            self._open(call)
            arguments = whole_text(call.pieces)
            self._events.add(ArgumentsDone(call.place, call.item_id, arguments))
            self._events.add(ItemDone(call.place, call.item(arguments, status)))
        for held in (self._calls, self._by_id, self._by_index, self._nameless):
            held.clear()

    def _begin(self, index: int | None) -> _Call:
        call = _Call(index, len(self._calls))
        self._calls.append(call)
        self._nameless.append(call)
        if index is not None:
            self._by_index[index] = call
        return call

    def _find(self, index: int | None, call_id: str, name: str, arguments: str) -> _Call | None:
        """Return the call that a fragment continues; its index decides, before its id."""
        same = self._by_id.get(call_id) if call_id else None
        if index is not None and same is not None and same.index == index:
            return same
        call = self._latest(index, same) if index is not None or call_id else next(reversed(self._calls), None)
        if call is None:
            return None
        is_new_id = bool(call_id and call.id and name) and same is None
        return None if is_new_id or call.is_over(index, call_id, name, arguments) else call

    def _latest(self, index: int | None, same: _Call | None) -> _Call | None:
        """Return the latest call of an index; without one the latest that has the id of `same`, or none yet."""
        if index is not None:
            return self._by_index.get(index)
        while self._nameless and self._nameless[-1].id:
            self._nameless.pop()
        return max(filter(None, (same, *self._nameless[-1:])), key=lambda call: call.number, default=None)

    def _argue(self, call: _Call, piece: str) -> None:
        if piece:
            call.pieces.append(piece)
            call.size += len(piece)
        if call.frame is not None:
            if piece:
                self._say(call, piece)
        elif call.name and (call.id or call.pieces):
            self._open(call)

    def _open(self, call: _Call) -> None:
        """Announce a call, and emit the arguments held back until then."""
        if call.frame is not None:
            return
        call.place, call.item_id = self._places.take("fc")
        call.frame = {"output_index": call.place, "item_id": call.item_id, "delta": ""}
        self._events.add(ItemAdded(call.place, call.item("", "in_progress")))
        for piece in call.pieces:
            self._say(call, piece)

    def _say(self, call: _Call, piece: str) -> None:
        assert call.frame is not None
        call.frame["delta"] = piece
        self._events.say(PIECE, call.frame)


def _is_object(arguments: str) -> bool:
    try:
        return isinstance(STDLIB.loads(arguments.encode("utf-8", "replace")), dict)
    except ValueError:
        return False

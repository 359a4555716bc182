"""The native items of one answer in order, as the host knows them, with their text so far."""

from collections.abc import Sequence
from typing import Any

from entrypoints.openai.frames import Yield

Item = dict[str, Any]


class ItemList:
    """All items of one turn; their ids contain `turn_id`. `shown` counts characters of texts, calls and results.

    `before`: the text of the answer that these items continue, if they do not contain it.
    """

    def __init__(self, turn_id: str, before: str = "") -> None:
        self._turn_id, self._before = turn_id, before
        self._items: list[Item] = []
        self._pieces: list[list[str]] = []
        self.shown = 0

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> Item:
        return self._items[index]

    def id(self, prefix: str, index: int | None = None) -> str:
        """Return the id of the item at `index`, by default of the next one."""
        return f"{prefix}_{self._turn_id.lower()}_{len(self._items) if index is None else index}"

    def add(self, item: Item) -> Yield:
        """Append an item and announce it."""
        self._items.append(item)
        self._pieces.append([])
        index = len(self._items) - 1
        return Yield({"type": "response.output_item.added", "output_index": index, "item": dict(item)})

    def seed(self, items: Sequence[Item]) -> None:
        """Begin with items that the host knows already."""
        for item in items:
            parts = item.get("content", ())
            self._items.append(dict(item))
            self._pieces.append([part["text"] for part in parts])

    def has_begun(self, index: int) -> bool:
        """Return whether an item has any text."""
        return bool(self._pieces[index])

    def grow(self, index: int, text: str) -> None:
        """Append a piece of text for an item; `write` puts it into the item."""
        self._pieces[index].append(text)
        self.shown += len(text)

    def write(self, index: int) -> str:
        """Write the text so far into an item and return it."""
        item, text = self._items[index], "".join(self._pieces[index])
        if item["type"] == "message":
            item["content"] = [{"type": "output_text", "text": text}]
        else:
            item["summary"] = [{"type": "summary_text", "text": text}]
        return text

    def order_from(self, start: int) -> None:
        """Sort calls before their outputs from `start` on, if there is nothing else: see `calls_first`."""
        if all("call_id" in item for item in self._items[start:]):
            self._items[start:] = sorted(self._items[start:], key=calls_first)

    def completed(self, usage: dict[str, Any] | None) -> Yield:
        """Build the event that replaces the host's list with this one."""
        response: dict[str, Any] = {"id": self.id("resp", 0), "status": "completed"}
        response["output"] = [dict(item) for item in self._items]
        if usage is not None:
            response["usage"] = usage
        return Yield({"type": "response.completed", "response": response})

    def has_calls(self) -> bool:
        """Return whether any item is a call."""
        return any(item["type"] == "function_call" for item in self._items)

    def text(self) -> str:
        """Return the text of the answer: all messages joined."""
        written = zip(self._items, self._pieces, strict=True)
        texts = ("".join(pieces) for item, pieces in written if item.get("type") == "message")
        return self._before + "\n\n".join(text for text in texts if text)


def calls_first(item: Item) -> tuple[bool, int]:
    """Sort key for the items of a round: calls first, then outputs; hosts lose calls that stand between outputs.

    The id of an item ends with the number of its call in the turn.
    """
    return item["type"] != "function_call", int(item["call_id"].rpartition("_")[2])

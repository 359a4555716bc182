"""Read the fields of an item leniently: both spellings, bounded texts, nothing of a wrong type."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from domain.conversation.lenient_json import LONGEST_LITERAL, strict_json
from domain.conversation.placeholders import removed
from domain.egress.lines import visible_line
from domain.tools.results import clean
from ports.json_values import JsonObject

LONGEST_LINE, LONGEST_TEXT = 200, 4000
"""Characters of a line, and of code or a result."""
MOST_ENTRIES = 40
"""Entries of a list that are read."""


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of an item or a part of one, by their names in snakes; both spellings are read, the snake first."""

    item: JsonObject

    def value(self, name: str) -> object:
        """Return a field as it is; None if it is missing."""
        found = self.item.get(name)
        if found is not None or "_" not in name:
            return found
        first, *others = name.split("_")
        return self.item.get(first + "".join(part.capitalize() for part in others))

    def text(self, name: str, most: int = LONGEST_TEXT) -> str:
        """Return a text of bounded length; a longer one ends with a note."""
        found = self.value(name)
        return bounded(found, most) if isinstance(found, str) else ""

    def line(self, name: str) -> str:
        """Return a text as one short line."""
        found = self.value(name)
        return line_of(found) if isinstance(found, str) else ""

    def number(self, name: str) -> int | None:
        """Return a whole number."""
        found = self.value(name)
        return found if isinstance(found, int) and not isinstance(found, bool) and abs(found) < 2**31 else None

    def part(self, name: str) -> "Fields":
        """Return an object within; an empty one if there is none."""
        found = self.value(name)
        return Fields(found if isinstance(found, dict) else {})

    def parts(self, name: str, most: int = MOST_ENTRIES) -> "Iterator[Fields]":
        """Iterate over the objects of a list."""
        found = self.value(name)
        objects = (entry for entry in found if isinstance(entry, dict)) if isinstance(found, list) else ()
        return map(Fields, islice(objects, most))

    def lines(self, name: str, most: int = MOST_ENTRIES) -> list[str]:
        """Return the texts of a list, each as one short line."""
        found = self.value(name)
        texts = (entry for entry in found if isinstance(entry, str)) if isinstance(found, list) else ()
        return [line for text in islice(texts, most) if (line := line_of(text))]

    def argument(self, name: str) -> str:
        """Return a text among the arguments that the model wrote, for items that do not name it themselves."""
        written = self.value("arguments")
        if not isinstance(written, str) or len(written) > LONGEST_LITERAL:
            return ""
        try:
            read = strict_json(written)
        except ValueError:
            return ""
        return Fields(read).text(name) if isinstance(read, dict) else ""


def line_of(text: str) -> str:
    """Return a text as one visible line of at most LONGEST_LINE characters."""
    line = visible_line(text[: 4 * LONGEST_LINE])
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "\u2026"


def bounded(text: str, most: int = LONGEST_TEXT) -> str:
    """Return a text of at most about `most` characters; a note says how much of a longer one is missing."""
    return clean(text) if len(text) <= most else f"{clean(text[:most])}\n{removed(len(text) - most)}"

"""A request body with long strings, such as files in base64, written in slices.

A serialiser holds the interpreter's lock until it is done, and makes a second copy of everything. So the body is
serialised with a placeholder for each long string, and the strings are escaped slice by slice as they are sent.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from adapters.openrouter.wire.codec import STDLIB, Codec

LONG = 256 * 1024
"""Characters from which a string is written in slices."""
SLICE = 64 * 1024
"""Characters of a slice of a string, and bytes of a slice of the rest."""


@dataclass(frozen=True, slots=True)
class LongBody:
    """A JSON text: `rest` are its bytes between the long strings, before the first and behind the last of them.

    `size` in bytes.
    """

    rest: tuple[bytes, ...] = field(repr=False)
    strings: tuple["LongString", ...] = field(repr=False)
    size: int

    def slices(self) -> Iterator[bytes | memoryview]:
        """Yield the text in order, in pieces of at most about 64 KiB."""
        for number, between in enumerate(self.rest):
            yield from slices_of(between)
            if number < len(self.strings):
                yield from self.strings[number].slices()


def slices_of(text: bytes) -> Iterator[memoryview]:
    """Yield bytes in pieces of at most 64 KiB."""
    view = memoryview(text)
    return (view[start : start + SLICE] for start in range(0, len(view), SLICE))


def has_long(values: Iterable[object]) -> bool:
    """Return whether there is a long string anywhere. Most bodies have none, so this must be cheap."""
    waiting = [values]
    while waiting:
        for value in waiting.pop():
            if isinstance(value, str):
                if len(value) >= LONG:
                    return True
            elif isinstance(value, dict):
                waiting.append(value.values())
            elif isinstance(value, list | tuple):
                waiting.append(value)
    return False


class LongString:
    """A long string. `size`: the bytes of its JSON, without quotes. To make one costs about 1 ms per MiB.

    `has_nul`: it contains NULs; `is_broken`: it contains surrogates. Both are mended when it is written.
    """

    __slots__ = ("_codec", "_text", "has_nul", "is_broken", "size")

    def __init__(self, text: str, codec: Codec) -> None:
        self._text, self._codec = text, codec
        self.has_nul = self.is_broken = False
        self.size = sum(map(len, self.slices()))

    def slices(self) -> Iterator[bytes]:
        """Yield its JSON; a pair of surrogates is never divided."""
        text, held = self._text, ""
        for start in range(0, len(text), SLICE):
            piece = text[start : start + SLICE]
            if "\0" in piece:
                self.has_nul = True
                piece = piece.replace("\0", "")
            piece = held + piece
            held = piece[-1:] if "\ud800" <= piece[-1:] <= "\udbff" else ""
            yield self._escaped(piece[:-1] if held else piece)
        if held:
            yield self._escaped(held)

    def _escaped(self, piece: str) -> bytes:
        try:
            return self._codec.dumps(piece)[1:-1]
        except (TypeError, ValueError):
            self.is_broken = True
            return STDLIB.dumps(mended(piece))[1:-1]


def mended(text: str) -> str:
    """Join separated surrogate pairs and replace lone surrogates by U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class Extraction:
    """Takes the long strings out of a value. `strings`: those that were taken out."""

    def __init__(self, codec: Codec, deepest: int) -> None:
        self._codec, self._deepest = codec, deepest
        self._mark = uuid4().hex  # cannot occur in any text
        self.strings: list[LongString] = []

    def without(self, fields: Mapping[str, object]) -> dict[str, object]:
        """Return fields with a placeholder for each long string. What contains none is not copied."""
        return {name: self._without(value, self._deepest) for name, value in fields.items()}

    def body(self, rest: bytes) -> LongBody:
        """Return the body whose text is `rest` with the strings in place of their placeholders."""
        divided = re.split(rb"%b(\d+)" % self._mark.encode(), rest)
        strings = tuple(self.strings[int(number)] for number in divided[1::2])
        between = tuple(divided[::2])
        return LongBody(between, strings, sum(map(len, between)) + sum(string.size for string in strings))

    def _without(self, value: Any, depth: int) -> Any:
        if isinstance(value, str):
            return value if len(value) < LONG else self._placeholder(value)
        if not depth:
            return value
        changed: dict[Any, Any]
        if isinstance(value, dict):
            changed = {key: new for key, old in value.items() if (new := self._without(old, depth - 1)) is not old}
            return {**value, **changed} if changed else value
        if isinstance(value, list | tuple):
            entries = enumerate(value)
            changed = {at: new for at, old in entries if (new := self._without(old, depth - 1)) is not old}
            return [changed.get(at, old) for at, old in enumerate(value)] if changed else value
        return value

    def _placeholder(self, text: str) -> str:
        string = LongString(text, self._codec)
        if not string.size:
            return "\0"  # as empty, once its NULs are removed, as the string itself
        self.strings.append(string)
        return f"{self._mark}{len(self.strings) - 1}"

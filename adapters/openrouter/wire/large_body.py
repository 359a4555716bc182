"""Serialises requests with very long strings so that other threads can run: a serialiser holds the interpreter's lock.

A request is very large because of a few strings: pictures and files. They are written in pieces, the rest as usual.
"""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any
from uuid import uuid4

from adapters.openrouter.wire.large_json import LONG, PIECE

Dumps = Callable[[Any], bytes]


def dump_in_pieces(fields: Mapping[str, object], dumps: Dumps, dump_text: Dumps) -> bytes:
    """Return the result of `dumps(fields)`; `dump_text` serialises a piece of a string. Nothing is held twice.

    Strings that are keys are written as usual.
    """
    mark = uuid4().hex  # stands for a long string in the rest; cannot occur in any text
    long_strings: list[str] = []
    rest = dumps(_without(fields, mark, long_strings))
    if not long_strings:
        return rest
    whole, at = BytesIO(), 0
    while (found := rest.find(mark.encode(), at)) >= 0:
        end = rest.index(b'"', found)
        whole.write(rest[at:found])
        _write(whole, long_strings[int(rest[found + len(mark) : end])], dump_text)
        at = end
    whole.write(rest[at:])
    return whole.getvalue()


def _write(whole: BytesIO, text: str, dump_text: Dumps) -> None:
    for start in range(0, len(text), PIECE):
        piece = text[start : start + PIECE].replace("\0", "")
        whole.write(dump_text(piece)[1:-1])


def _without(value: Any, mark: str, long_strings: list[str]) -> Any:
    """Return a value with marks in place of its long strings; containers without one are the same."""
    if isinstance(value, str):
        if len(value) < LONG:
            return value
        long_strings.append(value)
        return f"{mark}{len(long_strings) - 1}"
    if isinstance(value, Mapping):
        before = len(long_strings)
        made = {key: _without(entry, mark, long_strings) for key, entry in value.items()}
        return made if len(long_strings) > before else value
    if isinstance(value, list | tuple):
        before = len(long_strings)
        entries = [_without(entry, mark, long_strings) for entry in value]
        return entries if len(long_strings) > before else value
    return value

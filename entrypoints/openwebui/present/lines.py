"""Chunks as lines of an event stream, which the host passes on as they are.

The host writes a chunk with the standard library's JSON unless its administrator chose another: for a word that costs
more than everything else that is done with it here.
"""

from collections.abc import Callable

from adapters.openrouter.wire.codec import FASTEST
from entrypoints.openai.frames import ChunkHead, chunk
from entrypoints.openai.stream import Payload

BREAKS = {"\u2028": "\\u2028", "\u2029": "\\u2029", "\x85": "\\u0085"}
"""What some readers take for the end of a line, and how JSON writes it without one."""
PLACE = "<text>"


def as_line(payload: Payload) -> Payload:
    """Write a chunk as one line; what cannot be written so is left to the host."""
    if isinstance(payload, str):
        return payload
    try:
        line = FASTEST.dumps(payload).decode()
    except (TypeError, ValueError):  # half a surrogate pair
        return payload
    return f"data: {_unbroken(line)}"


def text_line(head: ChunkHead) -> Callable[[str], Payload]:
    """Return what writes a chunk of plain text as `as_line` would: of such a line only the text changes."""
    line = as_line(chunk(head, {"content": PLACE}).payload)
    if not isinstance(line, str):  # the model's name is what cannot be written
        return lambda text: chunk(head, {"content": text}).payload
    before, _, after = line.rpartition(f'"{PLACE}"')

    def write(text: str) -> Payload:
        try:
            return f"{before}{_unbroken(FASTEST.dumps(text).decode())}{after}"
        except (TypeError, ValueError):  # half a surrogate pair
            return chunk(head, {"content": text}).payload

    return write


def _unbroken(line: str) -> str:
    if not line.isascii():
        for mark, escaped in BREAKS.items():
            line = line.replace(mark, escaped)
    return line

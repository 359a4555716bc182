"""Chunks as lines of an event stream, which the host passes on as they are.

The host writes a chunk with the standard library's JSON unless its administrator chose another: for a word that costs
more than everything else that is done with it here.
"""

from adapters.openrouter.wire.codec import FASTEST
from entrypoints.openai.stream import Payload

BREAKS = {"\u2028": "\\u2028", "\u2029": "\\u2029", "\x85": "\\u0085"}
"""What some readers take for the end of a line, and how JSON writes it without one."""


def as_line(payload: Payload) -> Payload:
    """Write a chunk as one line; what cannot be written so is left to the host."""
    if isinstance(payload, str):
        return payload
    try:
        line = FASTEST.dumps(payload).decode()
    except (TypeError, ValueError):  # half a surrogate pair
        return payload
    if not line.isascii():
        for mark, escaped in BREAKS.items():
            line = line.replace(mark, escaped)
    return f"data: {line}"

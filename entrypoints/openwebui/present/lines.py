"""Write chunks as the events of an event stream, which the host passes on unchanged.

Otherwise the host encodes chunks with the standard library's JSON unless its administrator chose another; for one word
that costs more than all our work on it.
"""

import json
from collections.abc import Callable

from adapters.openrouter.wire.codec import FASTEST
from entrypoints.openai.frames import ChunkHead, chunk
from entrypoints.openai.stream import Payload

BREAKS = {"\u2028": "\\u2028", "\u2029": "\\u2029", "\x85": "\\u0085"}
"""Characters that some readers treat as line ends, and their JSON escapes."""
PLACE = "<text>"
END = "\n\n"
"""The end of an event."""


def as_event(payload: Payload) -> str:
    """Encode a chunk as one event with its end; a text is a finished line and only gets the end."""
    if isinstance(payload, str):
        return f"{payload}{END}"
    try:
        line = FASTEST.dumps(payload).decode()
    except (TypeError, ValueError):  # lone surrogate: JSON can escape it, UTF-8 cannot encode it
        return f"data: {json.dumps(payload)}{END}"
    return f"data: {_unbroken(line)}{END}"


def text_event(head: ChunkHead) -> Callable[[str], str]:
    """Return a fast encoder for chunks of plain text, with the same result as `as_event`: only the text differs.

    The end of the event is left to `as_event`, which every line passes.
    """
    line = as_event(chunk(head, {"content": PLACE}).payload).removesuffix(END)
    before, _, after = line.rpartition(f'"{PLACE}"')

    def write(text: str) -> str:
        try:
            return f"{before}{_unbroken(FASTEST.dumps(text).decode())}{after}"
        except (TypeError, ValueError):  # lone surrogate
            return f"{before}{json.dumps(text)}{after}"

    return write


def _unbroken(line: str) -> str:
    if not line.isascii():
        for mark, escaped in BREAKS.items():
            line = line.replace(mark, escaped)
    return line

"""Write chunks as lines of an event stream, which the host passes on unchanged.

Otherwise the host encodes chunks with the standard library's JSON unless its administrator chose another; for one word
that costs more than all our work on it.
"""

from collections.abc import Callable

from adapters.openrouter.wire.codec import FASTEST
from entrypoints.openai.frames import ChunkHead, chunk
from entrypoints.openai.stream import Payload

BREAKS = {"\u2028": "\\u2028", "\u2029": "\\u2029", "\x85": "\\u0085"}
"""Characters that some readers treat as line ends, and their JSON escapes."""
PLACE = "<text>"


def as_line(payload: Payload) -> Payload:
    """Encode a chunk as one line; the host encodes what cannot be encoded here."""
    if isinstance(payload, str):
        return payload
    try:
        line = FASTEST.dumps(payload).decode()
    except (TypeError, ValueError):  # lone surrogate
        return payload
    return f"data: {_unbroken(line)}"


def text_line(head: ChunkHead) -> Callable[[str], Payload]:
    """Return a fast encoder for chunks of plain text, with the same result as `as_line`: only the text differs."""
    line = as_line(chunk(head, {"content": PLACE}).payload)
    if not isinstance(line, str):  # the model's name cannot be encoded
        return lambda text: chunk(head, {"content": text}).payload
    before, _, after = line.rpartition(f'"{PLACE}"')

    def write(text: str) -> Payload:
        try:
            return f"{before}{_unbroken(FASTEST.dumps(text).decode())}{after}"
        except (TypeError, ValueError):  # lone surrogate
            return chunk(head, {"content": text}).payload

    return write


def _unbroken(line: str) -> str:
    if not line.isascii():
        for mark, escaped in BREAKS.items():
            line = line.replace(mark, escaped)
    return line

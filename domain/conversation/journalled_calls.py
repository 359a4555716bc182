"""A finished call as the journal keeps it until its turn is settled: name, arguments and what the model may read.

Compact JSON in UTF-8. Whatever cannot be read back counts as lost: the call did run, and must not run again.
"""

import json
from dataclasses import dataclass

from domain.conversation.arguments import object_text
from domain.conversation.placeholders import removed
from ports.json_values import JsonObject

VERSION = 1
RESULT_BYTES = 128 * 1024
"""The longest result that is kept whole; longer ones keep their beginning and their end."""
ARGUMENT_BYTES = 128 * 1024
TURN_BYTES = 1024 * 1024
"""What is kept of all calls of one turn; later results are not kept."""
TAIL_BYTES = RESULT_BYTES // 4


@dataclass(frozen=True, slots=True)
class JournalledCall:
    """A call as upstream takes it back; `arguments` is the text of a JSON object."""

    name: str
    arguments: str
    output: str


def payload_of(name: str, arguments: str, output: str) -> bytes:
    """Write a call; empty if its arguments are too long to be kept, as they cannot be shortened."""
    if len(arguments.encode(errors="replace")) > ARGUMENT_BYTES:
        return b""
    kept = {"v": VERSION, "name": name, "arguments": object_text(arguments), "output": shortened(output)}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def journalled_call(payload: bytes) -> JournalledCall | None:
    """Read a call; None if it cannot be read."""
    try:
        kept = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    if not isinstance(kept, dict) or kept.get("v") != VERSION:
        return None
    texts = kept.get("name"), kept.get("arguments"), kept.get("output")
    if not all(isinstance(text, str) for text in texts) or not kept["name"]:
        return None
    return JournalledCall(kept["name"], object_text(kept["arguments"]), kept["output"])


def shortened(text: str) -> str:
    """Return a text of at most about RESULT_BYTES; the middle of a longer one is cut out, and a note says so."""
    if len(text) * 4 <= RESULT_BYTES:
        return text
    written = text.encode(errors="replace")
    if len(written) <= RESULT_BYTES:
        return text
    head = written[: RESULT_BYTES - TAIL_BYTES].decode(errors="ignore")
    tail = written[-TAIL_BYTES:].decode(errors="ignore")
    cut = len(text) - len(head) - len(tail)
    return f"{head}\n{removed(cut)}\n{tail}"


def same_arguments(first: object, second: object) -> bool:
    """Tell whether two texts of arguments mean the same object."""
    return _read(first) == _read(second)


def _read(arguments: object) -> JsonObject:
    read: JsonObject = json.loads(object_text(arguments))
    return read

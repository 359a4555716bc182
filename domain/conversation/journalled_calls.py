"""Finished calls as the journal stores them until their turn is settled: name, arguments and output.

Compact JSON in UTF-8. A call that cannot be decoded counts as lost: it ran, and must not run again.
"""

import json
from dataclasses import dataclass

from domain.conversation.arguments import object_text
from domain.conversation.placeholders import removed
from ports.json_values import JsonObject

VERSION = 1
RESULT_BYTES = 128 * 1024
"""The longest result that is stored in full; of longer ones, the beginning and the end are stored."""
ARGUMENT_BYTES = 128 * 1024
TURN_BYTES = 1024 * 1024
"""Limit for all results of one turn; results beyond it are not stored."""
TAIL_BYTES = RESULT_BYTES // 4


@dataclass(frozen=True, slots=True)
class JournalledCall:
    """A call as it is sent upstream again; `arguments` is the text of a JSON object."""

    name: str
    arguments: str
    output: str


def payload_of(name: str, arguments: str, output: str) -> bytes:
    """Encode a call; empty if its arguments are too long to be stored (arguments cannot be shortened)."""
    if len(arguments.encode(errors="replace")) > ARGUMENT_BYTES:
        return b""
    kept = {"v": VERSION, "name": name, "arguments": object_text(arguments), "output": shortened(output)}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def journalled_call(payload: bytes) -> JournalledCall | None:
    """Decode a call; None if that fails."""
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
    """Return a text of at most about RESULT_BYTES; a note replaces the middle of a longer one."""
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
    """Return whether two texts of arguments decode to the same object."""
    return _read(first) == _read(second)


def _read(arguments: object) -> JsonObject:
    read: JsonObject = json.loads(object_text(arguments))
    return read

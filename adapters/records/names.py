"""The names of folders and files of records: readable, harmless, and different for different ids."""

import re
from dataclasses import dataclass
from hashlib import sha256

from ports.transcripts import Record

LONGEST, DIGITS = 128, 16
"""Characters of one name without its ending, and hexadecimal digits of the hash in it."""
MOST_BESIDE = 9
"""Files of one message, if earlier ones cannot be read with the password of today."""
_OTHER = re.compile(r"[^0-9A-Za-z._-]+")
OUR_FOLDER = re.compile(rf"(?:[0-9A-Za-z_-][0-9A-Za-z._-]*-)?[0-9a-f]{{{DIGITS}}}")
OUR_FILE = re.compile(rf"{OUR_FOLDER.pattern}(?:\.[2-{MOST_BESIDE}])?\.zip")
OUR_UNFINISHED = re.compile(r"\.[0-9a-f]{16}\.unfinished")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the record of a message lies, below the folder of all records."""

    user: str
    chat: str
    message: str

    def file(self, number: int) -> str:
        """Return the name of the file; those after the first are beside it."""
        return f"{self.message}.zip" if number == 1 else f"{self.message}.{number}.zip"


def place_of(record: Record) -> Place:
    """Return the place of a record. Without a message id it is a file of its own, named after the task and the turn."""
    ids, shown = record.ids, record.meta.get("ids")
    named = shown if isinstance(shown, dict) else {}
    message, readable = ids.message_id, named.get("message_id")
    if not message:
        message = readable = f"{ids.task or 'request'}_{ids.request_id}"
    return Place(
        component(named.get("user_id"), ids.user_id),
        component(named.get("chat_id") or "no_chat", ids.chat_id),
        component(readable, message),
    )


def component(readable: object, real: str) -> str:
    """Return a name: what is harmless in a text without secrets, and a hash of the real id."""
    digest = sha256(real.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]
    text = readable if isinstance(readable, str) else ""
    kept = _OTHER.sub("_", text[:LONGEST]).lstrip(".")[: LONGEST - DIGITS - 1]
    return f"{kept}-{digest}" if kept else digest

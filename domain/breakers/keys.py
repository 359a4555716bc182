"""Which breaker guards what: short keys that tell nothing of whom they belong to."""

from hashlib import sha256
from json import dumps


def key_of(kind: str, *parts: str) -> str:
    """Return a key for `kind` (a short word of ours) and any texts: at most 60 characters, different for others."""
    return f"{kind[:19]}:{sha256(dumps(parts).encode()).hexdigest()[:40]}"


def tool_key(user_id: str, source: str, name: str) -> str:
    """Return the key of one tool of one source for one person; empty, guarding nothing, where no person is known."""
    return key_of("tool", user_id, source, name) if user_id else ""

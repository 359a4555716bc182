"""Keys of breakers: short texts that reveal nothing about their owner."""

from hashlib import sha256
from json import dumps


def key_of(kind: str, *parts: str) -> str:
    """Return a key of at most 60 characters, unique for `kind` (a short fixed word) and these texts."""
    return f"{kind[:19]}:{sha256(dumps(parts).encode()).hexdigest()[:40]}"


def tool_key(user_id: str, source: str, name: str) -> str:
    """Return the key for one tool of one source and one person; empty (no breaker) if the person is unknown."""
    return key_of("tool", user_id, source, name) if user_id else ""

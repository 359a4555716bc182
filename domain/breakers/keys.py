"""Keys of breakers: short texts that reveal nothing about their owner."""

from functools import lru_cache
from hashlib import sha256
from json import dumps

KEPT = 1024
"""Keys of each kind that are made once: every turn asks for three."""


def key_of(kind: str, *parts: str) -> str:
    """Return a key of at most 60 characters, unique for `kind` (a short fixed word) and these texts."""
    return f"{kind[:19]}:{sha256(dumps(parts).encode()).hexdigest()[:40]}"


def kind_of(key: str) -> str:
    """Return the kind that a key was made for."""
    return key.partition(":")[0]


def mark_of(key: str) -> str:
    """Return a short mark of the person that a key was made for; empty if the key is."""
    return key[-12:]


def tool_key(user_id: str, source: str, name: str) -> str:
    """Return the key for one tool of one source and one person; empty (no breaker) if the person is unknown."""
    return key_of("tool", user_id, source, name) if user_id else ""


@lru_cache(maxsize=KEPT)
def person_key(user_id: str) -> str:
    """Return the key for all turns of one person; empty (no breaker) if the person is unknown."""
    return key_of("person", user_id) if user_id else ""


@lru_cache(maxsize=KEPT)
def model_key(slug: str, providers: tuple[str, ...] = ()) -> str:
    """Return the key for one model, for whoever asks; `providers` are the only ones that may serve it, if named."""
    return key_of("model", slug, *sorted(providers))


@lru_cache(maxsize=KEPT)
def own_model_key(user_id: str, slug: str, providers: tuple[str, ...] = ()) -> str:
    """Return the key for one model as one person finds it; empty (no breaker) if the person is unknown."""
    return key_of("own_model", user_id, slug, *sorted(providers)) if user_id else ""

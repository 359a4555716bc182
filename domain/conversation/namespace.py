"""The namespace of one pipe's data: two pipes in one database never share rows."""

import re
from functools import lru_cache
from hashlib import sha256

LONGEST = 40


@lru_cache(maxsize=64)  # a process has a few pipes
def namespace_of(pipe_id: str) -> str:
    """Return a readable part of at most 40 characters, `[a-z0-9_]`, and 8 hex digits of the id's SHA-256.

    It depends on the id alone, so that stored data is still found after keys or settings change.
    """
    readable = re.sub(r"[^a-z0-9_]+", "_", pipe_id.lower()).strip("_")[:LONGEST].rstrip("_")
    digest = sha256(pipe_id.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{readable or 'pipe'}_{digest[:8]}"

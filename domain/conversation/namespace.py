"""The name under which one pipe keeps its data: two pipes in one database never meet."""

import re
from hashlib import sha256

LONGEST = 40


def namespace_of(pipe_id: str) -> str:
    """Return a readable part of at most 40 characters, `[a-z0-9_]`, and 8 hex digits of the id's SHA-256.

    It depends on nothing but the id, so that no change of keys or settings hides what was stored.
    """
    readable = re.sub(r"[^a-z0-9_]+", "_", pipe_id.lower()).strip("_")[:LONGEST].rstrip("_")
    digest = sha256(pipe_id.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{readable or 'pipe'}_{digest[:8]}"

"""The keys of artifacts in Redis. Each belongs to one namespace.

`pending` is the stream of hand-overs, `pending-rows` a hash of their rows, `pending-of` a hash of one person's turns in
it; none of them expires. `pending-aside` is a stream of what cannot be stored. `artifact` is a cached row,
`artifact-turn` lists those of a turn, `artifact-of` those of a person; they expire.
"""

import re
from collections.abc import Iterable
from hashlib import sha256

from adapters.redis.connection import key_of
from adapters.redis.values import as_bytes
from ports.artifacts import Artifact

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}")


class ArtifactKeys:
    """The keys of one namespace."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self.stream, self.rows = self._key("pending"), self._key("pending-rows")
        self.aside, self.epoch = self._key("pending-aside"), self._key("artifact-epoch")

    def turns_of(self, owner: str) -> bytes:
        """Return the key of a person's pending turns."""
        return self._key("pending-of", safe(owner))

    def forgotten(self, owner: str) -> bytes:
        """Return the key that says when a person was forgotten."""
        return self._key("forgotten", safe(owner))

    def cached(self, row: Artifact) -> bytes:
        """Return the key of a cached row."""
        return self._key("artifact", safe(row.chat_id), safe(row.id))

    def is_cached(self, key: bytes) -> bool:
        """Return whether a key that was read somewhere is one of a cached row."""
        return key.startswith(self._key("artifact", ""))

    def cached_turns(self, turn_ids: Iterable[str]) -> list[bytes]:
        """Return the keys that list the cached rows of turns."""
        return [self._key("artifact-turn", safe(turn_id)) for turn_id in turn_ids]

    def cached_of(self, owner: str) -> bytes:
        """Return the key of the set of a person's cached rows."""
        return self._key("artifact-of", safe(owner))

    def _key(self, *parts: str) -> bytes:
        return key_of(safe(self.namespace), *parts)


def safe(text: str) -> str:
    """Return a text as a part of a key: as it is, or a digest of it if it is long or has other characters."""
    return text if _PLAIN.fullmatch(text) else sha256(as_bytes(text)).hexdigest()[:40]

"""Breaker state in the memory of one process."""

from collections.abc import MutableMapping
from datetime import datetime
from itertools import count
from threading import Lock
from typing import Any

from ports.breaker_state import StoredBreaker

Entry = tuple[str, int, datetime]


class MemoryBreakerState:
    """Implements FollowedBreakerState over plain objects in `state`, which loads of a process may share; any thread.

    Beyond `most` keys the least recently changed key is evicted.
    """

    def __init__(self, state: MutableMapping[str, object] | None = None, *, most: int = 10_000) -> None:
        held: Any = ({} if state is None else state).setdefault("breakers", {})
        self._lock: Lock = held.setdefault("lock", Lock())
        self._versions: count[int] = held.setdefault("versions", count(1))
        self._entries: dict[str, Entry] = held.setdefault("entries", {})
        self._most = most

    async def load(self, key: str) -> tuple[str, int]:
        """Read by key."""
        with self._lock:
            text, version, _ = self._entries.get(key, ("", 0, None))
        return text, version

    async def store(self, key: str, text: str, version: int, now: datetime) -> bool:
        """Compare and replace; the changed key becomes the newest."""
        with self._lock:
            if self._entries.get(key, ("", 0))[1] != version:
                return False
            self._entries.pop(key, None)
            while len(self._entries) >= self._most:
                del self._entries[next(iter(self._entries))]
            self._entries[key] = (text, next(self._versions), now)
            return True

    async def delete_before(self, before: datetime, limit: int) -> int:
        """Delete the oldest texts."""
        with self._lock:
            old = [(at, key) for key, (_, _, at) in self._entries.items() if at < before]
            old = sorted(old)[:limit]
            for _, key in old:
                del self._entries[key]
            return len(old)

    async def changed_since(self, since: datetime, limit: int) -> tuple[StoredBreaker, ...]:
        """Return the newest texts."""
        with self._lock:
            newest = sorted(self._entries.items(), key=lambda entry: entry[1][2], reverse=True)
        changed = [StoredBreaker(key, text, version) for key, (text, version, at) in newest if at >= since]
        return tuple(changed[:limit])

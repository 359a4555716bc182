"""A cache shared by all loads of this code in one process; lost when the process ends."""

from collections.abc import MutableMapping
from threading import Lock
from typing import Any

MOST_VALUES = 16


class ProcessCache:
    """Implements Cache over a plain dictionary in `state`: a load that replaces another one keeps its values."""

    name = "process"
    in_store = False

    def __init__(self, state: MutableMapping[str, object]) -> None:
        held: Any = state.setdefault("cache", {})
        self._lock: Lock = held.setdefault("lock", Lock())
        self._values: dict[str, bytes] = held.setdefault("values", {})

    async def get(self, key: str) -> bytes | None:
        """Return the value that any load of this process stored last."""
        with self._lock:
            return self._values.get(key)

    async def put(self, key: str, value: bytes) -> None:
        """Store a value as the newest; evict the oldest when there are too many."""
        with self._lock:
            self._values.pop(key, None)
            self._values[key] = value
            while len(self._values) > MOST_VALUES:
                del self._values[next(iter(self._values))]

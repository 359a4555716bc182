"""One active load per function: registering a new load retires the previous one."""

from collections.abc import Callable, MutableMapping
from contextlib import suppress
from threading import Lock
from typing import Any

Retire = Callable[[], None]


class Loads:
    """The active loads of a process by function id, stored as plain functions in `state`. Safe in any thread."""

    def __init__(self, state: MutableMapping[str, object]) -> None:
        held: Any = state.setdefault("loads", {})
        self._lock: Lock = held.setdefault("lock", Lock())
        self._retire_by_id: dict[str, Retire] = held.setdefault("retire", {})

    def register(self, function_id: str, retire: Retire) -> bool:
        """Store `retire` as the function that ends this load; end the previous load. Return True if there was one.

        Registering the same function again does nothing. `retire` is called at most once, in whichever thread loads the
        successor: it should only ask its own event loop to close, at once and without raising.
        """
        with self._lock:
            before = self._retire_by_id.get(function_id)
            self._retire_by_id[function_id] = retire
        if before is None or before == retire:
            return False
        with suppress(Exception):  # an edge: code of any older version; its failure must not stop the new load
            before()
        return True

    def forget(self, function_id: str, retire: Retire) -> None:
        """Remove a load that has ended by itself; its successor stays."""
        with self._lock:
            if self._retire_by_id.get(function_id) == retire:
                del self._retire_by_id[function_id]

"""Counted slots for requests in flight."""

from adapters.process.slots import ProcessSlots, QueuePlace


class CountedSlots(ProcessSlots):
    """The slots of a process of its own, of which at most `free` are free, None for as many as callers ask for."""

    def __init__(self, free: int | None = None) -> None:
        super().__init__({})
        self._free = free

    def try_acquire(self, limit: int, owner: str = "") -> bool:
        """Take a slot if one is free."""
        return super().try_acquire(self._most(limit), owner)

    def is_full(self, limit: int) -> bool:
        """Return whether none is free."""
        return super().is_full(self._most(limit))

    def join(self, limit: int, waiting_limit: int, owner: str = "") -> QueuePlace:
        """Take a place in the queue."""
        return super().join(self._most(limit), waiting_limit, owner)

    def _most(self, limit: int) -> int:
        return limit if self._free is None else min(limit, self._free)

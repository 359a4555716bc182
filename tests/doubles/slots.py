"""Counted slots for requests in flight."""

import asyncio
from collections import deque

from ports.slots import SlotsFull


class CountedSlots:
    """Implements Slots for one event loop: `free` slots, None for unlimited; `taken` and `waiting` count now."""

    def __init__(self, free: int | None = None) -> None:
        self._free = free
        self._line: deque[asyncio.Future[None]] = deque()
        self.taken = 0

    @property
    def waiting(self) -> int:
        """Return the length of the queue."""
        return len(self._line)

    def try_acquire(self, limit: int) -> bool:
        """Take a slot if one is free."""
        if self._line or self.taken >= min(limit, self._free if self._free is not None else limit):
            return False
        self.taken += 1
        return True

    async def acquire(self, limit: int, waiting_limit: int) -> None:
        """Wait for a slot. Raises SlotsFull."""
        if self.try_acquire(limit):
            return
        if len(self._line) >= waiting_limit:
            raise SlotsFull(len(self._line))
        place = asyncio.get_running_loop().create_future()
        self._line.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place in self._line:
                self._line.remove(place)
            else:
                self.release()
            raise

    def release(self) -> None:
        """Release a slot. Raises RuntimeError when none is taken."""
        if self.taken <= 0:
            raise RuntimeError("a slot was released twice")
        self.taken -= 1
        while self._line:
            place = self._line.popleft()
            if not place.done():
                self.taken += 1
                place.set_result(None)
                return

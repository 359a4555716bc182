"""Places for work in flight, shared by everything in the process that serves chats."""

from typing import Protocol, runtime_checkable


class SlotsFull(Exception):
    """The waiting line has reached its limit; nothing was taken. `waiting` is its length."""

    def __init__(self, waiting: int) -> None:
        super().__init__(f"{waiting} requests are waiting")
        self.waiting = waiting


@runtime_checkable
class Slots(Protocol):
    """A counting semaphore with a bounded, fair waiting line; one for all loads of the process."""

    def try_acquire(self, limit: int) -> bool:
        """Take a place if fewer than `limit` are taken and nobody waits. The limit may differ per call."""
        ...

    async def acquire(self, limit: int, waiting_limit: int) -> None:
        """Wait in line for a place, first come first served. Raises SlotsFull when the line is full.

        Cancelling while waiting leaves the line; a place already handed over is passed on.
        """
        ...

    def release(self) -> None:
        """Give a place back and wake the next in line. Exactly once per place taken; any thread."""
        ...

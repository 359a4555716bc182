"""Slots for requests in flight, shared by all loads of this code in the process."""

from typing import Protocol, runtime_checkable


class SlotsFull(Exception):
    """The queue is full; no slot was taken. `waiting` is the queue's length."""

    def __init__(self, waiting: int) -> None:
        super().__init__(f"{waiting} requests are waiting")
        self.waiting = waiting


@runtime_checkable
class Slots(Protocol):
    """A counting semaphore with a bounded, fair queue; one for all loads of this code in the process."""

    def try_acquire(self, limit: int) -> bool:
        """Take a slot if fewer than `limit` are taken and the queue is empty. The limit may differ per call."""
        ...

    async def acquire(self, limit: int, waiting_limit: int) -> None:
        """Wait in the queue for a slot, first come, first served. Raises SlotsFull when the queue is full.

        Cancelling leaves the queue; a slot already assigned is passed to the next in the queue.
        """
        ...

    def release(self) -> None:
        """Release a slot and wake the next in the queue. Call exactly once per slot taken; any thread."""
        ...

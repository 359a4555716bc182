"""Slots for requests in flight, shared by all loads of this code in the process."""

from typing import Protocol, runtime_checkable


class SlotsFull(Exception):
    """No slot was taken, and the queue has no place for this caller. `waiting` is the queue's length.

    `own`: how many of those belong to the same owner, whose share of it is used up; 0 if the whole queue is full.
    """

    def __init__(self, waiting: int, own: int = 0) -> None:
        super().__init__(
            f"{waiting} requests are waiting, {own} of them by this owner" if own else f"{waiting} waiting"
        )
        self.waiting, self.own = waiting, own


@runtime_checkable
class Place(Protocol):
    """A place in the queue. Belongs to the event loop that joined the queue."""

    def ahead(self) -> int:
        """Return how many callers will be served before this one, as the queue stands now."""
        ...

    async def served(self) -> None:
        """Return once a slot is assigned. Cancelling keeps the place: whoever gives up calls `leave`."""
        ...

    def leave(self) -> None:
        """Leave the queue; a slot already assigned goes to the next. Not after the slot was used; harmless twice."""
        ...


@runtime_checkable
class Slots(Protocol):
    """A counting semaphore with a bounded, fair queue; one for all loads of this code in the process.

    `owner` is whoever should get a fair share, "" for nobody in particular. Of the owners in the queue the one with the
    fewest slots is served first, and of equals the one that waits longest for its next slot; callers of one owner are
    served in their order.
    """

    def try_acquire(self, limit: int, owner: str = "") -> bool:
        """Take a slot if fewer than `limit` are taken and the queue is empty. The limit may differ per call."""
        ...

    def is_full(self, limit: int) -> bool:
        """Return whether a caller would have to wait now. Nothing is taken."""
        ...

    def join(self, limit: int, waiting_limit: int, owner: str = "") -> Place:
        """Take a place in the queue, or a slot at once. Raises SlotsFull.

        An owner may have at most eight times as many places as are still free: whoever fills the queue leaves room for
        others. A raised or lowered limit counts at once for callers already waiting.
        """
        ...

    async def acquire(self, limit: int, waiting_limit: int, owner: str = "") -> None:
        """Wait in the queue for a slot. Raises SlotsFull.

        Cancelling leaves the queue; a slot already assigned is passed to the next in the queue.
        """
        ...

    def release(self, owner: str = "") -> None:
        """Release a slot of `owner` and wake the next in the queue. Call exactly once per slot taken; any thread."""
        ...

"""A counting semaphore for the whole process: one state for all loads, event loops and threads."""

from asyncio import AbstractEventLoop, Future, get_running_loop
from collections import deque
from collections.abc import MutableMapping
from threading import Lock
from typing import Any

from ports.slots import SlotsFull

Waiter = tuple[AbstractEventLoop, "Future[None]", int]


class ProcessSlots:
    """Implements Slots over plain objects in `state`: a lock, the number of slots taken, and the queue.

    The first in the queue gets a slot as soon as fewer are taken than the highest limit in the queue: a raised limit
    applies at once, also to callers already waiting.
    """

    def __init__(self, state: MutableMapping[str, object], name: str = "requests") -> None:
        held: Any = state.setdefault(f"slots:{name}", {})  # atomic; so are the next lines, key by key
        self._lock: Lock = held.setdefault("lock", Lock())
        self._line: deque[Waiter] = held.setdefault("line", deque())
        self._held = held
        held.setdefault("taken", 0)

    @property
    def taken(self) -> int:
        """Return how many slots are taken, including those assigned to a waiter."""
        return int(self._held["taken"])

    @property
    def waiting(self) -> int:
        """Return the length of the queue."""
        return len(self._line)

    def try_acquire(self, limit: int) -> bool:
        """Take a slot if fewer than `limit` are taken and the queue is empty."""
        with self._lock:
            return self._take(limit)

    async def acquire(self, limit: int, waiting_limit: int) -> None:
        """Wait in the queue for a slot. Raises SlotsFull."""
        with self._lock:
            if self._take(limit):
                return
            if len(self._line) >= waiting_limit:
                self._forget_closed_loops()
            if len(self._line) >= waiting_limit:
                raise SlotsFull(len(self._line))
            loop = get_running_loop()
            waiter: Waiter = (loop, loop.create_future(), limit)
            self._line.append(waiter)
            self._serve()
        try:
            await waiter[1]
        except BaseException:  # cancelled, or destroyed with its loop
            self._leave(waiter)
            raise

    def release(self) -> None:
        """Release a slot. Raises RuntimeError when none is taken."""
        with self._lock:
            if self._held["taken"] <= 0:
                raise RuntimeError("a slot was released twice")
            self._held["taken"] -= 1
            self._serve()

    def _take(self, limit: int) -> bool:
        if self._line or self._held["taken"] >= limit:
            return False
        self._held["taken"] += 1
        return True

    def _leave(self, waiter: Waiter) -> None:
        """Leave the queue; a slot assigned meanwhile goes to the next."""
        with self._lock:
            if waiter in self._line:
                self._line.remove(waiter)
            else:
                self._held["taken"] -= 1
            self._serve()

    def _serve(self) -> None:
        """Assign free slots to the first in the queue; skip those whose loop is closed."""
        while self._line and self._held["taken"] < max(limit for _, _, limit in self._line):
            loop, future, _ = self._line.popleft()
            self._held["taken"] += 1
            try:
                loop.call_soon_threadsafe(_wake, future)
            except RuntimeError:  # the loop is closed
                self._held["taken"] -= 1

    def _forget_closed_loops(self) -> None:
        for waiter in [waiter for waiter in self._line if waiter[0].is_closed()]:
            self._line.remove(waiter)


def _wake(future: "Future[None]") -> None:
    if not future.done():
        future.set_result(None)

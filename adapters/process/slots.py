"""A counting semaphore for the whole process: one state for all loads, event loops and threads."""

from asyncio import AbstractEventLoop, Future, get_running_loop
from collections import deque
from collections.abc import MutableMapping
from threading import Lock
from typing import Any

from ports.slots import SlotsFull

Waiter = tuple[AbstractEventLoop, "Future[None]", int]


class ProcessSlots:
    """Implements Slots over plain objects in `state`: a lock, the number of places taken, and the waiting line.

    A place is handed to the first in line as soon as fewer are taken than anyone in the line asks for: a limit that
    was raised counts at once, also for those who came before.
    """

    def __init__(self, state: MutableMapping[str, object], name: str = "requests") -> None:
        held: Any = state.setdefault(f"slots:{name}", {})  # one atomic step; the next lines too, key by key
        self._lock: Lock = held.setdefault("lock", Lock())
        self._line: deque[Waiter] = held.setdefault("line", deque())
        self._held = held
        held.setdefault("taken", 0)

    @property
    def taken(self) -> int:
        """How many places are taken, those handed to a waiter included."""
        return int(self._held["taken"])

    @property
    def waiting(self) -> int:
        """How long the line is."""
        return len(self._line)

    def try_acquire(self, limit: int) -> bool:
        """Take a place if fewer than `limit` are taken and nobody waits."""
        with self._lock:
            return self._take(limit)

    async def acquire(self, limit: int, waiting_limit: int) -> None:
        """Wait in line for a place. Raises SlotsFull."""
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
        except BaseException:  # cancelled, or thrown away with its loop
            self._leave(waiter)
            raise

    def release(self) -> None:
        """Give a place back. Raises RuntimeError when none was taken."""
        with self._lock:
            if self._held["taken"] <= 0:
                raise RuntimeError("a place was given back twice")
            self._held["taken"] -= 1
            self._serve()

    def _take(self, limit: int) -> bool:
        if self._line or self._held["taken"] >= limit:
            return False
        self._held["taken"] += 1
        return True

    def _leave(self, waiter: Waiter) -> None:
        """Leave the line; a place handed over meanwhile goes to the next."""
        with self._lock:
            if waiter in self._line:
                self._line.remove(waiter)
            else:
                self._held["taken"] -= 1
            self._serve()

    def _serve(self) -> None:
        """Hand free places to the first in line; those whose loop is closed are passed over."""
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

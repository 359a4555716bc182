"""A counting semaphore for the whole process: one state for all loads, event loops and threads."""

from asyncio import AbstractEventLoop, Future, get_running_loop, wait
from collections import deque
from collections.abc import Iterator, MutableMapping
from threading import Lock
from typing import Any, NamedTuple

from ports.slots import SlotsFull

SHARE = 8
"""How many times the free places of the queue one owner may have: alone eight ninths of it, ten owners about all."""


class Waiter(NamedTuple):
    """A caller in the queue; `number` is when it came. Other versions read it as a plain tuple."""

    loop: AbstractEventLoop
    future: "Future[None]"
    limit: int
    number: int


class ProcessSlots:
    """Implements Slots over plain objects in `state`: a lock, the slots taken per owner, and one line per owner.

    The newest limit that a caller brought counts for all. It applies at once: raised, waiting callers are served;
    lowered, none is until enough have ended.
    """

    def __init__(self, state: MutableMapping[str, object], name: str = "requests") -> None:
        held: Any = state.setdefault(f"slots:{name}:by_owner", {})  # atomic; so are the next lines, key by key
        self._lock: Lock = held.setdefault("lock", Lock())
        self._lines: dict[str, deque[Waiter]] = held.setdefault("lines", {})
        self._shares: dict[str, int] = held.setdefault("shares", {})
        self._turns: dict[str, int] = held.setdefault("turns", {})  # since when an owner waits for its next slot
        self._held = held
        for count in ("taken", "waiting", "number", "limit"):
            held.setdefault(count, 0)

    @property
    def taken(self) -> int:
        """Return how many slots are taken, including those assigned to a waiter."""
        return int(self._held["taken"])

    @property
    def waiting(self) -> int:
        """Return the length of the queue."""
        return int(self._held["waiting"])

    def try_acquire(self, limit: int, owner: str = "") -> bool:
        """Take a slot if fewer than `limit` are taken and the queue is empty."""
        with self._lock:
            self._follow(limit)
            return self._take(owner)

    def is_full(self, limit: int) -> bool:
        """Compare the counts."""
        with self._lock:
            return bool(self._held["waiting"]) or self._held["taken"] >= limit

    def join(self, limit: int, waiting_limit: int, owner: str = "") -> "QueuePlace":
        """Take a place in the queue, or a slot at once. Raises SlotsFull."""
        loop = get_running_loop()
        with self._lock:
            self._follow(limit)
            future: Future[None] = loop.create_future()
            self._held["number"] += 1
            waiter = Waiter(loop, future, limit, self._held["number"])
            if self._take(owner):
                future.set_result(None)
                return QueuePlace(self, waiter, owner)
            if self.waiting >= waiting_limit:
                self._forget_closed_loops()
            self._admit(waiting_limit, owner)
            self._lines.setdefault(owner, deque()).append(waiter)
            self._turns.setdefault(owner, waiter.number)
            self._held["waiting"] += 1
            self._serve()
            return QueuePlace(self, waiter, owner)

    async def acquire(self, limit: int, waiting_limit: int, owner: str = "") -> None:
        """Wait in the queue for a slot. Raises SlotsFull."""
        place = self.join(limit, waiting_limit, owner)
        try:
            await place.served()
        except BaseException:  # cancelled, or destroyed with its loop
            place.leave()
            raise

    def release(self, owner: str = "") -> None:
        """Release a slot. Raises RuntimeError when none is taken."""
        with self._lock:
            if self._held["taken"] <= 0:
                raise RuntimeError("a slot was released twice")
            self._give_back(owner)
            self._serve()

    # --- details ------------------------------------------------------------------------------------------

    def ahead(self, waiter: Waiter, owner: str) -> int:
        """Return how many are served before a waiter: each owner is served until it has as many slots as this one."""
        with self._lock:
            own = self._lines.get(owner, ())
            at = next((place for place, other in enumerate(own) if other is waiter), None)
            if at is None:
                return 0
            reached = self._shares.get(owner, 0) + at
            others = (
                min(len(line), max(0, reached - self._shares.get(other, 0) + (self._turns[other] < self._turns[owner])))
                for other, line in self._lines.items()
                if other != owner
            )
            return at + sum(others)

    def leave(self, waiter: Waiter, owner: str) -> None:
        """Leave the queue; a slot assigned meanwhile goes to the next."""
        with self._lock:
            line = self._lines.get(owner)
            if line is not None and waiter in line:
                line.remove(waiter)
                self._left(owner)
            else:
                self._give_back(owner)
            self._serve()

    def _follow(self, limit: int) -> None:
        if limit != self._held["limit"]:
            self._held["limit"] = limit
            self._serve()

    def _admit(self, waiting_limit: int, owner: str) -> None:
        free, own = waiting_limit - self.waiting, len(self._lines.get(owner, ()))
        if free <= 0:
            raise SlotsFull(self.waiting)
        if owner and own >= SHARE * free:
            raise SlotsFull(self.waiting, own)

    def _take(self, owner: str) -> bool:
        if self._held["waiting"] or self._held["taken"] >= self._held["limit"]:
            return False
        self._held["taken"] += 1
        self._shares[owner] = self._shares.get(owner, 0) + 1
        return True

    def _give_back(self, owner: str) -> None:
        self._held["taken"] -= 1
        left = self._shares.get(owner, 0) - 1
        if left > 0:
            self._shares[owner] = left
        else:
            self._shares.pop(owner, None)

    def _left(self, owner: str) -> None:
        self._held["waiting"] -= 1
        if not self._lines[owner]:
            del self._lines[owner], self._turns[owner]

    def _serve(self) -> None:
        """Assign free slots to those who are next; skip those whose loop is closed."""
        while self._lines and self._held["taken"] < self._held["limit"]:
            owner = min(self._lines, key=lambda one: (self._shares.get(one, 0), self._turns[one]))
            waiter = self._lines[owner].popleft()
            self._held["number"] += 1
            self._turns[owner] = self._held["number"]
            self._left(owner)
            self._held["taken"] += 1
            self._shares[owner] = self._shares.get(owner, 0) + 1
            try:
                waiter.loop.call_soon_threadsafe(_wake, waiter.future)
            except RuntimeError:  # the loop is closed
                self._give_back(owner)

    def _forget_closed_loops(self) -> None:
        for owner, waiter in [*self._waiters()]:
            if waiter.loop.is_closed():
                self._lines[owner].remove(waiter)
                self._left(owner)

    def _waiters(self) -> Iterator[tuple[str, Waiter]]:
        for owner, line in self._lines.items():
            yield from ((owner, waiter) for waiter in line)


class QueuePlace:
    """Implements Place."""

    def __init__(self, slots: ProcessSlots, waiter: Waiter, owner: str) -> None:
        self._slots, self._waiter, self._owner = slots, waiter, owner
        self._left = False

    def ahead(self) -> int:
        """Return how many callers will be served before this one."""
        return self._slots.ahead(self._waiter, self._owner)

    async def served(self) -> None:
        """Return once a slot is assigned."""
        if not self._waiter.future.done():
            await wait((self._waiter.future,))

    def leave(self) -> None:
        """Leave the queue."""
        if not self._left:
            self._left = True
            self._slots.leave(self._waiter, self._owner)


def _wake(future: "Future[None]") -> None:
    if not future.done():
        future.set_result(None)

"""Runs pure work in a few threads of this pipe: the host's threads may all be busy waiting.

A thread that is held for too long by one piece of work is replaced, so that others do not wait for it.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from threading import Condition, Thread, current_thread
from time import monotonic
from typing import Any, TypeVar

from ports.offload import LARGE

THREADS = 2
HELD_SECONDS = 3.0
"""After so long a thread counts as held, and another one takes its place."""
MOST_HELD = 16
"""Held threads that are replaced; with more, work waits."""
CLOSING_SECONDS = 10.0
"""How long closing waits for threads that are held."""
T = TypeVar("T")
Task = tuple["Future[Any]", Callable[[], Any]]


class ThreadOffload:
    """Implements Offload with threads that start with the first large piece of work. Safe in any thread."""

    def __init__(self, threads: int = THREADS, *, held_seconds: float = HELD_SECONDS) -> None:
        self._most, self._held_seconds = threads, held_seconds
        self._waiting: deque[Task] = deque()
        self._changed = Condition()
        self._began: dict[Thread, float | None] = {}  # when each thread began its piece of work; None while it has none
        self._closed = False

    async def run(self, work: Callable[[], T], *, size: int) -> T:
        """Return or raise the result of `work()`. After `aclose` large work raises RuntimeError."""
        if size < LARGE:
            return work()
        task: Future[T] = Future()
        with self._changed:
            if self._closed:
                raise RuntimeError("the threads are closed")
            self._waiting.append((task, work))
            self._staff()
            self._changed.notify()
        answer = asyncio.wrap_future(task)
        try:
            while not (await asyncio.wait((answer,), timeout=self._held_seconds))[0]:
                with self._changed:
                    self._staff()
        except asyncio.CancelledError:
            answer.cancel()
            raise
        return answer.result()

    async def aclose(self) -> None:
        """Stop the threads after the accepted work is done; threads that are held are given up after a while."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            threads = tuple(self._began)
        await asyncio.to_thread(_join, threads)

    # --- details ------------------------------------------------------------------------------------------

    def _staff(self) -> None:
        """Start a thread if work waits and too few threads can take it. The lock is held."""
        idle = sum(began is None for began in self._began.values())
        if len(self._waiting) > idle and self._free() < self._most and len(self._began) < self._most + MOST_HELD:
            thread = Thread(target=self._serve, name="openrouter-pipe-work", daemon=True)
            thread.start()
            self._began[thread] = None

    def _free(self) -> int:
        """Return how many threads are not held. The lock is held."""
        late = monotonic() - self._held_seconds
        return sum(began is None or began > late for began in self._began.values())

    def _serve(self) -> None:
        """Take one piece of work after the other, until there is none and the threads are closed or too many."""
        thread = current_thread()
        while True:
            with self._changed:
                self._began[thread] = None
                while not self._waiting and not self._closed and self._free() <= self._most:
                    self._changed.wait()
                if not self._waiting or self._free() > self._most:
                    del self._began[thread]
                    self._changed.notify()
                    return
                future, work = self._waiting.popleft()
                self._began[thread] = monotonic()
            if future.set_running_or_notify_cancel():
                _settle(future, work)
            del future, work


def _settle(future: "Future[T]", work: Callable[[], T]) -> None:
    """Call `work`; StopIteration is replaced: a future cannot carry it, so its waiter would never wake."""
    try:
        result = work()
    except StopIteration as stop:
        error = RuntimeError("work raised StopIteration")
        error.__cause__ = stop
        future.set_exception(error)
    except BaseException as error:  # noqa: BLE001 - the edge of a thread: whatever it is belongs to who asked
        future.set_exception(error)
    else:
        future.set_result(result)


def _join(threads: tuple[Thread, ...]) -> None:
    until = monotonic() + CLOSING_SECONDS
    for thread in threads:
        thread.join(max(0.0, until - monotonic()))

"""Pure computation that would block the event loop."""

from collections.abc import Callable
from typing import Protocol, TypeVar, runtime_checkable

T = TypeVar("T")

LARGE = 64 * 1024
"""Inputs of at least this many bytes are processed off the event loop, in adapters too. The only such limit."""


@runtime_checkable
class Offload(Protocol):
    """Runs pure functions without blocking the event loop."""

    async def run(self, work: Callable[[], T], *, size: int) -> T:
        """Return or raise the result of `work()`: called directly if `size` is below LARGE bytes, otherwise in a
        thread.

        A cancelled caller returns at once; the work still runs to its end, unobserved. Threads are few: further calls
        wait in a queue.
        """
        ...

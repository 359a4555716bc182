"""Pure work that would hold up the event loop."""

from collections.abc import Callable
from typing import Protocol, TypeVar, runtime_checkable

T = TypeVar("T")

LARGE = 64 * 1024
"""Bytes of input from which pure work leaves the event loop, in adapters too; there is no other such limit."""


@runtime_checkable
class Offload(Protocol):
    """Runs pure functions beside the event loop."""

    async def run(self, work: Callable[[], T], *, size: int) -> T:
        """Return what `work()` returns or raise what it raises; below LARGE bytes of input at once, else in a thread.

        A cancelled caller stops waiting at once; the work itself runs to its end unseen. Any number of callers: the
        threads are few, the rest wait their turn.
        """
        ...

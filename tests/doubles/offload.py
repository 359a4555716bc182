"""Offloaded work, done at once."""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class InlineOffload:
    """Runs everything in place; `sizes` lists the bytes of each piece."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    async def run(self, work: Callable[[], T], *, size: int) -> T:
        self.sizes.append(size)
        return work()

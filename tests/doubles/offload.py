"""Runs offloaded work at once."""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class InlineOffload:
    """Runs all work in place; `sizes` lists the bytes of each call."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    async def run(self, work: Callable[[], T], *, size: int) -> T:
        self.sizes.append(size)
        return work()

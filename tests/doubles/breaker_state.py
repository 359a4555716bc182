"""A store of breaker state with every kind of failure."""

import asyncio
from datetime import datetime

from ports.breaker_state import BreakerStateUnavailable


class TroubledBreakerState:
    """Implements BreakerState with one `text` for all keys; counts its calls.

    `down` raises, `stuck` never answers, `overtaken` is the number of swaps that lose to another writer.
    """

    def __init__(self, text: str = "") -> None:
        self.text, self.version = text, 1
        self.down = self.stuck = False
        self.overtaken = self.loads = self.swaps = 0

    async def load(self, key: str) -> tuple[str, int]:
        self.loads += 1
        await self._trouble()
        return self.text, self.version

    async def store(self, key: str, text: str, version: int, now: datetime) -> bool:
        self.swaps += 1
        await self._trouble()
        if self.overtaken:
            self.overtaken -= 1
            self.version += 1
        if version != self.version:
            return False
        self.text, self.version = text, version + 1
        return True

    async def delete_before(self, before: datetime, limit: int) -> int:
        return 0

    async def _trouble(self) -> None:
        if self.down:
            raise BreakerStateUnavailable("unreachable")
        if self.stuck:
            await asyncio.Event().wait()
        await asyncio.sleep(0)

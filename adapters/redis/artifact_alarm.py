"""What a background task waits for: somebody who wakes it, or a time."""

import asyncio

from ports.clock import Clock


class Alarm:
    """Belongs to one task; `timed` is set when a time was over, and stays until the task clears it."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._rung = clock, asyncio.Event()
        self.timed = True

    def ring(self) -> None:
        """Wake the task, or let it not sleep the next time."""
        self._rung.set()

    async def wait(self, seconds: float) -> None:
        """Return when somebody rings, `seconds` later at most."""
        cancel = self._clock.call_at(self._clock.monotonic() + seconds, self._due)
        try:
            await self._rung.wait()
        finally:
            cancel()
        self._rung.clear()

    def _due(self) -> None:
        self.timed = True
        self._rung.set()

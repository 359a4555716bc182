"""A clock that a test moves."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

ROUNDS, SOME_ROUNDS = 2_000, 50
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class FakeClock:
    """Implements Clock. Sleepers wake and timers fire when `advance` reaches their moment."""

    def __init__(self, at: float = 100.0) -> None:
        self._at = self._began = at
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def monotonic(self) -> float:
        """Return seconds, changed by `advance` only."""
        return self._at

    def now(self) -> datetime:
        """Return the same clock as a date."""
        return START + timedelta(seconds=self._at - self._began)

    async def sleep_until(self, moment: float) -> None:
        """Return once the clock was moved to `moment`."""
        if moment <= self._at:
            return
        sleeper = (moment, asyncio.get_running_loop().create_future())
        self._sleepers.append(sleeper)
        try:
            await sleeper[1]
        finally:
            self._sleepers.remove(sleeper)

    def call_at(self, moment: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` soon after the clock was moved to `moment`, unless it was cancelled until then."""
        alarm = asyncio.get_running_loop().create_future()
        cancelled = False

        def cancel() -> None:
            nonlocal cancelled
            cancelled = True
            alarm.cancel()

        alarm.add_done_callback(lambda _: None if cancelled or alarm.cancelled() else callback())
        if moment <= self._at:
            alarm.set_result(None)
        else:
            sleeper = (moment, alarm)
            self._sleepers.append(sleeper)
            alarm.add_done_callback(lambda _: self._sleepers.remove(sleeper))
        return cancel

    @property
    def moments(self) -> list[float]:
        """Return the pending moments, in seconds from now, earliest first."""
        return sorted(round(moment - self._at, 6) for moment, future in self._sleepers if not future.done())

    def advance(self, seconds: float) -> None:
        """Move the clock and wake all that are due."""
        self._at += seconds
        for moment, future in self._sleepers:
            if moment <= self._at and not future.done():
                future.set_result(None)


async def until(condition: Callable[[], object]) -> None:
    """Let other tasks run until `condition` holds; fail if it never does."""
    for _ in range(ROUNDS):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("the condition was never met")


async def settled() -> None:
    """Let every task run until it waits; what waits for a socket or a thread needs `polled`.

    Python does not say whether anything is ready to run, so its own list is asked: fifty rounds took a test longer
    than all it does.
    """
    loop = asyncio.get_running_loop()
    for _ in range(SOME_ROUNDS):
        await asyncio.sleep(0)
        if not loop._ready:  # type: ignore[attr-defined]
            return


async def polled() -> None:
    """Let every task run, and the loop look for what sockets and threads have."""
    for _ in range(SOME_ROUNDS):
        await asyncio.sleep(0)

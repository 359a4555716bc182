"""The operating system's clocks."""

from asyncio import get_running_loop, sleep
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic


class SystemClock:
    """Implements Clock."""

    monotonic = staticmethod(monotonic)
    """Return seconds of a clock that never goes back."""

    def now(self) -> datetime:
        """Return the current time, aware, UTC."""
        return datetime.now(UTC)

    async def sleep_until(self, moment: float) -> None:
        """Return once `monotonic()` has reached `moment`; a moment in the past yields to the loop once."""
        while (left := moment - monotonic()) > 0:  # noqa: ASYNC110 - waits for time itself; a timer may fire early
            await sleep(left)
        await sleep(0)

    def call_at(self, moment: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` at `moment`; return a function that cancels it."""
        return _Alarm(moment, callback).cancel


class _Alarm:
    """One timer of the running loop; a loop with a coarse clock may fire early, then the timer is set again."""

    __slots__ = ("_callback", "_handle", "_loop", "_moment")

    def __init__(self, moment: float, callback: Callable[[], None]) -> None:
        self._loop, self._moment, self._callback = get_running_loop(), moment, callback
        self._handle = self._loop.call_later(max(0.0, moment - monotonic()), self._ring)

    def cancel(self) -> None:
        """Cancel the timer."""
        self._handle.cancel()

    def _ring(self) -> None:
        left = self._moment - monotonic()
        if left > 0:
            self._handle = self._loop.call_later(left, self._ring)
        else:
            self._callback()

"""Time, injected so that the core never reads a clock itself."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, runtime_checkable


@runtime_checkable
class Clock(Protocol):
    """A monotonic clock, a wall clock, a sleep and a timer."""

    def monotonic(self) -> float:
        """Return the seconds of a clock that never goes back; only differences are meaningful."""
        ...

    def now(self) -> datetime:
        """Return the current time, aware, UTC."""
        ...

    async def sleep_until(self, moment: float) -> None:
        """Return once `monotonic()` has reached `moment`; cancellable."""
        ...

    def call_at(self, moment: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` once from the running loop when `monotonic()` has reached `moment`, never during this call.

        Return a function that cancels the timer; cancelling after the call was made does nothing.
        """
        ...

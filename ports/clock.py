"""Time, given from outside."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, runtime_checkable


@runtime_checkable
class Clock(Protocol):
    """Two clocks, a wait and an alarm."""

    def monotonic(self) -> float:
        """Seconds of a clock that never goes back; only differences mean something."""
        ...

    def now(self) -> datetime:
        """The current time, aware, UTC."""
        ...

    async def sleep_until(self, moment: float) -> None:
        """Return once `monotonic()` has reached `moment`; cancellable."""
        ...

    def call_at(self, moment: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` once from the running loop when `monotonic()` has reached `moment`, never during this call.

        Return what cancels it; cancelling a call that was made does no harm.
        """
        ...

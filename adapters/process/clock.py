"""The machine's clocks."""

from asyncio import sleep
from datetime import UTC, datetime
from time import monotonic


class SystemClock:
    """Implements Clock."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return monotonic()

    def now(self) -> datetime:
        """Return the current time, aware, UTC."""
        return datetime.now(UTC)

    async def sleep_until(self, moment: float) -> None:
        """Return once `monotonic()` has reached `moment`; a moment gone by yields to the loop once."""
        while (left := moment - monotonic()) > 0:  # noqa: ASYNC110 - time itself is awaited; a timer may be early
            await sleep(left)
        await sleep(0)

"""When a server that is away is tried again: soon after a steady time, then less and less often."""

from dataclasses import dataclass

STEADY_SECONDS = 60.0
"""A connection that lasted as long as this was sound: after its loss the pauses begin anew."""


@dataclass(slots=True)
class BackOff:
    """Pauses in seconds, from `first`, doubling up to `longest`; times are those of one monotonic clock."""

    first: float
    longest: float
    pause: float = 0.0
    retry_at: float = float("-inf")
    opened_at: float | None = None

    def opened(self, now: float) -> None:
        """Note that the connection is open."""
        self.opened_at = now

    def lost(self, now: float) -> float:
        """Note that the connection is lost, or could not be opened; return the pause until the next try."""
        if self.opened_at is not None and now - self.opened_at >= STEADY_SECONDS:
            self.pause = 0.0
        self.opened_at = None
        self.pause = min(self.pause * 2 or self.first, self.longest)
        self.retry_at = now + self.pause
        return self.pause

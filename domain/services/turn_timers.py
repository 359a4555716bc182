"""The named timers of one turn, with one alarm of the event loop for the earliest."""

from collections.abc import Callable, Set

from ports.clock import Clock


class TurnTimers:
    """Clock values (s) by timer name. `arm` sets the alarm, which calls `ring` when the earliest timer is due."""

    def __init__(self, clock: Clock, ring: Callable[[], None]) -> None:
        self._clock, self._ring = clock, ring
        self._times: dict[str, float] = {}
        self._changed = False
        self._alarm: tuple[float, Callable[[], None]] | None = None

    @property
    def names(self) -> Set[str]:
        """The names of the timers that are set."""
        return self._times.keys()

    @property
    def armed(self) -> bool:
        """Return whether an alarm is set."""
        return self._alarm is not None

    def set(self, name: str, at: float) -> None:
        """Set or reset a timer."""
        self._times[name], self._changed = at, True

    def clear(self, name: str) -> None:
        """Clear a timer; nothing happens if it is not set."""
        self._changed |= self._times.pop(name, None) is not None

    def due(self) -> list[str]:
        """Clear the timers that are due and return their names, the earliest first."""
        now = self._clock.monotonic()
        due = sorted((at, name) for name, at in self._times.items() if at <= now)
        for _, name in due:
            self.clear(name)
        return [name for _, name in due]

    def arm(self) -> None:
        """Set the alarm for the earliest timer, unless it is already set for that time."""
        if not self._changed:
            return
        self._changed = False
        earliest = min(self._times.values(), default=None)
        if self._alarm is not None:
            if self._alarm[0] == earliest:
                return
            self.disarm()
        if earliest is not None:
            self._alarm = (earliest, self._clock.call_at(earliest, self._rang))

    def disarm(self) -> None:
        """Cancel the alarm."""
        alarm, self._alarm = self._alarm, None
        if alarm is not None:
            alarm[1]()

    def forget(self) -> None:
        """Ring nobody any more."""
        self.disarm()
        self._ring = _nothing

    def _rang(self) -> None:
        self._alarm, self._changed = None, True
        self._ring()


def _nothing() -> None:
    """Ring nobody."""

"""Telemetry that remembers instead of writing."""

from collections import deque
from dataclasses import dataclass, field

from ports.telemetry import Level, LogValue


@dataclass(frozen=True, slots=True)
class Remembered:
    """One event as it was recorded."""

    level: Level
    name: str
    values: dict[str, LogValue] = field(default_factory=dict)


class MemoryTelemetry:
    """Implements Telemetry: keeps the newest 10,000 events."""

    def __init__(self) -> None:
        self.events: deque[Remembered] = deque(maxlen=10_000)

    def event(self, level: Level, name: str, **values: LogValue) -> None:
        """Remember one event."""
        self.events.append(Remembered(level, name, values))

    def named(self, name: str) -> list[Remembered]:
        """Return the events of one name, oldest first."""
        return [event for event in self.events if event.name == name]

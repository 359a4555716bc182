"""A recording log."""

from dataclasses import dataclass

from ports.telemetry import Level, LogValue


@dataclass(frozen=True, slots=True)
class Line:
    """One recorded event."""

    level: Level
    name: str
    values: dict[str, LogValue]


class RecordedTelemetry:
    """Implements Telemetry; `lines` in order."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    def event(self, level: Level, name: str, **values: LogValue) -> None:
        """Record one event."""
        self.lines.append(Line(level, name, values))

    def wants(self, level: Level) -> bool:
        """Take events of every level."""
        return True

    def named(self, name: str) -> list[Line]:
        """Return the lines with a name."""
        return [line for line in self.lines if line.name == name]

    def only(self, name: str) -> Line:
        """Return the only line with a name."""
        (line,) = self.named(name)
        return line

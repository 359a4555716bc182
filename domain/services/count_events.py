"""Telemetry that also counts: warnings and errors by event, and the events that `measured` lists."""

from domain.services.measured import COUNTED, LOGGED, Counted
from ports.metrics import Amount, Metrics
from ports.telemetry import Level, LogValue, Telemetry

LONGEST = 40
PROBLEMS = ("warning", "error")


class CountEvents:
    """Implements Telemetry: passes every event on to `log`, whether or not the log writes its level."""

    def __init__(self, log: Telemetry, metrics: Metrics) -> None:
        self._log, self._metrics = log, metrics

    def event(self, level: Level, name: str, **values: LogValue) -> None:
        """Log and count one event."""
        self._log.event(level, name, **values)
        if not self._metrics.wanted:
            return
        if level in PROBLEMS:
            self._metrics.count(LOGGED, (level, name))
        if (counted := COUNTED.get(name)) is not None:
            labels = counted.fixed or tuple(_word(values.get(label)) for label in counted.labels)
            self._metrics.count(counted.counter, labels, _amount(counted, values))

    def wants(self, level: Level) -> bool:
        """Return whether the log or the metrics take an event of this level."""
        return self._metrics.wanted or self._log.wants(level)


def _amount(counted: Counted, values: dict[str, LogValue]) -> Amount:
    amount = values.get(counted.amount, 1)
    return amount if isinstance(amount, int) else 1


def _word(value: LogValue) -> str:
    """Return the kind that a value begins with: `defect` of `defect: TypeError`."""
    return str(value).partition(":")[0][:LONGEST]

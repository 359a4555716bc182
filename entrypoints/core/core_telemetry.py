"""The log and the metrics of one core, as the newest settings want them."""

from collections.abc import MutableMapping

from adapters.logs.structlog_telemetry import StructlogTelemetry
from domain.services.count_events import CountEvents
from entrypoints.core.core_metrics import CoreMetrics
from entrypoints.settings import Settings
from ports.clock import Clock
from ports.offload import Offload
from ports.telemetry import Redactor


class CoreTelemetry(CountEvents):
    """Implements Telemetry. `metrics` are the core's."""

    def __init__(self, redact: Redactor, state: MutableMapping[str, object], clock: Clock, offload: Offload) -> None:
        self._lines = StructlogTelemetry(redact)
        self.metrics = CoreMetrics(state, self, clock, offload)
        super().__init__(self._lines, self.metrics)

    def follow(self, settings: Settings) -> None:
        """Follow the settings of the newest call."""
        self._lines.set_level(settings.log_level or "INFO")
        self.metrics.follow(settings)

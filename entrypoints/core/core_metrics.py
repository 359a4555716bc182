"""The metrics of one core: served on loopback, handed to OpenTelemetry, both or neither.

While neither is wanted, nothing is counted.
"""

import asyncio
from collections.abc import MutableMapping
from typing import TYPE_CHECKING

from adapters.metrics.process_metrics import ProcessMetrics
from entrypoints.core.served_metrics import ServedMetrics
from entrypoints.settings import Settings
from ports.clock import Clock
from ports.metrics import Amount, Counter, Gauge, Histogram, Labels, Reading
from ports.offload import LARGE, Offload
from ports.spans import Span
from ports.telemetry import Telemetry
from ports.turn_scope import of_no_turn

if TYPE_CHECKING:
    from adapters.otel.otel_metrics import OtelMetrics


class CoreMetrics:
    """Implements Metrics and Spans. Belongs to one event loop; counting is safe in any thread."""

    def __init__(
        self, state: MutableMapping[str, object], telemetry: Telemetry, clock: Clock, offload: Offload
    ) -> None:
        self._numbers = ProcessMetrics(state)
        self._served = ServedMetrics(self._numbers, state, telemetry, clock=clock, offload=offload)
        self._telemetry, self._offload = telemetry, offload
        self._watched: list[tuple[Gauge, Reading]] = []
        self._otel: OtelMetrics | None = None
        self._otel_wanted = False
        self._opening: asyncio.Task[None] | None = None

    def follow(self, settings: Settings) -> None:
        """Serve and hand over what the newest settings want."""
        self._served.follow(settings.metrics_port or None)
        if settings.enable_opentelemetry is not self._otel_wanted:
            self._otel_wanted, self._otel = settings.enable_opentelemetry, None
            if self._otel_wanted and (self._opening is None or self._opening.done()):
                opening = self._open_otel()
                self._opening = asyncio.get_running_loop().create_task(
                    opening, name="openrouter-pipe-open-otel", context=of_no_turn()
                )

    @property
    def wanted(self) -> bool:
        """Return whether anybody reads the numbers."""
        return self._otel is not None or self._numbers.wanted

    def count(self, counter: Counter, labels: Labels = (), amount: Amount = 1) -> None:
        """Add to a counter."""
        if self._numbers.wanted:
            self._numbers.count(counter, labels, amount)
        if self._otel is not None:
            self._otel.count(counter, labels, amount)

    def observe(self, histogram: Histogram, value: float, labels: Labels = ()) -> None:
        """Add to a distribution."""
        if self._numbers.wanted:
            self._numbers.observe(histogram, value, labels)
        if self._otel is not None:
            self._otel.observe(histogram, value, labels)

    def watch(self, gauge: Gauge, read: Reading) -> None:
        """Report a gauge."""
        self._watched.append((gauge, read))
        self._numbers.watch(gauge, read)

    def ended(self, span: Span) -> None:
        """Report a span; only a trace has them."""
        if self._otel is not None:
            self._otel.ended(span)

    async def aclose(self) -> None:
        """Stop serving."""
        self._otel = None
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.wait((self._opening,))
        await self._served.aclose()

    async def _open_otel(self) -> None:
        """Import the API in a thread: it takes a while."""
        try:
            otel = await self._offload.run(_opened_otel, size=LARGE)
        except Exception as error:  # noqa: BLE001 - an edge: the package is the host's; the chats go on without it
            values = {"setting": "ENABLE_OPENTELEMETRY", "package": "opentelemetry-api", "reason": type(error).__name__}
            self._telemetry.event("warning", "opentelemetry_missing", **values)
            return
        for gauge, read in self._watched:
            otel.watch(gauge, read)
        if self._otel_wanted:
            self._otel = otel


def _opened_otel() -> "OtelMetrics":
    from adapters.otel.otel_metrics import open_otel

    return open_otel()

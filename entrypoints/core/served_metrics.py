"""The server of the metrics, as the settings of each call want it: at a port, at another one, or not at all.

Sums and server belong to the process. A load that replaces another goes on with the sums and takes the port over; then
it leaves the server of a later load alone, and starts its own again only if there is none.
"""

from collections.abc import MutableMapping
from typing import TYPE_CHECKING

from adapters.metrics.process_metrics import ProcessMetrics
from ports.clock import Clock
from ports.offload import LARGE, Offload
from ports.telemetry import Telemetry

if TYPE_CHECKING:
    from adapters.metrics.server import MetricsServer

AGAIN_SECONDS = 60.0
"""How long after a failed start another is tried."""


class ServedMetrics:
    """Starts the server with the first call that wants it. Belongs to one event loop."""

    def __init__(
        self,
        numbers: ProcessMetrics,
        state: MutableMapping[str, object],
        telemetry: Telemetry,
        *,
        clock: Clock,
        offload: Offload,
    ) -> None:
        self._numbers, self._state, self._telemetry = numbers, state, telemetry
        self._clock, self._offload = clock, offload
        self._server: MetricsServer | None = None
        self._port: int | None = None
        self._again_at = 0.0

    def follow(self, port: int | None) -> None:
        """Serve at `port`, or at none."""
        if port != self._port:
            self._port = port
            self._stop()
            if port is not None:
                self._start(port)
        elif port is not None and self._is_missing() and self._clock.monotonic() >= self._again_at:
            self._start(port)

    async def aclose(self) -> None:
        """Stop serving, and wait for the thread to end."""
        server, self._port = self._server, None
        self._stop()
        if server is not None:
            await self._offload.run(server.join, size=LARGE)

    def _is_missing(self) -> bool:
        return self._server is not None and self._server.is_missing

    def _start(self, port: int) -> None:
        from adapters.metrics.prometheus_text import prometheus_text
        from adapters.metrics.server import MetricsServer

        numbers = self._numbers
        self._again_at = self._clock.monotonic() + AGAIN_SECONDS
        numbers.want(wanted=True)
        self._server = MetricsServer(
            port,
            lambda: prometheus_text(numbers.families()),
            self._state,
            self._telemetry,
            setting="METRICS_PORT",
        )
        self._server.start()

    def _stop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            if server.is_current:
                self._numbers.want(wanted=False)
            server.stop()

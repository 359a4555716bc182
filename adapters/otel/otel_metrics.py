"""Metrics and spans through the OpenTelemetry API: whatever provider the host configured receives them."""

import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any

from opentelemetry import metrics, trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from ports.metrics import Amount, Counter, Gauge, Histogram, Labels, Reading
from ports.spans import Span

SCOPE = "openrouter_pipe"
_SECONDS = "_seconds"


class OtelMetrics:
    """Implements Metrics and Spans. Gauges are recorded whenever a span ends: the API would hold a callback for ever.

    `meter` and `tracer` are those of the API. `time_ns` is the clock of spans.
    """

    wanted = True

    def __init__(self, meter: metrics.Meter, tracer: trace.Tracer, time_ns: Callable[[], int] = time.time_ns) -> None:
        self._meter, self._tracer, self._time_ns = meter, tracer, time_ns
        self._instruments: dict[str, Any] = {}
        self._watched: dict[str, tuple[Gauge, Reading]] = {}

    def count(self, counter: Counter, labels: Labels = (), amount: Amount = 1) -> None:
        """Add to a counter; money becomes a float here."""
        with suppress(Exception):  # an edge: the provider is the host's
            number = amount if isinstance(amount, int) else float(amount)
            if number > 0 and math.isfinite(number):
                self._instrument(counter, self._meter.create_counter).add(number, _named(counter.labels, labels))

    def observe(self, histogram: Histogram, value: float, labels: Labels = ()) -> None:
        """Record one value."""
        with suppress(Exception):  # an edge: the provider is the host's
            if value >= 0 and math.isfinite(value):
                self._histogram(histogram).record(value, _named(histogram.labels, labels))

    def watch(self, gauge: Gauge, read: Reading) -> None:
        """Record a gauge from now on."""
        self._watched[gauge.name] = (gauge, read)

    def ended(self, span: Span) -> None:
        """Report a span that ends now, as a child of the running task's span."""
        with suppress(Exception):  # an edge: the provider is the host's
            now = self._time_ns()
            began = now - round(span.seconds * 1e9)
            named = {name: float(one) if isinstance(one, Decimal) else one for name, one in span.attributes.items()}
            made = self._tracer.start_span(span.name, kind=SpanKind.CLIENT, attributes=named, start_time=began)
            if span.failed:
                made.set_attribute("error.type", span.failed)
                made.set_status(Status(StatusCode.ERROR))
            made.end(now)
        for gauge, read in self._watched.values():
            with suppress(Exception):
                set_gauge = self._instrument(gauge, self._meter.create_gauge).set
                for labels, value in read().items():
                    set_gauge(float(value), _named(gauge.labels, labels))

    def _histogram(self, histogram: Histogram) -> Any:
        def made(name: str, unit: str, description: str) -> Any:
            try:
                advised = {"explicit_bucket_boundaries_advisory": histogram.bounds}
                return self._meter.create_histogram(name, unit, description, **advised)
            except TypeError:  # an API before 1.30
                return self._meter.create_histogram(name, unit, description)

        return self._instrument(histogram, made)

    def _instrument(self, family: Counter | Histogram | Gauge, make: Callable[..., Any]) -> Any:
        found = self._instruments.get(family.name)
        if found is None:
            timed = family.name.endswith(_SECONDS)
            name, unit = (family.name.removesuffix(_SECONDS), "s") if timed else (family.name, "")
            found = self._instruments[family.name] = make(f"{SCOPE}.{name}", unit=unit, description=family.text)
        return found


def _named(names: tuple[str, ...], labels: Labels) -> Mapping[str, str]:
    return dict(zip(names, labels, strict=False))


def open_otel() -> OtelMetrics:
    """Return the adapter of the API's present providers."""
    return OtelMetrics(metrics.get_meter(SCOPE), trace.get_tracer(SCOPE))

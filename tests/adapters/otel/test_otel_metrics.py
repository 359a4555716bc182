"""Metrics and spans as the OpenTelemetry SDK receives them."""

from decimal import Decimal
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from adapters.otel.otel_metrics import OtelMetrics, open_otel
from ports.metrics import Counter, Histogram
from ports.spans import Span, Spans
from tests.doubles.metrics import RecordedSpans

SPANS: tuple[type[Spans], ...] = (OtelMetrics, RecordedSpans)
TURNS = Counter("turns", "Turns that ended.", ("model",))
SECONDS = Histogram("turn_seconds", "Seconds of a turn.", (), (1.0, 2.5))
SECOND = 1_000_000_000


class Providers:
    """Providers in memory, as a host would configure its own."""

    def __init__(self) -> None:
        self.reader, self.exporter = InMemoryMetricReader(), InMemorySpanExporter()
        traces = TracerProvider()
        traces.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.meter = MeterProvider([self.reader]).get_meter("test")
        self.tracer = traces.get_tracer("test")

    def load(self) -> OtelMetrics:
        return OtelMetrics(self.meter, self.tracer, time_ns=lambda: 100 * SECOND)

    def metric(self, name: str) -> Any:
        data = self.reader.get_metrics_data()
        (scope,) = [scope for one in data.resource_metrics for scope in one.scope_metrics]
        return next(one for one in scope.metrics if one.name == name)


@pytest.fixture
def providers() -> Providers:
    return Providers()


def test_names_units_and_buckets_follow_the_conventions(providers):
    metrics = providers.load()
    metrics.count(TURNS, ("a/b",))
    metrics.observe(SECONDS, 1.5)
    turns, seconds = providers.metric("openrouter_pipe.turns"), providers.metric("openrouter_pipe.turn")
    assert (turns.unit, turns.description) == ("", "Turns that ended.")
    assert (seconds.unit, seconds.data.data_points[0].explicit_bounds) == ("s", (1.0, 2.5))


def test_another_load_adds_to_the_same_sums(providers):
    providers.load().count(TURNS, ("a/b",))
    providers.load().count(TURNS, ("a/b",), 2)
    (point,) = providers.metric("openrouter_pipe.turns").data.data_points
    assert point.value == 3


def test_a_span_began_its_seconds_ago_and_is_a_child_of_the_running_one(providers):
    attributes: dict[str, Any] = {"model": "a/b", "cost": Decimal("0.5"), "calls": 2}
    with providers.tracer.start_as_current_span("request") as request:
        providers.load().ended(Span("turn", 2.5, attributes))
    span = next(one for one in providers.exporter.get_finished_spans() if one.name == "turn")
    assert (span.start_time, span.end_time) == (97.5 * SECOND, 100 * SECOND)
    assert span.parent.span_id == request.get_span_context().span_id
    assert dict(span.attributes) == {"model": "a/b", "cost": 0.5, "calls": 2}
    assert span.status.is_unset


def test_a_failed_span_says_with_what(providers):
    providers.load().ended(Span("turn", 1.0, {}, "timeout"))
    (span,) = providers.exporter.get_finished_spans()
    assert (span.status.is_ok, span.attributes["error.type"]) == (False, "timeout")


def test_without_a_provider_nothing_happens():
    metrics = open_otel()
    metrics.count(TURNS, ("a/b",))
    metrics.observe(SECONDS, 1.0)
    metrics.ended(Span("turn", 1.0))


class Broken:
    """A provider whose every method raises."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


def test_a_broken_provider_costs_nothing_but_its_numbers():
    metrics = OtelMetrics(Broken(), Broken())  # type: ignore[arg-type]
    metrics.count(TURNS, ("a/b",))
    metrics.observe(SECONDS, 1.0)
    metrics.ended(Span("turn", 1.0))

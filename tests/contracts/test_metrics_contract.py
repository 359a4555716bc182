"""The contract of every Metrics; text is read by Prometheus' own parser, OpenTelemetry by its SDK."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from threading import Thread
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from prometheus_client.parser import text_string_to_metric_families

from adapters.metrics.process_metrics import ProcessMetrics
from adapters.metrics.prometheus_text import PREFIX, prometheus_text
from adapters.otel.otel_metrics import OtelMetrics
from ports.metrics import Counter, Gauge, Histogram, Metrics
from ports.spans import Span
from tests.doubles.metrics import RecordedMetrics

METRICS: tuple[type[Metrics], ...] = (ProcessMetrics, OtelMetrics, RecordedMetrics)
TURNS = Counter("turns", "Turns that ended.", ("model", "outcome"))
COST = Counter("cost_usd", "Cost in USD.")
SECONDS = Histogram("turn_seconds", "Seconds.", ("model",), (1.0, 2.5))
PLACES = Gauge("places", "Places.", ("state",))
ODD = 'a"b\\c\nd {e="f"} \u00e9'

Found = Mapping[tuple[str, ...], Any]


@dataclass(frozen=True)
class Read:
    """An adapter, and how to read it: series of a family by their labels.

    A distribution reads as count, sum and the counts up to each bound.
    """

    metrics: Metrics
    of: Callable[[Counter | Histogram | Gauge], Found]


def in_process() -> Read:
    metrics = ProcessMetrics({})

    def of(family: Counter | Histogram | Gauge) -> Found:
        series = next((one.series for one in metrics.families() if one.name == family.name), {})
        if not isinstance(family, Histogram):
            return series
        return {
            labels: (sum(value[:-1]), value[-1], [sum(value[: n + 1]) for n in range(len(value) - 1)])
            for labels, value in series.items()
        }

    return Read(metrics, of)


def as_text() -> Read:
    metrics = ProcessMetrics({})

    def of(family: Counter | Histogram | Gauge) -> Found:
        text = prometheus_text(metrics.families()).decode()
        parsed = next((one for one in text_string_to_metric_families(text) if one.name == PREFIX + family.name), None)
        if parsed is None:
            return {}
        assert parsed.documentation == family.text
        assert parsed.type == type(family).__name__.lower()
        found: dict[tuple[str, ...], Any] = {}
        for name, labels, value, *_ in parsed.samples:
            key = tuple(labels[name] for name in family.labels)
            if not isinstance(family, Histogram):
                found[key] = value
            elif name.endswith("_bucket"):
                found.setdefault(key, [0, 0, []])[2].append(value)
            else:
                found.setdefault(key, [0, 0, []])[name.endswith("_sum")] = value
        return {key: tuple(value) if isinstance(value, list) else value for key, value in found.items()}

    return Read(metrics, of)


def through_otel() -> Read:
    reader = InMemoryMetricReader()
    meter = MeterProvider([reader]).get_meter("test")
    metrics = OtelMetrics(meter, TracerProvider().get_tracer("test"))

    def of(family: Counter | Histogram | Gauge) -> Found:
        if isinstance(family, Gauge):
            metrics.ended(Span("turn", 1.0))
        data = reader.get_metrics_data()
        named = f"openrouter_pipe.{family.name.removesuffix('_seconds')}"
        scopes = [scope for one in (data.resource_metrics if data else ()) for scope in one.scope_metrics]
        points = [
            point for scope in scopes for one in scope.metrics if one.name == named for point in one.data.data_points
        ]
        found: dict[tuple[str, ...], Any] = {}
        for point in points:
            key = tuple(str((point.attributes or {})[name]) for name in family.labels)
            if isinstance(family, Histogram):
                counts = point.bucket_counts
                found[key] = (point.count, point.sum, [sum(counts[: n + 1]) for n in range(len(counts))])
            else:
                found[key] = point.value
        return found

    return Read(metrics, of)


@pytest.fixture(params=[in_process, as_text, through_otel], ids=lambda make: make.__name__)
def read(request: pytest.FixtureRequest) -> Read:
    made: Read = request.param()
    return made


def test_a_counter_adds_up_per_series(read: Read) -> None:
    for labels in (("a/b", "stop"), ("a/b", "stop"), ("a/b", "error")):
        read.metrics.count(TURNS, labels)
    read.metrics.count(TURNS, ("a/b", "stop"), 5)
    assert read.of(TURNS) == {("a/b", "stop"): 7, ("a/b", "error"): 1}


def test_money_adds_up_to_the_last_digit_that_a_float_has(read: Read) -> None:
    for _ in range(1000):
        read.metrics.count(COST, (), Decimal("0.0000001"))
    assert float(read.of(COST)[()]) == pytest.approx(0.0001, rel=1e-12)


def test_a_distribution_counts_what_is_at_most_each_bound(read: Read) -> None:
    for value in (0.5, 1.0, 1.5, 2.5, 9.0):
        read.metrics.observe(SECONDS, value, ("a/b",))
    assert read.of(SECONDS) == {("a/b",): (5, 14.5, [2, 4, 5])}


def test_a_gauge_is_what_it_reads_now(read: Read) -> None:
    running: dict[tuple[str, ...], int] = {("running",): 3, ("waiting",): 0}
    read.metrics.watch(PLACES, lambda: running)
    assert read.of(PLACES) == running
    running[("running",)] = 1
    assert read.of(PLACES) == running


def test_a_gauge_may_read_money(read: Read) -> None:
    read.metrics.watch(PLACES, lambda: {("running",): Decimal("0.125"), ("waiting",): Decimal("1E+2")})
    assert read.of(PLACES) == {("running",): 0.125, ("waiting",): 100}


def test_a_later_reading_replaces_an_earlier_one(read: Read) -> None:
    read.metrics.watch(PLACES, lambda: {("running",): 1})
    read.metrics.watch(PLACES, lambda: {("running",): 2})
    assert read.of(PLACES) == {("running",): 2}


def test_a_gauge_that_cannot_be_read_hides_no_other_number(read: Read) -> None:
    def broken() -> dict[tuple[str, ...], int]:
        raise OSError("gone")

    read.metrics.watch(PLACES, broken)
    read.metrics.count(COST, (), 1)
    assert read.of(PLACES) == {}
    assert read.of(COST) == {(): 1}


@pytest.mark.parametrize("amount", [0, -1, Decimal(-1), *map(Decimal, ("NaN", "sNaN", "Infinity", "-Infinity"))])
def test_an_amount_that_cannot_be_added_is_ignored(read: Read, amount: int | Decimal) -> None:
    read.metrics.count(COST, (), amount)
    assert read.of(COST) == {}


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf"), float("-inf")])
def test_a_value_that_cannot_be_added_is_ignored(read: Read, value: float) -> None:
    read.metrics.observe(SECONDS, value, ("a/b",))
    assert read.of(SECONDS) == {}


def test_labels_come_back_as_they_were_given(read: Read) -> None:
    read.metrics.count(TURNS, (ODD, "\ud800"))
    ((label, _),) = read.of(TURNS)
    assert label == ODD


def test_threads_lose_no_count(read: Read) -> None:
    def work() -> None:
        for _ in range(500):
            read.metrics.count(TURNS, ("a/b", "stop"))
            read.metrics.observe(SECONDS, 1.0, ("a/b",))

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read.of(TURNS) == {("a/b", "stop"): 2000}
    assert read.of(SECONDS)[("a/b",)][0] == 2000

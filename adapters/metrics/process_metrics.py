"""Metrics in the memory of the process: one sum for all loads of this code, event loops and threads."""

import math
from bisect import bisect_left
from collections.abc import MutableMapping
from dataclasses import dataclass
from decimal import Decimal
from threading import Lock
from typing import Any, Literal

from ports.metrics import Amount, Counter, Gauge, Histogram, Labels, Reading

MOST_SERIES = 1_000
"""Series of one family; what comes beyond is added to a series whose labels are all OTHER."""
OTHER = "other"
Kind = Literal["counter", "histogram", "gauge"]


@dataclass(frozen=True, slots=True)
class Family:
    """A family as it stands now. A value is a number, or for histograms the counts per bucket, the last without end,
    followed by the sum of the values.
    """

    kind: Kind
    name: str
    text: str
    labels: tuple[str, ...]
    bounds: tuple[float, ...]
    series: dict[Labels, Any]


class ProcessMetrics:
    """Implements Metrics over plain objects in `state`, which every load of any version can read.

    A family whose labels or buckets changed with a version begins anew. Gauges are read by the load that serves them.
    """

    def __init__(self, state: MutableMapping[str, object]) -> None:
        held: Any = state.setdefault("metrics", {})  # atomic; so are the next lines, key by key
        self._lock: Lock = held.setdefault("lock", Lock())
        self._families: dict[str, dict[str, Any]] = held.setdefault("families", {})
        self._held = held
        self._watched: dict[str, tuple[Gauge, Reading]] = {}

    @property
    def wanted(self) -> bool:
        """Return whether the process counts; it still does while one load replaces another."""
        return bool(self._held.get("wanted"))

    def want(self, *, wanted: bool) -> None:
        """Count from now on, or no more; applies to all loads."""
        self._held["wanted"] = wanted

    def count(self, counter: Counter, labels: Labels = (), amount: Amount = 1) -> None:
        """Add to a counter. Money stays Decimal."""
        if not _is_usable(amount):
            return
        with self._lock:
            series = self._series("counter", counter, ())
            labels = _bounded(series, labels)
            series[labels] = series.get(labels, 0) + amount

    def observe(self, histogram: Histogram, value: float, labels: Labels = ()) -> None:
        """Add a value to the buckets."""
        if not math.isfinite(value) or value < 0:
            return
        with self._lock:
            series = self._series("histogram", histogram, histogram.bounds)
            labels = _bounded(series, labels)
            counts = series.get(labels)
            if counts is None:
                counts = series[labels] = [0] * (len(histogram.bounds) + 1) + [0.0]
            counts[bisect_left(histogram.bounds, value)] += 1
            counts[-1] += value

    def watch(self, gauge: Gauge, read: Reading) -> None:
        """Read a gauge whenever the families are read."""
        self._watched[gauge.name] = (gauge, read)

    def families(self) -> list[Family]:
        """Return a copy of all families, gauges read now."""
        found = []
        for name in tuple(self._families):
            with self._lock:  # one after the other: whoever counts waits for one of them at most
                one = self._families[name]
                found.append(Family(one["kind"], name, one["text"], one["labels"], one["bounds"], _copied(one)))
        return [*found, *(_read(gauge, read) for gauge, read in tuple(self._watched.values()))]

    def _series(self, kind: Kind, family: Counter | Histogram, bounds: tuple[float, ...]) -> dict[Labels, Any]:
        held = self._families.get(family.name)
        if held is None or held["labels"] != family.labels or held["bounds"] != bounds:
            held = {"kind": kind, "text": family.text, "labels": family.labels, "bounds": bounds, "series": {}}
            self._families[family.name] = held
        series: dict[Labels, Any] = held["series"]
        return series


def _is_usable(amount: Amount) -> bool:
    return (not isinstance(amount, Decimal) or amount.is_finite()) and amount > 0


def _bounded(series: dict[Labels, Any], labels: Labels) -> Labels:
    return labels if labels in series or len(series) < MOST_SERIES else (OTHER,) * len(labels)


def _copied(family: dict[str, Any]) -> dict[Labels, Any]:
    if family["kind"] != "histogram":
        return dict(family["series"])
    return {labels: tuple(counts) for labels, counts in family["series"].items()}


def _read(gauge: Gauge, read: Reading) -> Family:
    try:
        series: dict[Labels, Any] = dict(read())
    except Exception:  # noqa: BLE001 - an edge: one gauge that cannot be read must not hide the others
        series = {}
    return Family("gauge", gauge.name, gauge.text, gauge.labels, (), series)

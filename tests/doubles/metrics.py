"""Recording metrics and spans."""

from collections.abc import Mapping
from decimal import Decimal

from ports.metrics import Amount, Counter, Gauge, Histogram, Labels, Reading
from ports.spans import Span

Key = tuple[str, ...]


class RecordedMetrics:
    """Implements Metrics. `counts` and `values` by the family's name followed by the labels."""

    def __init__(self, *, wanted: bool = True) -> None:
        self.wanted = wanted
        self.counts: dict[Key, Amount] = {}
        self.values: dict[Key, list[float]] = {}
        self.watched: dict[str, Reading] = {}

    def count(self, counter: Counter, labels: Labels = (), amount: Amount = 1) -> None:
        """Add to a counter."""
        assert len(labels) == len(counter.labels)
        if not isinstance(amount, Decimal) or amount.is_finite():
            key = (counter.name, *labels)
            self.counts[key] = self.counts.get(key, 0) + max(amount, 0)

    def observe(self, histogram: Histogram, value: float, labels: Labels = ()) -> None:
        """Keep a value."""
        assert len(labels) == len(histogram.labels)
        self.values.setdefault((histogram.name, *labels), []).append(value)

    def watch(self, gauge: Gauge, read: Reading) -> None:
        """Keep a gauge."""
        self.watched[gauge.name] = read

    def of(self, name: str) -> Mapping[Key, Amount]:
        """Return the counts of one family by their labels."""
        return {key[1:]: amount for key, amount in self.counts.items() if key[0] == name}


class RecordedSpans:
    """Implements Spans; `spans` in order."""

    def __init__(self) -> None:
        self.spans: list[Span] = []

    def ended(self, span: Span) -> None:
        """Keep a span."""
        self.spans.append(span)

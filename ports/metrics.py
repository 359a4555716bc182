"""Numbers for operators: counters, histograms and gauges, added up for the whole process.

Labels are bounded words of our own: kinds, outcomes, models of the catalog. Never an id of a person or a chat, never
text from outside.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, runtime_checkable

Labels = tuple[str, ...]
"""The values of a family's labels, in the order of its names."""
Amount = int | Decimal


@dataclass(frozen=True, slots=True)
class Counter:
    """A family of numbers that only grow. `name` in snake_case, without a prefix; `text` says what is counted."""

    name: str
    text: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Histogram:
    """A family of distributions; `bounds` are the upper ends of its buckets, ascending, in the unit of the name."""

    name: str
    text: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Gauge:
    """A family of numbers that go up and down."""

    name: str
    text: str
    labels: tuple[str, ...] = ()


Reading = Callable[[], Mapping[Labels, Amount]]
"""Returns the present values of a gauge; called in any thread, must be quick."""


@runtime_checkable
class Metrics(Protocol):
    """Adds numbers up. Safe in any thread; never blocks and never raises: a value that cannot be used is ignored."""

    @property
    def wanted(self) -> bool:
        """Whether anybody reads the numbers; if not, callers may skip the work of making them."""
        ...

    def count(self, counter: Counter, labels: Labels = (), amount: Amount = 1) -> None:
        """Add a positive amount to one series."""
        ...

    def observe(self, histogram: Histogram, value: float, labels: Labels = ()) -> None:
        """Add one value to one distribution."""
        ...

    def watch(self, gauge: Gauge, read: Reading) -> None:
        """Report a gauge by what `read` returns; a later call for the same gauge replaces an earlier one."""
        ...

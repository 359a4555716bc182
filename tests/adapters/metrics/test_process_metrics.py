"""Sums that all loads of a process share."""

from typing import Any

from adapters.metrics.process_metrics import MOST_SERIES, OTHER, ProcessMetrics
from ports.metrics import Counter, Gauge, Histogram

TURNS = Counter("turns", "Turns.", ("model",))
SECONDS = Histogram("seconds", "Seconds.", (), (1.0,))


def series(metrics: ProcessMetrics, name: str) -> dict[Any, Any]:
    return next(one.series for one in metrics.families() if one.name == name)


def test_a_load_goes_on_with_the_sums_of_the_one_before():
    state: dict[str, object] = {}
    ProcessMetrics(state).count(TURNS, ("a",), 3)
    later = ProcessMetrics(state)
    later.count(TURNS, ("a",))
    assert series(later, "turns") == {("a",): 4}


def test_the_shared_state_holds_objects_of_the_standard_library_only():
    state: dict[str, object] = {}
    metrics = ProcessMetrics(state)
    metrics.count(TURNS, ("a",))
    metrics.observe(SECONDS, 0.5)
    metrics.watch(Gauge("places", "Places."), dict)

    def modules(one: object) -> set[str]:
        inner = [*one.keys(), *one.values()] if isinstance(one, dict) else one if isinstance(one, list | tuple) else []
        return {type(one).__module__}.union(*map(modules, inner))

    assert modules(state) == {"builtins", "_thread"}


def test_whether_anybody_reads_holds_for_all_loads():
    state: dict[str, object] = {}
    first, second = ProcessMetrics(state), ProcessMetrics(state)
    assert not first.wanted
    second.want(wanted=True)
    assert first.wanted


def test_a_family_whose_labels_changed_with_a_version_begins_anew():
    state: dict[str, object] = {}
    ProcessMetrics(state).count(TURNS, ("a",), 3)
    newer = ProcessMetrics(state)
    newer.count(Counter("turns", "Turns.", ("model", "outcome")), ("a", "stop"))
    assert series(newer, "turns") == {("a", "stop"): 1}


def test_series_beyond_the_limit_are_added_up_in_one():
    metrics = ProcessMetrics({})
    for number in range(MOST_SERIES + 50):
        metrics.count(TURNS, (str(number),))
    metrics.count(TURNS, ("0",))
    found = series(metrics, "turns")
    assert len(found) == MOST_SERIES + 1
    assert (found[("0",)], found[(OTHER,)]) == (2, 50)

"""Days of the ledger are compared with upstream's figures by money, under upstream's names of models."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from domain.usage.reconciling import (
    MOST_REPORTED,
    TOLERANCE,
    Compared,
    Theirs,
    altogether,
    bounds,
    compare,
    results,
)
from ports.ledger import ModelSum
from ports.reconciliations import FiguresFrom, Outcome
from ports.upstream_figures import ModelFigures

DAY, NOW = date(2026, 11, 29), datetime(2026, 11, 30, 4, tzinfo=UTC)
OURS = ModelSum("a/b", 3, 0, Decimal("0.3"))
THEIRS = ModelFigures("a/b", "a/b-2026", 3, Decimal("0.3"))


def outcome_of(*theirs: ModelFigures, ours: tuple[ModelSum, ...] = (OURS,), others_too: bool = False) -> list[Outcome]:
    return [line.outcome(others_too=others_too) for line in compare(ours, theirs)]


@pytest.mark.parametrize("name", ["a/b", "a/b-2026", "a/b:online", "a/b-2026:free"])
def test_a_model_is_found_under_each_of_its_names(name):
    [line] = compare([replace(OURS, model=name)], [THEIRS])
    assert (line.ours.model, line.outcome()) == ("a/b", Outcome.EQUAL)


def test_a_variant_that_upstream_counts_by_itself_is_not_joined_with_its_model():
    free = replace(THEIRS, model="a/b:free", version="a/b-2026:free", cost=Decimal(0))
    lines = compare([OURS, ModelSum("a/b:free", 1, 0, Decimal(0))], [THEIRS, free])
    assert [(line.ours.model, line.outcome()) for line in lines] == [
        ("a/b", Outcome.EQUAL),
        ("a/b:free", Outcome.EQUAL),
    ]


def test_providers_and_versions_of_a_model_are_added_up():
    half = replace(THEIRS, requests=1, cost=Decimal("0.15"))
    ours = replace(OURS, cost=Decimal("0.15"))
    [line] = compare([ours, replace(ours, model="a/b-2027")], [half, replace(half, version="a/b-2027")])
    assert (line.ours.entries, line.requests, line.cost, line.outcome()) == (6, 2, Decimal("0.30"), Outcome.EQUAL)


def test_money_of_one_side_alone_is_a_difference():
    assert outcome_of() == [Outcome.DIFFERS]
    assert outcome_of(THEIRS, ours=()) == [Outcome.DIFFERS]


def test_fractions_that_upstreams_sums_lose_are_none():
    assert outcome_of(replace(THEIRS, cost=Decimal("0.30000000000000004"))) == [Outcome.EQUAL]
    assert outcome_of(replace(THEIRS, cost=THEIRS.cost + TOLERANCE * 2)) == [Outcome.DIFFERS]


def test_figures_of_a_whole_account_may_be_higher_but_not_lower():
    more, less = replace(THEIRS, cost=Decimal(9)), replace(THEIRS, cost=Decimal("0.2"))
    assert outcome_of(more, others_too=True) == [Outcome.EQUAL]
    assert outcome_of(less, others_too=True) == [Outcome.DIFFERS]


def test_without_a_figure_nothing_is_known():
    assert Compared(OURS).outcome() is Outcome.UNKNOWN


def test_a_day_is_one_of_utc():
    assert bounds(DAY) == (datetime(2026, 11, 29, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC))


def theirs_of(*lines: Compared, figures: FiguresFrom = FiguresFrom.DAY_OF_KEY) -> Theirs:
    return Theirs(figures, altogether(lines), lines, total=Decimal(7))


def test_results_name_the_day_and_the_models_that_differ_the_largest_first():
    lines = [Compared(replace(OURS, model=f"m{number}"), 3, Decimal(number)) for number in (0, 2, 1)]
    equal = Compared(OURS, 3, OURS.cost)
    whole, *models = results("key", DAY, theirs_of(*lines, equal), NOW, may_be_partial=False)
    assert (whole.model, whole.outcome, whole.entries, whole.total) == ("", Outcome.DIFFERS, 12, Decimal(7))
    assert [(row.model, row.outcome, row.total) for row in models] == [
        ("m2", Outcome.DIFFERS, None),
        ("m1", Outcome.DIFFERS, None),
        ("m0", Outcome.DIFFERS, None),
    ]


def test_models_whose_differences_cancel_out_make_a_day_that_differs():
    up, down = Compared(replace(OURS, model="x"), 3, Decimal("0.4")), Compared(OURS, 3, Decimal("0.2"))
    whole, *_ = results("key", DAY, theirs_of(up, down), NOW, may_be_partial=False)
    assert (whole.cost, whole.their_cost, whole.outcome) == (Decimal("0.6"), Decimal("0.6"), Outcome.DIFFERS)


def test_a_day_on_which_the_ledger_began_tells_nothing():
    rows = results("key", DAY, theirs_of(Compared(OURS, 3, Decimal(9))), NOW, may_be_partial=True)
    assert {row.outcome for row in rows} == {Outcome.UNKNOWN}


def test_the_number_of_models_is_limited():
    lines = [Compared(replace(OURS, model=f"m{number}"), 3, Decimal(9)) for number in range(MOST_REPORTED + 5)]
    assert len(results("key", DAY, theirs_of(*lines), NOW, may_be_partial=False)) == 1 + MOST_REPORTED

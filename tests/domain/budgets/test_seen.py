"""What was seen of the counters decides when a turn waits for its reservation."""

from datetime import UTC, datetime

import pytest

from domain.budgets.accounts import Due
from domain.budgets.amounts import Amounts
from domain.budgets.rule import Period, Rule, Scope
from domain.budgets.seen import MANY, SECONDS, SeenBalances
from domain.budgets.windows import window_of
from ports.budgets import Balance, Unit

NOW = datetime(2026, 11, 30, tzinfo=UTC)
TURN = Amounts(None, 10, requests=1)


def due(hard: int | None = 10_000, soft: int | None = None) -> Due:
    rule = Rule("Tokens", Scope.EACH, Period.DAY, Unit.TOKENS, hard=hard, soft=soft)
    return Due(rule, "counter", window_of(Period.DAY, NOW, UTC))


def seen(taken: int, *, held: bool = True) -> SeenBalances:
    known = SeenBalances()
    known.note([Balance("counter", taken)], 0.0, held=held)
    return known


@pytest.mark.parametrize(
    ("taken", "limits", "plenty"),
    [
        (0, due(), True),
        (10_000 - 10 * MANY, due(), True),
        (10_001 - 10 * MANY, due(), False),
        (0, due(hard=None, soft=999), False),
        (0, due(hard=10_000, soft=999), False),
        (10**9, due(hard=None), True),
    ],
)
def test_there_is_plenty_while_many_such_turns_fit_below_both_limits(taken, limits, plenty):
    assert seen(taken).has_plenty([limits], TURN, 1.0) is plenty


def test_what_was_not_seen_lately_is_no_plenty():
    assert not SeenBalances().has_plenty([due()], TURN, 0.0)
    assert not seen(0).has_plenty([due()], TURN, SECONDS)


def test_a_counter_that_refused_is_read_again_until_it_admits_a_turn_or_a_minute_is_over():
    known = seen(0)
    known.refused("counter", 10.0)
    assert known.may_refuse([due()], 20.0)
    assert not known.has_plenty([due()], TURN, 20.0)
    known.note([Balance("counter", 5)], 30.0, held=False)
    assert known.may_refuse([due()], 31.0)
    assert not known.may_refuse([due()], 30.0 + SECONDS)
    known.note([Balance("counter", 5)], 40.0, held=True)
    assert not known.may_refuse([due()], 41.0)

"""The rules of tools with random input: strict schemas, the machine that runs rounds, breakers against a model."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from hypothesis import HealthCheck, assume, given, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test
from jsonschema import Draft202012Validator

from domain.request.schemas import is_closed
from domain.tools.plan import CallLimits
from domain.tools.relaxing import relaxed
from domain.tools.strict import strict
from domain.turn.events import Cancelled
from tests.domain.breakers.test_breaker_model import BreakerMachine
from tests.domain.tools.schemas import ROOTS, value_of
from tests.domain.turn.talk import call
from tests.domain.turn.test_turn_tools_properties import ARGUMENTS, assert_whole, let_time_pass, played

NAMES = ("look", "look", "send", "other")
MOVES = ("begin", "finish", "finish", "fail", "wait")
VALUES = 3
"""Values drawn for each schema."""


@dataclass
class Figures:
    """The counts; `misses` lists what must not happen."""

    counts: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)


def run_schemas(examples: int, seeded: int = 0) -> Figures:
    """Check that every value a strict schema allows is valid by the original, with the library jsonschema."""
    figures = Figures()

    @given(ROOTS, st.data())
    def judge(original: dict[str, Any], data: Any) -> None:
        made = strict(original).schema
        figures.counts["schemas"] += 1
        assume(made is not None)
        assert made is not None
        assert is_closed(made)
        figures.counts["strict"] += 1
        rule, first = Draft202012Validator(dict(made)), Draft202012Validator(original)
        for _ in range(VALUES):
            value = value_of(data.draw, made, made)
            if rule.is_valid(value):
                figures.counts["values"] += 1
                first.validate(relaxed(value, original))

    _tried(judge, examples, seeded, figures)
    return figures


def run_machine(turns: int, seeded: int = 0) -> Figures:
    """Check that every call of every round has one output, in order, within the limits, however the turn ends."""
    figures, rng = Figures(), Random(seeded)
    for number in range(turns):
        limits = CallLimits(
            parallel=rng.randint(1, 8),
            seconds=5.0,
            queue=rng.choice((1, 6, 50)),
            round_seconds=rng.choice((5.0, 12.0)),
            still_seconds=rng.choice((None, 3.0)),
        )
        rounds = [_round(rng) for _ in range(rng.randint(1, 5))]
        moves = [(rng.choice(MOVES), rng.randint(0, 8)) for _ in range(rng.randint(0, 150))]
        driver = played(limits, rounds, moves)
        stopped = rng.random() < 0.5
        try:
            driver.feed(Cancelled()) if stopped else let_time_pass(driver)
            assert_whole(driver, limits)
        except (AssertionError, ValueError) as error:
            figures.misses.append(f"turn {number}: {str(error)[:200] or type(error).__name__}")
        figures.counts["turns"] += 1
        figures.counts["stopped"] += stopped
        figures.counts["ran"] += len(driver.ran)
        figures.counts["answered"] += len(driver.results)
        figures.counts["most"] = max(figures.counts["most"], driver.most)
    return figures


def run_breaker(examples: int, steps: int, seeded: int = 0) -> Figures:
    """Check that a breaker acts like a model that stores every call."""
    figures = Figures()

    class Counted(BreakerMachine):
        def check_invariants(self, *arguments: Any, **named: Any) -> None:
            figures.counts["steps"] += 1
            super().check_invariants(*arguments, **named)

    try:
        run_state_machine_as_test(
            seed(seeded)(Counted),
            settings=settings(max_examples=examples, stateful_step_count=steps, **QUIETLY),
        )
    except AssertionError as error:
        figures.misses.append(f"breaker: {str(error)[:300]}")
    figures.counts["runs"] = examples
    return figures


QUIETLY: dict[str, Any] = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}


def _tried(judge: Callable[[], None], examples: int, seeded: int, figures: Figures) -> None:
    try:
        seed(seeded)(settings(max_examples=examples, **QUIETLY)(judge))()
    except Exception as error:  # noqa: BLE001 - any error of an example is a miss
        figures.misses.append(f"schemas: {type(error).__name__}: {str(error)[:300]}")


def _round(rng: Random) -> list[dict[str, Any]]:
    ids = [f"c{number}" for number in range(rng.choice((3, 6, 70)))]
    made = (call(rng.choice(ids), rng.choice(NAMES), rng.choice(ARGUMENTS)) for _ in range(rng.choice((1, 3, 9, 60))))
    return [json.loads(json.dumps(one)) for one in made]

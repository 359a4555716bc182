"""The due times of the pieces of an answer; no clock is needed to check them."""

from datetime import UTC, datetime

from entrypoints.simulator.prompts import Prompt
from entrypoints.simulator.scenarios.ask import Ask
from entrypoints.simulator.scenarios.registry import casting
from entrypoints.simulator.writers.facts import Facts
from entrypoints.simulator.writers.responses import ResponsesWriter
from entrypoints.simulator.writers.steps import Due, Step, steps


def played(slug: str) -> list[Step]:
    cast = casting(slug)
    assert cast is not None
    script = cast.play(Ask(slug, "gen-1", Prompt("hi")))
    assert isinstance(script, tuple)
    facts = Facts("gen-1", datetime(2026, 1, 1, tzinfo=UTC), slug, slug, "Simulator", {}, {}, Prompt("hi"))
    return list(steps(script, ResponsesWriter(facts)))


def offsets(slug: str) -> list[float]:
    return [step.offset for step in played(slug) if isinstance(step, Due)]


def test_deltas_at_a_rate_are_due_at_multiples_of_its_interval() -> None:
    assert offsets("sim/deltas-5-rate-20") == [0.0, 0.05, 0.1, 0.15, 0.2]


def test_answer_is_due_after_the_thinking() -> None:
    assert offsets("sim/deltas-2-rate-10-thinking-3") == [0.0, 0.1, 0.2, 0.2, 0.30000000000000004]


def test_deltas_without_a_rate_are_due_at_once() -> None:
    assert offsets("sim/deltas-5000") == []


def test_slow_start_waits_for_its_seconds() -> None:
    assert offsets("sim/slow-start-1p5")[-1] == 1.5


def test_slug_without_a_scenario_has_no_casting() -> None:
    unknown = ("sim/nothing", "sim/deltas-", "sim/deltas-5-rate-", "openai/gpt-5.6-luna", "sim/error-200")
    assert [casting(slug) for slug in unknown] == [None] * len(unknown)

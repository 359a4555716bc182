"""Schemas that were made to hold up the process: every check ends, and what cannot be checked is accepted."""

import json
import re
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.json_schema import patterns
from adapters.json_schema.checker import KEPT_CHARACTERS, SECONDS, JsonSchemaChecker
from adapters.json_schema.values import canonical
from ports.work_budget import BudgetSpent, WorkBudget
from tests.doubles.re2 import Re2Double
from tests.doubles.telemetry import RecordedTelemetry

LETTERS = "a" * 28 + "!"
EVIL = "^(a+)+$"
SLACK = 1.0
"""Seconds a check may take beyond its limit on a busy machine."""


def chain(keyword: str, section: str, links: int = 30, fan: int = 2) -> dict[str, Any]:
    """Definitions that each lead to the next one several times: as many ways as `fan` to the power of `links`."""
    definitions: dict[str, Any] = {
        f"d{number}": {keyword: [{"$ref": f"#/{section}/d{number + 1}"}] * fan} for number in range(links)
    }
    definitions[f"d{links}"] = {"type": "string"} if keyword != "allOf" else {"type": "object"}
    return {"$ref": f"#/{section}/d0", section: definitions}


def web(size: int) -> dict[str, Any]:
    """Definitions that each lead to every one of them: as many ways back as there are orders of them."""
    every = [{"$ref": f"#/$defs/d{number}"} for number in range(size)]
    return {"anyOf": every, "$defs": {f"d{number}": {"allOf": every} for number in range(size)}}


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": [value]}
    return value


def colliding(count: int) -> list[int]:
    """Return numbers that all have the same hash."""
    return [number * (2**61 - 1) for number in range(count)]


SAME_TREE = {"oneOf": [{"properties": {"a": {"items": {"$ref": "#"}}}}] * 3}
HOSTILE: dict[str, tuple[dict[str, Any], Any]] = {
    "pattern": ({"properties": {"a": {"pattern": EVIL}}}, {"a": LETTERS}),
    "pattern of a name": ({"patternProperties": {EVIL: False}}, {LETTERS: 1}),
    "pattern beside others": ({"patternProperties": {EVIL: True}, "additionalProperties": False}, {LETTERS: 1}),
    "pattern of names": ({"propertyNames": {"pattern": EVIL}}, {LETTERS: 1}),
    "pattern and unevaluated": ({"patternProperties": {EVIL: True}, "unevaluatedProperties": False}, {LETTERS: 1}),
    "format that is a pattern": ({"properties": {"a": {"format": "regex"}}}, {"a": EVIL}),
    "anyOf over $defs": (chain("anyOf", "$defs"), {"a": 1}),
    "oneOf over definitions": (chain("oneOf", "definitions"), {"a": 1}),
    "allOf over definitions": (chain("allOf", "definitions"), {"a": 1}),
    "recursion": (SAME_TREE, deep(30)),
    "unevaluated": ({**chain("anyOf", "$defs"), "unevaluatedProperties": False}, {"a": 1}),
    "circle": ({"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}, {"a": 1}),
    "circles in circles": (web(12), {"a": 1}),
    "circles and unevaluated": ({**web(12), "unevaluatedProperties": False}, {"a": 1}),
    "many rules, many items": (
        {"properties": {"a": {"allOf": [{"items": {"minimum": number}} for number in range(-999, 0)]}}},
        {"a": list(range(5_000))},
    ),
    "large enumerations": (
        {"properties": {"a": {"items": {"enum": [[text] for text in map(str, range(5_000))]}}}},
        {"a": [["x"]] * 5_000},
    ),
    "items that are not unique": (
        {"properties": {"a": {"uniqueItems": True}}},
        {"a": [{"b": [number]} for number in range(5_000)]},
    ),
    "numbers of one hash": ({"properties": {"a": {"uniqueItems": True}}}, {"a": colliding(20_000)}),
    "an enumeration of one hash": (
        {"properties": {"a": {"enum": colliding(20_000)}}},
        {"a": 20_001 * (2**61 - 1)},
    ),
    "huge numbers": ({"properties": {"a": {"items": {"multipleOf": 3**2_000}}}}, {"a": [7**5_000] * 2_000}),
    "dependent schemas": (
        {"dependentSchemas": {f"k{number}": {"minProperties": 1} for number in range(20_000)}},
        {f"k{number}": number for number in range(20_000)},
    ),
    "large values in errors": (
        {"properties": {"a": {"not": {"items": {"anyOf": [{"const": 1}] * 50}}}}},
        {"a": ["x" * 500_000] * 50},
    ),
    "deep schema": ({"properties": {"a": deep(5_000)}}, {"a": 1}),
    "deep value": ({"items": {"$ref": "#"}, "properties": {"a": {"$ref": "#"}}}, deep(400)),
    "wide schema": ({"properties": {f"p{number}": {"type": "string"} for number in range(200_000)}}, {"a": 1}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_every_check_ends_in_time(name):
    schema, value = HOSTILE[name]
    check, began = JsonSchemaChecker(), time.thread_time()

    check(schema, value)

    assert time.thread_time() - began < SECONDS + SLACK


UNCHECKED = ("anyOf over $defs", "oneOf over definitions", "allOf over definitions", "many rules, many items")


@pytest.mark.parametrize("name", [*UNCHECKED, "deep schema", "wide schema"])
def test_what_takes_too_long_is_accepted_and_logged(name):
    log = RecordedTelemetry()
    schema, value = HOSTILE[name]

    assert JsonSchemaChecker(log)(schema, value) == ""
    assert log.named("tool_arguments_unchecked")


LARGE_VALUES = [[1] * 999, [None] * 999, [[]] * 999, [{}] * 999, {str(number): 0.5 for number in range(999)}]


@pytest.mark.parametrize("value", [*LARGE_VALUES, "x" * 999_999, 2**999_999], ids=lambda value: type(value).__name__)
def test_a_comparison_costs_as_many_steps_as_its_value_is_large(value):
    with pytest.raises(BudgetSpent):
        canonical(value, WorkBudget(500))


@pytest.mark.parametrize(("levels", "checked"), [(60, True), (150, False)])
def test_a_judgement_ends_long_before_the_stack_of_a_thread(levels, checked):
    log = RecordedTelemetry()
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}

    said = JsonSchemaChecker(log)({"type": "object", "properties": {"a": {"$ref": "#"}}}, value)

    assert bool(said) == checked
    reasons = [line.values["reason"] for line in log.named("tool_arguments_unchecked")]
    assert reasons == ([] if checked else ["nested too deep"])


def test_the_clock_is_a_second_brake():
    log, times = RecordedTelemetry(), iter(range(1_000_000))
    check = JsonSchemaChecker(log, steps=10**9, clock=lambda: float(next(times)))

    assert check({"properties": {"a": {"items": {"minimum": 1}}}}, {"a": [*range(1, 5_000), 0]}) == ""
    assert log.named("tool_arguments_unchecked")


LEAVES = st.sampled_from([{"type": "string"}, {"type": "integer"}, {}, {"uniqueItems": True}, {"enum": [1, "a", {}]}])


@st.composite
def tangled(draw: st.DrawFn) -> dict[str, Any]:
    """Definitions that lead to each other in every way."""
    count = draw(st.integers(2, 12))
    sections = draw(st.sampled_from(["$defs", "definitions"]))
    reference = st.integers(0, count - 1).map(lambda number: {"$ref": f"#/{sections}/d{number}"})
    several = st.lists(reference | LEAVES, min_size=1, max_size=4)
    part = st.one_of(
        LEAVES,
        reference,
        st.dictionaries(st.sampled_from(["anyOf", "oneOf", "allOf"]), several, min_size=1),
        st.dictionaries(st.sampled_from(["items", "not", "if", "contains", "additionalProperties"]), reference),
        st.dictionaries(st.sampled_from(["unevaluatedProperties", "unevaluatedItems"]), reference),
        st.fixed_dictionaries({"properties": st.dictionaries(st.sampled_from("ab"), reference)}),
    )
    return {"anyOf": draw(several), sections: {f"d{number}": draw(part) for number in range(count)}}


@settings(max_examples=150, deadline=None)
@given(tangled(), st.integers(0, 40))
def test_any_tangle_of_references_ends_within_its_steps(schema, levels):
    began = time.thread_time()

    JsonSchemaChecker(steps=20_000)(schema, deep(levels))

    assert time.thread_time() - began < SLACK


@pytest.fixture
def re2(monkeypatch):
    double = Re2Double()
    monkeypatch.setattr(patterns, "import_module", lambda _name: double)
    forget()
    yield double
    forget()


@pytest.fixture
def no_re2(monkeypatch):
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(patterns, "import_module", missing)
    forget()
    yield
    forget()


def forget() -> None:
    patterns._engine.cache_clear()
    patterns._compiled.cache_clear()


DIGITS = {
    "properties": {"a": {"type": "string", "pattern": "^[0-9]+$"}},
    "patternProperties": {"^n_": {"type": "number"}},
    "additionalProperties": {"type": "null"},
}


@pytest.mark.parametrize(
    ("value", "wrong"), [({"a": "12"}, ""), ({"a": "x"}, "a: 'x'"), ({"n_1": "x"}, "n_1: 'x'"), ({"b": 1}, "b: 1")]
)
def test_patterns_are_judged_where_re2_is_installed(re2, value, wrong):
    said = JsonSchemaChecker()(DIGITS, value)

    assert said.startswith(wrong)
    assert bool(said) == bool(wrong)
    assert set(re2.compiled) <= {"^[0-9]+$", "^n_"}


@pytest.mark.parametrize(("value", "valid"), [({"a": "x"}, True), ({"a": 1}, False), ({"n_1": "x"}, True)])
def test_patterns_are_left_out_where_re2_is_missing(no_re2, value, valid):
    assert (JsonSchemaChecker()(DIGITS, value) == "") == valid


def test_a_property_that_a_pattern_might_name_is_not_called_unexpected(no_re2):
    schema = {"patternProperties": {"^n_": {}}, "additionalProperties": False}
    assert JsonSchemaChecker()(schema, {"n_1": 1}) == ""
    assert JsonSchemaChecker()({**schema, "patternProperties": {}}, {"n_1": 1}) != ""


@pytest.mark.parametrize("pattern", ["(?=a)b", "\\1", "a" * 5_000, "("])
def test_a_pattern_that_re2_does_not_take_is_left_out(re2, pattern):
    assert JsonSchemaChecker()({"properties": {"a": {"pattern": pattern}}}, {"a": "x"}) == ""


@pytest.mark.parametrize("name", [name for name in HOSTILE if "pattern" in name])
def test_no_pattern_ever_reaches_the_module_re(no_re2, monkeypatch, name):
    asked: list[object] = []
    check = JsonSchemaChecker()
    schema, value = HOSTILE[name]
    with monkeypatch.context() as patched:
        for function in ("compile", "search", "match", "fullmatch"):
            patched.setattr(re, function, lambda *given, **_: asked.append(given))
        check(schema, value)
    assert asked == []


def test_kept_validators_are_bounded_in_size():
    check = JsonSchemaChecker()
    for number in range(40):
        check({"title": f"{number}" + "x" * 400_000}, {})

    assert check._characters <= KEPT_CHARACTERS
    assert all(len(key) == 32 for key in check._validators)


def test_the_clock_is_a_brake_while_a_large_schema_is_read(monkeypatch):
    looks = [0.0]

    def clock() -> float:
        looks[0] += SECONDS / 4
        return looks[0]

    def never(*_: object) -> str:
        raise AssertionError("the schema was read to its end")

    many = {"oneOf": [{"oneOf": [{"properties": {"a": {"const": place}}} for place in range(40)]} for _ in range(400)]}
    log = RecordedTelemetry()
    monkeypatch.setattr(json, "dumps", never)
    assert JsonSchemaChecker(log, clock=clock)(many, {"a": 3}) == ""
    assert log.only("tool_arguments_unchecked")

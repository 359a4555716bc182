"""Arguments as models write them: parsed, checked by the original schema, or rejected with a one-line reason."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.json_schema.checker import JsonSchemaChecker
from domain.tools.arguments import InvalidArguments, accepted, arguments_of, decoded
from domain.tools.registry import merged
from ports.toolbox import ToolSpec
from tests.doubles.telemetry import RecordedTelemetry
from tests.examples import examples

CITY = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}, "required": ["city"]}


def tool(parameters=CITY, *, strictly=True):
    (offered,) = merged([ToolSpec("look", "", parameters, "x")], strictly=strictly).tools.values()
    return offered


def needs_city(schema, arguments):
    """A checker: only what the schema requires, and no nulls."""
    missing = [name for name in schema.get("required", ()) if name not in arguments]
    nulls = [name for name, value in arguments.items() if value is None]
    return f"missing {missing[0]}" if missing else f"{nulls[0]} is null" if nulls else ""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ("", {}),
        ("  \n", {}),
        ("null", {}),
        ("{'a': True, 'b': None, 'c': (1, 2)}", {"a": True, "b": None, "c": [1, 2]}),
        ('{"a": "\\ud800"}', {"a": "\ufffd"}),
        ('{"a": "\\ud83d\\ude00"}', {"a": "\U0001f600"}),
        ('{"\\udfff": [1.5, null]}', {"\ufffd": [1.5, None]}),
    ],
)
def test_an_object_is_parsed(text, value):
    assert decoded(text) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[1]", "an object is needed, this is list"),
        ('"text"', "an object is needed, this is text"),
        ('{"a": ', "this is no JSON object: Expecting value"),
        ("plain", "this is no JSON object: Expecting value"),
        ("{1, 2}", "this is no JSON object"),
        ("{1: 2}", "this is no JSON object"),
        ("{'a': {1}}", "this is no JSON object"),
        ("{'a': b'x'}", "this is no JSON object"),
        ("{'a': print()}", "this is no JSON object"),
        ('{"a": NaN}', "JSON has no number NaN"),
        ('{"a": 1e999}', "JSON has no number that is not finite"),
        ('{"a": ' + "9" * 5000 + "}", "this is no JSON object: a number is out of range"),
        ('{"a": ' + "[" * 100 + "]" * 100 + "}", "they nest too deep"),
        ('{"a": ' + "[" * 100_000 + "}", "they nest too deep"),
        ("{'a': " + "[" * 10_000 + "}", "they nest too deep"),
        ('{"a": "' + "x" * 1_000_001 + '"}', "characters are too many"),
    ],
)
def test_anything_else_is_rejected_with_a_reason(text, reason):
    with pytest.raises(InvalidArguments, match=r"^invalid arguments: [^\n]+$") as refused:
        decoded(text)
    assert reason in refused.value.reason


@examples(60)
@given(st.one_of(st.text(), st.text("{}[]'\":,1 \\\ud800", max_size=12)))
def test_no_text_raises_anything_but_invalid_arguments(text):
    try:
        assert isinstance(decoded(text), dict)
    except InvalidArguments:
        pass


def test_nulls_of_a_strict_call_count_as_omitted():
    assert arguments_of('{"city": "Perth", "days": null}', tool(), needs_city) == {"city": "Perth"}


def test_nulls_of_a_loose_call_are_dropped_where_the_schema_forbids_null():
    assert arguments_of('{"city": "Perth", "days": null}', tool(strictly=False), needs_city) == {"city": "Perth"}


def test_nulls_of_a_loose_call_stay_where_the_schema_allows_null():
    assert arguments_of('{"city": null, "days": null}', tool(strictly=False), lambda *_: "")["days"] is None


def test_the_problem_of_the_check_is_the_reason():
    with pytest.raises(InvalidArguments, match="missing city"):
        arguments_of("{}", tool(), needs_city)


def test_a_wrapped_object_is_unwrapped():
    wrapped = tool({"anyOf": [CITY, {"type": "null"}]})
    assert arguments_of('{"value": {"city": "Perth", "days": null}}', wrapped, needs_city) == {"city": "Perth"}


def test_a_wrapped_object_may_come_unwrapped():
    assert arguments_of('{"city": "Perth"}', tool({"anyOf": [CITY, {"type": "null"}]}), needs_city) == {"city": "Perth"}


def test_a_wrapped_value_that_is_no_object_stays_under_its_key():
    assert arguments_of('{"value": [1]}', tool({"type": "array", "items": {"type": "integer"}}), needs_city) == {
        "value": [1]
    }


CHECK = JsonSchemaChecker(RecordedTelemetry())
TYPED = {
    "type": "object",
    "properties": {
        "tags": {"type": "array", "items": {"type": "string"}},
        "n": {"type": "integer"},
        "x": {"type": ["number", "null"]},
        "yes": {"type": "boolean"},
        "deep": {"type": "object", "properties": {"n": {"type": "integer"}}},
        "rows": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "integer"}}}},
        "text": {"type": "string"},
    },
}


@pytest.mark.parametrize("strictly", [True, False])
@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"tags": "a"}, {"tags": ["a"]}),
        ({"tags": '["a", "b"]'}, {"tags": ["a", "b"]}),
        ({"n": "3"}, {"n": 3}),
        ({"x": "2.5"}, {"x": 2.5}),
        ({"yes": "true"}, {"yes": True}),
        ({"deep": '{"n": "4"}'}, {"deep": {"n": 4}}),
        ({"rows": {"n": "1"}}, {"rows": [{"n": 1}]}),
        ({"rows": [{"n": "1"}, {"n": 2}]}, {"rows": [{"n": 1}, {"n": 2}]}),
    ],
)
def test_values_of_a_certain_meaning_are_converted_and_sent_back_as_they_ran(given, meant, strictly):
    read = accepted(json.dumps(given), tool(TYPED, strictly=strictly), CHECK)
    assert read.arguments == meant
    assert json.loads(read.written) == meant


@pytest.mark.parametrize("given", [{"n": "three"}, {"n": 3.5}, {"yes": "maybe"}, {"text": 3}, {"n": [3]}])
def test_other_values_are_refused(given):
    with pytest.raises(InvalidArguments):
        accepted(json.dumps(given), tool(TYPED), CHECK)


@pytest.mark.parametrize("text", ['{"text": "3"}', '{"text": "[1]", "tags": ["a"]}', "{}", '{"n": 3, "x": null}'])
def test_what_the_schema_accepts_is_sent_back_as_the_model_wrote_it(text):
    assert accepted(text, tool(TYPED), CHECK).written == ""


def test_a_wrapped_value_is_converted_in_its_wrapper():
    read = accepted('{"value": "7"}', tool({"type": "integer"}), CHECK)
    assert (read.arguments, read.written) == ({"value": 7}, '{"value": 7}')

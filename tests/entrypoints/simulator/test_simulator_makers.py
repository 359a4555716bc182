"""The receivers of tools, one per maker: they refuse what the maker refuses, in its words, and take everything else."""

from typing import Any

import pytest

from entrypoints.simulator.answers import Refusal
from entrypoints.simulator.refusals.makers.receive import RECEIVERS, check_tools
from entrypoints.simulator.refusals.verdicts import Provider
from tests.entrypoints.simulator.reading import Caller

TEXT = {"type": "string"}


def obj(properties: Any, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, **more}


def closed(properties: Any) -> dict[str, Any]:
    return obj(properties, required=list(properties), additionalProperties=False)


def said(maker: str, parameters: Any, *, name: str = "look", strict: bool = False, times: int = 1) -> str:
    tool = {"type": "function", "name": name, "parameters": parameters, "strict": strict}
    tools = [{**tool, "name": f"{name}{number or ''}"} for number in range(times)]
    try:
        check_tools(tools, Provider(f"{maker}/model", "Provider"))
    except Refusal as refused:
        return refused.answer.body.decode().replace('\\\\\\"', "'").replace('\\"', "'")
    return ""


@pytest.mark.parametrize("maker", [*RECEIVERS, "other"])
def test_a_plain_tool_is_taken_by_everyone(maker: str) -> None:
    assert said(maker, obj({"city": TEXT, "days": {"type": "integer"}}, required=["city"])) == ""
    assert said(maker, obj({"list": {"type": "array", "items": TEXT}})) == ""


@pytest.mark.parametrize("maker", ["openai", "anthropic", "mistralai"])
def test_a_closed_schema_is_taken_as_strict(maker: str) -> None:
    assert said(maker, closed({"city": TEXT, "to": {"type": ["string", "null"]}}), strict=True) == ""


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = TEXT
    for _ in range(levels):
        schema = closed({"a": schema})
    return schema


REFUSED: list[tuple[str, str, dict[str, Any], Any]] = [
    ("openai", "array schema missing items", {}, obj({"a": {"type": "array"}})),
    ("openai", "regex lookaround is not supported", {}, obj({"a": {"type": "string", "pattern": "^(?!x)"}})),
    ("openai", "not have 'oneOf'/'anyOf'", {}, obj({}, anyOf=[{"required": []}])),
    ("openai", "array too long. Expected an array with maximum length 128", {"times": 129}, obj({})),
    ("openai", "string too long", {"name": "x" * 65}, obj({})),
    ("openai", "levels of nesting exceeds limit of 10", {"strict": True}, nested(11)),
    (
        "openai",
        "enum values in total",
        {"strict": True},
        closed({"a": {**TEXT, "enum": [str(n) for n in range(1001)]}}),
    ),
    ("openai", "'minLength' is not permitted", {"strict": True}, closed({"a": {**TEXT, "minLength": 1}})),
    ("openai", "'additionalProperties' is required", {"strict": True}, obj({"a": TEXT}, required=["a"])),
    ("anthropic", "does not support oneOf, allOf, or anyOf at the top level", {}, obj({}, oneOf=[{}])),
    ("anthropic", "must match JSON Schema draft 2020-12", {}, obj({"a": {"type": "array", "items": [TEXT]}})),
    ("anthropic", "Property keys should match pattern", {}, obj({"filter[id]": TEXT})),
    ("anthropic", "maximum number of strict tools is 20", {"strict": True, "times": 21}, closed({"a": TEXT})),
    ("anthropic", "minimum are not supported", {"strict": True}, closed({"a": {"type": "integer", "minimum": 1}})),
    (
        "anthropic",
        "too many parameters with union types",
        {"strict": True, "times": 17},
        closed({"a": {"type": ["string", "null"]}}),
    ),
    ("google", "Proto field is not repeating", {}, obj({"a": {"type": ["string", "null"]}})),
    ("google", "(TYPE_STRING), 1", {}, obj({"a": {"type": "integer", "enum": [1]}})),
    ("google", "Unknown name '$ref'", {}, obj({"a": {"$ref": "#/$defs/A"}})),
    ("google", "Unknown name 'const'", {}, obj({"a": {"const": "x"}})),
    ("google", "items: missing field", {}, obj({"a": {"type": "array"}})),
    ("google", "property is not defined", {}, obj({}, required=["a"])),
    ("google", "it must be the only field set", {}, obj({"a": {"anyOf": [TEXT], "description": "d"}})),
    ("google", "are supported for STRING type", {}, obj({"a": {**TEXT, "format": "uri"}})),
    ("google", "At most 512 function declarations", {"times": 513}, obj({})),
    ("google", "Invalid function name", {"name": "7days"}, obj({})),
    ("mistralai", "but must be a-z, A-Z, 0-9", {"name": "x" * 65}, obj({})),
    ("mistralai", "Invalid tool schema", {}, obj({"a": {"type": "integer", "minimum": 0, "exclusiveMinimum": True}})),
    ("mistralai", "failed to compile JSON schema", {}, {**obj({}), "$id": "x"}),
]


@pytest.mark.parametrize(("maker", "words", "how", "parameters"), REFUSED, ids=[f"{r[0]}: {r[1]}" for r in REFUSED])
def test_what_a_maker_refuses_is_refused_in_its_words(
    maker: str, words: str, how: dict[str, Any], parameters: Any
) -> None:
    assert words in said(maker, parameters, **how)
    assert said("other", parameters, **how) == ""


async def test_both_endpoints_pass_the_refusal_on(caller: Caller) -> None:
    flat = {"name": "look", "parameters": obj({"a": {"type": "array"}})}
    replies = [
        await caller.answer("openai/gpt-5.6-sol", tools=[{"type": "function", **flat}]),
        await caller.chat("openai/gpt-5.6-sol", tools=[{"type": "function", "function": flat}]),
    ]
    for reply in replies:
        assert (reply.status, b"array schema missing items" in reply.raw) == (400, True)


async def test_every_model_of_the_catalog_obeys_ordered_calls(caller: Caller) -> None:
    tools = [{"type": "function", "name": "look", "parameters": obj({})}]
    reply = await caller.stream("google/gemini-3.6-flash", 'CALL look {"a": 1}', tools=tools)
    (call,) = reply.last["response"]["output"]
    assert (call["name"], call["arguments"]) == ("look", '{"a": 1}')

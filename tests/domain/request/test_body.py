"""The body contains only what the endpoint knows and the model supports, in the form the endpoint accepts."""

from dataclasses import replace
from typing import Any

import pytest

from domain.catalog.support import supports
from domain.faults.fault import Fault, FaultKind
from domain.request.body import Prepared, build
from domain.request.reasoning import EFFORTS
from domain.request.turn_request import Caller, Parameters, Thinking, TurnRequest
from ports.catalog import Model, Reasoning
from ports.json_values import JsonObject
from ports.responses import ResponsesBody, Route

REQUEST = TurnRequest(
    "maker/model", ({"role": "user", "content": "Why?"},), Route("https://a.example", "key"), thinking=Thinking(False)
)
ALL = frozenset(
    {"temperature", "top_p", "top_k", "frequency_penalty", "presence_penalty", "tools", "reasoning"}
    | {"response_format", "structured_outputs", "tool_choice"}
)
MODEL = Model("maker/model", "Model", supported_parameters=ALL, reasoning=Reasoning(takes_effort=True))
PLAIN = Model("maker/plain", "Plain", supported_parameters=frozenset({"max_tokens"}))
TOOL = {"type": "function", "function": {"name": "look", "description": "Looks", "parameters": {"type": "object"}}}
FLAT = {
    "type": "function",
    "name": "look",
    "parameters": {"type": "object", "properties": {}},
    "strict": False,
    "description": "Looks",
}


def built(
    model: Model | None = MODEL,
    *,
    request: TurnRequest = REQUEST,
    offered: tuple[JsonObject, ...] = (),
    **asked: Any,
) -> ResponsesBody:
    """Build the body for parameters `asked` for."""
    sent = build(replace(request, parameters=Parameters(**asked)), "maker/model", model, offered)
    assert isinstance(sent, Prepared)
    return sent.request.body


def test_plain_request_contains_only_the_model_and_the_messages():
    part = {"type": "input_text", "text": "Why?"}
    assert built() == ResponsesBody("maker/model", ({"type": "message", "role": "user", "content": [part]},))


def test_empty_messages_are_a_fault():
    fault = build(replace(REQUEST, messages=({"role": "user"},)), "maker/model", MODEL)
    assert isinstance(fault, Fault)
    assert fault.kind is FaultKind.BAD_MESSAGES


def test_stream_flag_of_the_request_is_sent():
    assert built(request=replace(REQUEST, stream=False)).stream is False


SAMPLING: dict[str, Any] = {
    "temperature": 0.0,
    "top_p": 0.5,
    "top_k": 3,
    "frequency_penalty": 0.1,
    "presence_penalty": -0.1,
}


@pytest.mark.parametrize("name", SAMPLING)
def test_sampling_parameter_is_sent_to_a_model_that_lists_it(name):
    assert getattr(built(**{name: SAMPLING[name]}), name) == SAMPLING[name]


@pytest.mark.parametrize("name", SAMPLING)
def test_sampling_parameter_is_not_sent_to_a_model_that_does_not_list_it(name):
    assert getattr(built(PLAIN, **{name: SAMPLING[name]}), name) is None


def test_model_outside_the_catalog_gets_every_requested_parameter():
    assert supports(None, "temperature")
    assert built(None, temperature=0.5).temperature == 0.5


def test_model_that_lists_no_parameters_gets_every_requested_parameter():
    assert built(Model("maker/router", "Router"), temperature=0.5).temperature == 0.5


@pytest.mark.parametrize(
    ("asked", "ceiling", "sent"), [(None, 100, None), (50, 100, 50), (500, 100, 100), (3, 100, 16), (500, None, 500)]
)
def test_output_limit_is_clamped_to_the_limits_of_upstream_and_the_model(asked, ceiling, sent):
    model = replace(MODEL, max_completion_tokens=ceiling)
    assert built(model, max_output_tokens=asked).max_output_tokens == sent


# --- thinking ---------------------------------------------------------------------------------------------------

ON = replace(REQUEST, thinking=Thinking(enabled=True, effort="medium", summary="auto"))


def thinker(**described: object) -> Model:
    """Return a model with the given reasoning in its catalog entry."""
    return replace(MODEL, reasoning=Reasoning(**{"takes_effort": True, **described}))  # type: ignore[arg-type]


def test_reasoning_is_requested_from_a_model_that_supports_it():
    body = built(request=ON)
    assert (body.reasoning, body.include) == (
        {"effort": "medium", "summary": "auto"},
        ("reasoning.encrypted_content",),
    )


@pytest.mark.parametrize("model", [PLAIN, None], ids=["cannot", "unknown"])
def test_reasoning_is_not_requested_from_other_or_unknown_models(model):
    body = built(model, request=ON, reasoning={"effort": "high"})
    assert (body.reasoning, body.include) == (None, ())


def test_reasoning_that_is_switched_off_is_not_mentioned():
    assert built().reasoning is None


def test_requested_effort_is_sent_although_reasoning_is_switched_off():
    assert built(reasoning={"effort": "low"}).reasoning == {"effort": "low", "summary": "auto"}


def test_summary_of_the_caller_overrides_the_operators():
    asked: dict[str, Any] = {"reasoning": {"effort": "high", "summary": "detailed"}}
    assert built(request=ON, **asked).reasoning == {"effort": "high", "summary": "detailed"}


@pytest.mark.parametrize(
    ("wish", "allowed", "sent"),
    [
        ("medium", ("low", "high"), "low"),
        ("xhigh", ("low", "medium", "high"), "high"),
        ("minimal", ("medium", "high"), "medium"),
        ("high", ("max", "high", "low"), "high"),
        ("odd", None, "medium"),
        ("max", None, "max"),
    ],
)
def test_nearest_allowed_effort_is_sent(wish, allowed, sent):
    assert (built(thinker(efforts=allowed), reasoning={"effort": wish}, request=ON).reasoning or {})["effort"] == sent


def test_no_effort_means_no_summary():
    assert built(request=ON, reasoning={"effort": "none"}).reasoning == {"effort": "none"}


def test_mandatory_reasoning_is_never_switched_off():
    model = thinker(mandatory=True)
    assert (built(model, request=ON, reasoning={"effort": "none"}).reasoning or {})["effort"] == EFFORTS[1]


def test_model_without_efforts_gets_reasoning_enabled():
    assert built(thinker(takes_effort=False), request=ON).reasoning == {"enabled": True, "summary": "auto"}


def test_model_without_efforts_gets_reasoning_disabled():
    model = thinker(takes_effort=False)
    assert built(model, request=ON, reasoning={"effort": "none"}).reasoning == {"enabled": False}


@pytest.mark.parametrize(("effort", "tokens"), [("low", 1024), ("medium", 1024), ("high", 2048), ("xhigh", 4096)])
def test_model_that_takes_only_budgets_gets_a_budget(effort, tokens):
    model = thinker(takes_effort=False, takes_budget=True)
    sent = built(model, request=ON, reasoning={"effort": effort}).reasoning
    assert sent == {"max_tokens": tokens, "summary": "auto"}


def test_budget_is_below_the_output_limit():
    model = thinker(takes_effort=False, takes_budget=True)
    sent = built(model, request=ON, reasoning={"max_tokens": 9000}, max_output_tokens=5000).reasoning
    assert sent == {"max_tokens": 4999, "summary": "auto"}


def test_effort_and_budget_are_never_sent_together():
    model = thinker(takes_effort=True, takes_budget=True)
    sent = built(model, request=ON, reasoning={"max_tokens": 3000, "effort": "high"}).reasoning
    assert sent == {"max_tokens": 3000, "summary": "auto"}


def test_summary_that_is_switched_off_is_not_requested():
    off = replace(ON, thinking=Thinking(summary="disabled"))
    assert built(request=off).reasoning == {"effort": "medium"}


# --- JSON -------------------------------------------------------------------------------------------------------

CLOSED = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}
SCHEMA = {"name": "answer", "schema": CLOSED, "strict": True, "odd": 1}


def test_json_object_is_requested_in_the_form_of_this_endpoint():
    assert built(response_format={"type": "json_object"}).text == {"format": {"type": "json_object"}}


def test_json_schema_is_requested_in_flat_form():
    expected = {"type": "json_schema", "name": "answer", "schema": CLOSED, "strict": True}
    assert built(response_format={"type": "json_schema", "json_schema": SCHEMA}).text == {"format": expected}


@pytest.mark.parametrize(
    ("model", "wish"),
    [
        (MODEL, {"type": "text"}),
        (MODEL, {"type": "json_schema"}),
        (MODEL, {"type": "json_schema", "json_schema": {"name": "answer"}}),
        (PLAIN, {"type": "json_object"}),
        (PLAIN, {"type": "json_schema", "json_schema": SCHEMA}),
    ],
    ids=["text", "no schema", "name alone", "object unsupported", "schema unsupported"],
)
def test_format_that_upstream_rejects_is_not_requested(model, wish):
    assert built(model, response_format=wish).text is None


def test_open_schema_is_not_sent_as_strict():
    wish = {"type": "json_schema", "json_schema": {**SCHEMA, "schema": {"type": "object"}}}
    assert (built(response_format=wish).text or {})["format"]["strict"] is False


def test_schema_with_an_invalid_name_is_renamed():
    wish = {"type": "json_schema", "json_schema": {**SCHEMA, "name": "not a name"}}
    assert (built(response_format=wish).text or {})["format"]["name"] == "answer"


# --- tools ------------------------------------------------------------------------------------------------------


def test_tools_of_an_api_client_are_sent_in_flat_form():
    body = built(tools=(TOOL,), tool_choice="required", parallel_tool_calls=False)
    assert (body.tools, body.tool_choice, body.parallel_tool_calls) == ((FLAT,), "required", False)


def test_tools_in_flat_form_stay_unchanged():
    assert built(tools=(FLAT,)).tools == (FLAT,)


def test_tools_of_a_person_precede_those_of_the_request():
    mine = {"type": "function", "name": "mine", "parameters": {"type": "object", "properties": {}}, "strict": False}
    assert built(tools=(TOOL,), offered=(mine,)).tools == (mine,)


@pytest.mark.parametrize("caller", [Caller.PAGE, Caller.TASK])
def test_tools_in_the_request_of_the_page_are_not_sent(caller):
    assert built(request=replace(REQUEST, caller=caller), tools=(TOOL,)).tools == ()


def test_model_without_tools_gets_neither_tools_nor_a_choice():
    body = built(PLAIN, tools=(TOOL,), offered=(FLAT,), tool_choice="auto", parallel_tool_calls=True)
    assert (body.tools, body.tool_choice, body.parallel_tool_calls) == ((), None, None)


@pytest.mark.parametrize(
    "tool",
    [{}, {"type": "web"}, {"type": "function"}, {"type": "function", "function": {"name": " "}}],
    ids=["empty", "other", "nameless", "blank name"],
)
def test_tool_that_upstream_rejects_is_omitted(tool):
    assert built(tools=(tool,)).tools == ()


def test_tool_without_a_valid_schema_takes_no_parameters():
    tool = {"type": "function", "name": "look", "parameters": {"type": "string"}}
    assert built(tools=(tool,)).tools[0]["parameters"] == {"type": "object", "properties": {}}


def test_later_of_two_tools_with_one_name_is_sent():
    other = {"type": "function", "name": "look", "description": "Later"}
    assert [tool["description"] for tool in built(tools=(TOOL, other)).tools] == ["Later"]


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("none", "none"),
        ("odd", None),
        ({"type": "function", "function": {"name": "look"}}, {"type": "function", "name": "look"}),
        ({"type": "function", "name": "look"}, {"type": "function", "name": "look"}),
        ({"type": "function"}, None),
        (None, None),
    ],
)
def test_tool_choice_is_sent_in_flat_form(choice, sent):
    assert built(tools=(TOOL,), tool_choice=choice).tool_choice == sent

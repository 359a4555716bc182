"""Chat completions requests as clients send them, parsed leniently."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.faults.fault import Fault, FaultKind
from domain.request.turn_request import Parameters
from entrypoints.openai.completions_body import CompletionsBody, read_completions_body

MESSAGES = [{"role": "user", "content": "hi"}]


def read(**more: Any) -> CompletionsBody:
    body = read_completions_body({"model": "openrouter.a/b", "messages": MESSAGES, **more})
    assert isinstance(body, CompletionsBody)
    return body


def refused(body: object) -> Fault:
    fault = read_completions_body(body)
    assert isinstance(fault, Fault)
    return fault


def test_every_supported_parameter_is_read() -> None:
    tool = {"type": "function", "function": {"name": "f"}}
    asked: dict[str, Any] = {
        "temperature": 0.3,
        "top_p": 0.9,
        "top_k": 40,
        "frequency_penalty": -1,
        "presence_penalty": 1,
        "response_format": {"type": "json_object"},
        "tool_choice": "auto",
        "parallel_tool_calls": False,
    }

    body = read(**asked, max_tokens=77, tools=[tool], reasoning={"summary": "auto"}, reasoning_effort="high")
    thinking = {"summary": "auto", "effort": "high"}
    assert body.parameters() == Parameters(**asked, max_output_tokens=77, tools=(tool,), reasoning=thinking)


@pytest.mark.parametrize(
    ("given", "read_as"),
    [
        ("auto", "auto"),
        ("none", "none"),
        ("look", {"type": "function", "name": "look"}),
        ({"name": "look"}, {"type": "function", "name": "look"}),
    ],
)
def test_the_older_choice_of_a_function_is_understood(given: object, read_as: object) -> None:
    assert read(function_call=given).parameters().tool_choice == read_as


@pytest.mark.parametrize(("given", "read_as"), [("40", 40), (39.6, 40), ("x", None), (True, None), ([1], None)])
def test_top_k_is_rounded_and_may_be_written_as_text(given: object, read_as: int | None) -> None:
    assert read(top_k=given).parameters().top_k == read_as


def test_fallback_models_of_the_model_setting_follow_those_of_the_request() -> None:
    assert read(models=["a/b"], model_fallback="c/d, e/f").parameters().models == ("a/b", "c/d", "e/f")


def test_parameters_that_no_endpoint_supports_are_named() -> None:
    named = read(n=2, store=True, user="me", metadata={"a": "b"}).parameters().ignored
    assert set(named) == {"n", "store", "user", "metadata"}


def test_newer_name_of_the_output_limit_wins_over_the_older() -> None:
    assert read(max_tokens=5, max_completion_tokens=7).parameters().max_output_tokens == 7
    assert read(max_completion_tokens=None, max_tokens=5).parameters().max_output_tokens == 5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", "hot"),
        ("temperature", math.nan),
        ("temperature", math.inf),
        ("temperature", [1]),
        ("top_k", "many"),
        ("top_k", 10**400),
        ("max_tokens", {}),
        ("max_tokens", -1),
        ("max_tokens", 0),
        ("max_tokens", 2**53),
        ("reasoning_effort", 3),
        ("reasoning", 3),
        ("response_format", []),
        ("tool_choice", 1),
        ("parallel_tool_calls", "perhaps"),
    ],
)
def test_parameter_of_the_wrong_type_counts_as_missing_and_is_named(name: str, value: object) -> None:
    assert read(**{name: value}).parameters() == Parameters(ignored=() if value in ({}, []) else (name,))


def test_entry_of_the_wrong_type_is_named_and_the_others_count() -> None:
    asked = read(stop=["a", 5], models=["a/b", None]).parameters()
    assert (asked.stop, asked.models, asked.ignored) == (("a",), ("a/b",), ("stop", "models"))


@pytest.mark.parametrize("tools", [None, {}, "f", [None, "f", 1, []]])
def test_invalid_tools_count_as_missing(tools: object) -> None:
    assert read(tools=tools).parameters().tools == ()


@pytest.mark.parametrize("name", sorted(set(CompletionsBody.model_fields) - {"model", "messages"}))
def test_null_counts_as_missing(name: str) -> None:
    assert read(**{name: None}).parameters() == Parameters()


def test_unknown_keys_are_ignored() -> None:
    assert read(foo={"x": 1}, stream_options={}).parameters() == Parameters()


def test_messages_are_passed_on_unchanged() -> None:
    assert read(messages=[1, None, *MESSAGES]).messages == [1, None, *MESSAGES]


@pytest.mark.parametrize(
    ("body", "kind", "field"),
    [
        ({"messages": MESSAGES}, FaultKind.BAD_REQUEST, "model"),
        ({"model": "", "messages": MESSAGES}, FaultKind.BAD_REQUEST, "model"),
        ({"model": 3, "messages": MESSAGES}, FaultKind.BAD_REQUEST, "model"),
        ({"model": "a/b"}, FaultKind.BAD_MESSAGES, "messages"),
        ({"model": "a/b", "messages": []}, FaultKind.BAD_MESSAGES, "messages"),
        ({"model": "a/b", "messages": "hi"}, FaultKind.BAD_MESSAGES, "messages"),
        ({"model": "a/b", "messages": None}, FaultKind.BAD_MESSAGES, "messages"),
        (None, FaultKind.BAD_REQUEST, "body"),
        ([], FaultKind.BAD_REQUEST, "body"),
    ],
)
def test_invalid_body_is_a_fault_that_names_the_field(body: object, kind: FaultKind, field: str) -> None:
    fault = refused(body)

    assert (fault.kind, fault.http_status) == (kind, 400)
    assert fault.detail.startswith(f"{field}: ")


def test_fault_does_not_repeat_what_was_sent() -> None:
    assert "hi there" not in refused({"model": "a/b", "messages": "hi there"}).detail


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)
names = st.sampled_from(sorted(CompletionsBody.model_fields)) | st.text(max_size=4)


@given(values | st.dictionaries(names, values, max_size=8))
def test_no_body_raises_and_every_fault_names_a_field(body: object) -> None:
    read_back = read_completions_body(body)

    if isinstance(read_back, Fault):
        assert read_back.detail.partition(": ")[0]
    else:
        read_back.parameters()


@given(st.dictionaries(names.filter(lambda name: name not in ("model", "messages")), values, max_size=8))
def test_body_with_a_model_and_messages_is_always_read_and_its_numbers_are_finite(more: dict[str, Any]) -> None:
    asked = read(**more).parameters()

    numbers = (asked.temperature, asked.top_p, asked.frequency_penalty, asked.presence_penalty)
    assert all(number is None or math.isfinite(number) for number in numbers)


def test_search_options_mean_a_search_tool() -> None:
    near = {"type": "approximate", "approximate": {"country": "DE"}}
    options = {"search_context_size": "low", "user_location": near}
    (tool,) = read(web_search_options=options).parameters().extra_tools
    assert tool == {"type": "web_search", "search_context_size": "low", "user_location": {"country": "DE"}}
    assert read(web_search_options={}).parameters().extra_tools == ({"type": "web_search"},)
    assert read(web_search_options="yes").parameters().extra_tools == ()


@pytest.mark.parametrize(("given", "read_as"), [(100.6, 101), ("100", 100), ("99.5", 100), (1e3, 1000), ("", None)])
@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens", "max_output_tokens"])
def test_a_limit_with_a_fraction_is_a_limit(name: str, given: object, read_as: int | None) -> None:
    assert read(**{name: given}).parameters().max_output_tokens == read_as


def test_a_seed_with_a_fraction_is_a_seed() -> None:
    asked = read(seed=7.0, top_logprobs="3").parameters()
    assert (asked.chat_only, asked.top_logprobs) == ({"seed": 7}, 3)

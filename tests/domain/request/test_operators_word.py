"""The operator's settings for a request: ids, cache marks, endpoint, highest effort."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.request.body import INTERLEAVED, Prepared, build
from domain.request.caching import cache_mark
from domain.request.endpoint import endpoint_of, may_change
from domain.request.identifiers import Identified, identified, session_of
from domain.request.reasoning import nearest, reasoning_of
from domain.request.turn_request import (
    EndpointChoice,
    Identifiers,
    Parameters,
    Person,
    Prompting,
    Thinking,
    TurnRequest,
)
from ports.catalog import Model, Reasoning
from ports.responses import Endpoint, Route

CLAUDE = Model(
    "anthropic/claude",
    "Claude",
    supported_parameters=frozenset({"reasoning", "tools", "tool_choice", "max_tokens"}),
    reasoning=Reasoning(takes_effort=True, takes_budget=True),
)
TOOL = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}}
REQUEST = TurnRequest(CLAUDE.id, ({"role": "user", "content": "Why?"},), Route("https://a.example", "key"))
EVERYTHING = Identifiers(end_user=True, session=True, chat=True, message=True)


def prepared(model: Model = CLAUDE, request: TurnRequest = REQUEST, **asked: object) -> Prepared:
    sent = build(replace(request, parameters=Parameters(**asked)), model.id, model)  # type: ignore[arg-type]
    assert isinstance(sent, Prepared)
    return sent


# --- ids --------------------------------------------------------------------------------------------------------


def test_no_id_is_sent_unless_the_operator_allows_it():
    sent = identified(Person("u", "c", "m", "s"), Identifiers())
    assert (sent.user, sent.metadata) == (None, None)
    assert identified(Person(), EVERYTHING) == Identified()


CHAT = Person("ann", "chat-1", "m-1", "tab-1")


def test_a_chat_keeps_its_session_id_whatever_message_tab_or_setting():
    session = session_of(CHAT, "key")
    assert session is not None
    assert re.fullmatch("[0-9a-f]{64}", session)
    others = (replace(CHAT, message_id="m-2", parent_id="m-1"), replace(CHAT, session_id="tab-2"))
    assert {session_of(other, "key") for other in others} == {session}
    assert {identified(CHAT, send, "key").session_id for send in (EVERYTHING, Identifiers())} == {session}


def test_no_two_chats_people_or_keys_share_a_session_id():
    saved = [Person(user, chat) for user in ("ann", "bob") for chat in ("chat-1", "chat-2")]
    unsaved = [Person("ann", "local", session_id=tab, temporary=True) for tab in ("tab-1", "tab-2")]
    ids = [session_of(person, key) for person in (*saved, *unsaved) for key in ("key", "other")]
    assert len(set(ids)) == len(ids)


@given(st.text(), st.text(min_size=1), st.text())
def test_a_session_id_fits_and_holds_nothing_of_the_person(user, chat, key):
    session = session_of(Person(user, chat), key)
    assert session is not None
    assert re.fullmatch("[0-9a-f]{64}", session)


def test_a_caller_without_a_chat_keeps_its_own_session_id_or_has_none():
    assert session_of(Person("ann", session_id="batch-7"), "key") == "batch-7"
    assert session_of(Person("ann"), "key") is None


@pytest.mark.parametrize(("length", "sent"), [(128, True), (129, False), (0, False)])
def test_id_of_a_person_that_is_too_long_is_omitted(length, sent):
    ids = identified(Person("u" * length), EVERYTHING)
    assert (ids.user is not None, "user_id" in (ids.metadata or {})) == (sent, sent)


@pytest.mark.parametrize(("length", "sent"), [(256, True), (257, False)])
def test_id_of_a_session_that_is_too_long_is_omitted(length, sent):
    assert (identified(Person(session_id="s" * length), EVERYTHING).session_id is not None) is sent


# --- cache marks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slug", "prompting", "mark"),
    [
        ("anthropic/claude", Prompting(), {"type": "ephemeral"}),
        ("~anthropic/claude-latest", Prompting(), {"type": "ephemeral"}),
        ("anthropic/claude", Prompting(cache_ttl="1h"), {"type": "ephemeral", "ttl": "1h"}),
        ("anthropic/claude", Prompting(cache_marks=False), None),
        ("openai/gpt", Prompting(), None),
        ("other/anthropic-like", Prompting(), None),
    ],
)
def test_cache_mark_is_sent_only_to_models_that_need_it(slug, prompting, mark):
    assert cache_mark(slug, prompting) == mark


# --- the endpoint -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "endpoint"),
    [
        (EndpointChoice(), Endpoint.RESPONSES),
        (EndpointChoice(default=Endpoint.CHAT), Endpoint.CHAT),
        (EndpointChoice(forced_chat=("maker/*",)), Endpoint.CHAT),
        (EndpointChoice(forced_chat=("maker.model",)), Endpoint.CHAT),
        (EndpointChoice(forced_chat=("other/*",)), Endpoint.RESPONSES),
        (EndpointChoice(forced_chat=("maker/*",), forced_responses=("*/model",)), Endpoint.RESPONSES),
        (EndpointChoice(default=Endpoint.CHAT, forced_responses=("maker/model",)), Endpoint.RESPONSES),
    ],
)
def test_endpoint_is_the_operators_choice_and_forced_responses_takes_precedence(choice, endpoint):
    assert endpoint_of("maker/model", None, choice) is endpoint


@pytest.mark.parametrize(
    ("choice", "may"),
    [
        (EndpointChoice(), True),
        (EndpointChoice(fall_back=False), False),
        (EndpointChoice(forced_responses=("maker/*",)), False),
    ],
)
def test_endpoint_may_change_unless_the_operator_forbids_it(choice, may):
    assert may_change("maker/model", None, choice) is may


# --- thinking ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("wish", "sent"), [("max", "low"), ("high", "low"), ("minimal", "minimal")])
def test_effort_never_exceeds_the_limit_of_the_operator(wish, sent):
    asked = {"effort": wish}
    assert reasoning_of(asked, Thinking(deepest="low", summary="disabled"), CLAUDE, CLAUDE.id, None) == {"effort": sent}


def test_operators_own_effort_is_capped_too():
    thinking = Thinking(effort="high", deepest="low", summary="disabled")
    assert reasoning_of({}, thinking, CLAUDE, CLAUDE.id, None) == {"effort": "low"}


@pytest.mark.parametrize(("deepest", "tokens"), [("max", 60_000), ("high", 8000), ("medium", 4000), ("low", 2000)])
def test_budget_is_capped_like_an_effort(deepest, tokens):
    thinking = Thinking(deepest=deepest, budget=4000, summary="disabled")
    assert reasoning_of({"max_tokens": 60_000}, thinking, CLAUDE, CLAUDE.id, None) == {"max_tokens": tokens}


def test_claude_does_not_think_if_the_output_limit_is_too_low():
    assert reasoning_of({"effort": "high"}, Thinking(), CLAUDE, CLAUDE.id, 1024) == {"effort": "none"}


@pytest.mark.parametrize(
    ("efforts", "sent"),
    [(None, {"effort": "none"}), (("low", "none"), {"effort": "none"}), (("low",), {"enabled": False})],
)
def test_thinking_is_switched_off_in_the_form_the_model_supports(efforts, sent):
    model = replace(CLAUDE, reasoning=Reasoning(takes_effort=True, efforts=efforts))
    assert reasoning_of({"enabled": False}, Thinking(), model, model.id, None) == sent


def test_nearest_of_no_effort_is_none():
    assert nearest("high", ()) is None
    assert nearest("high", ("odd",)) is None


def test_claude_may_think_between_calls():
    assert prepared(tools=(TOOL,)).request.headers == (INTERLEAVED,)


@pytest.mark.parametrize(
    ("request_", "asked"),
    [
        (REQUEST, {}),
        (replace(REQUEST, thinking=Thinking(interleaved=False)), {"tools": (TOOL,)}),
        (replace(REQUEST, thinking=Thinking(enabled=False)), {"tools": (TOOL,)}),
    ],
    ids=["no tools", "not wanted", "not thinking"],
)
def test_claude_thinks_between_calls_only_if_possible(request_, asked):
    assert prepared(request=request_, **asked).request.headers == ()


def test_claude_that_is_forced_to_call_does_not_think():
    sent = prepared(tools=(TOOL,), tool_choice="required", reasoning={"effort": "high"})
    assert (sent.request.body.tool_choice, sent.request.body.reasoning, sent.request.headers) == (
        "required",
        {"effort": "none"},
        (),
    )


def test_claude_that_must_think_is_not_forced_to_call():
    model = replace(CLAUDE, reasoning=Reasoning(takes_effort=True, mandatory=True))
    sent = prepared(model, tools=(TOOL,), tool_choice="required").request.body
    assert (sent.tool_choice, (sent.reasoning or {})["effort"]) == ("auto", "medium")


def test_other_models_think_although_they_are_forced_to_call():
    model = replace(CLAUDE, id="openai/gpt")
    assert prepared(model, tools=(TOOL,), tool_choice="required").request.body.reasoning is not None


# --- omitted parameters ------------------------------------------------------------------------------------------


def test_requested_parameters_that_are_not_sent_are_reported():
    plain = Model("maker/plain", "Plain", supported_parameters=frozenset({"max_tokens"}))
    left_out = prepared(
        plain,
        temperature=0.0,
        stop=("x",),
        tools=(TOOL,),
        reasoning={"effort": "low"},
        response_format={"type": "json_object"},
    ).left_out
    assert set(left_out) == {"temperature", "stop", "tools", "reasoning", "response_format"}


def test_clamped_parameters_are_not_reported():
    model = replace(CLAUDE, supported_parameters=frozenset({"temperature"}))
    assert prepared(model, temperature=-3.0).left_out == ()


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"verbosity": "low"}, {"format": {"type": "json_object"}, "verbosity": "low"}),
        ({"response_format": {"type": "text"}}, {"verbosity": "high"}),
        ({}, {"format": {"type": "json_object"}, "verbosity": "high"}),
    ],
)
def test_a_caller_sets_a_part_of_the_text_by_its_older_name_too(asked, text):
    defaults = {"text": {"verbosity": "high", "format": {"type": "json_object"}}}
    model = replace(CLAUDE, supported_parameters=frozenset({"verbosity", "response_format"}))
    assert prepared(model, replace(REQUEST, defaults=defaults), **asked).request.body.text == text

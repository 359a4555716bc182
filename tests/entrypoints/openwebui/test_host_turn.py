"""A call of the host becomes a request to the core."""

from dataclasses import replace
from typing import Any

import pytest

from domain.conversation.namespace import namespace_of
from domain.request.turn_request import Caller, Person
from entrypoints.core.caller_request import CallerHistory, CallerNames, CallerRequest, CallerTools
from entrypoints.openwebui.history_format import OPEN_WEBUI
from entrypoints.openwebui.host_call import read_call
from entrypoints.openwebui.host_turn import asked_of
from entrypoints.openwebui.tool_mode import ToolMode
from ports.catalog import Model

MODELS = (Model("acme/two.5", "Two"), Model("gpt.five", "Odd"))
MESSAGES = [{"role": "user", "content": "hi"}]


def slug_of(requested: str, models: tuple[Model, ...] = MODELS) -> str:
    return asked_of(read_call({"body": {"model": requested, "messages": MESSAGES}}), models).model


@pytest.mark.parametrize(
    ("requested", "slug"),
    [
        ("openrouter.acme/two.5", "acme/two.5"),
        ("openrouter.acme.two.5", "acme.two.5"),
        ("acme/two.5", "acme/two.5"),
        ("gpt.five", "gpt.five"),
        ("openrouter.gpt.five", "gpt.five"),
        ("openrouter.unknown/model", "unknown/model"),
        ("unknown/model", "unknown/model"),
    ],
)
def test_function_id_is_dropped_unless_the_whole_name_is_a_models(requested: str, slug: str) -> None:
    assert slug_of(requested) == slug


def test_function_id_is_dropped_while_no_model_is_known() -> None:
    assert slug_of("openrouter.acme.two", ()) == "acme.two"


def test_call_is_passed_on_completely() -> None:
    body = {"model": "openrouter.acme/two.5", "messages": MESSAGES, "stream": True, "temperature": 0.5}
    person = {"id": "u", "name": "Ann", "email": "ann@example.org"}
    call = read_call({"body": body, "__user__": person, "__task__": "title_generation"})
    asked = asked_of(call, MODELS, turn_id="t", function_id="openrouter", mode=ToolMode(True, "setting"))

    assert asked == CallerRequest(
        "acme/two.5",
        tuple(MESSAGES),
        asked.parameters,
        stream=True,
        caller=Caller.TASK,
        person=Person("u"),
        task="title_generation",
        turn_id="t",
        history=CallerHistory(namespace_of("openrouter"), format=OPEN_WEBUI),
        tools=CallerTools(handed_over=True),
        statuses=False,
        names=CallerNames("ann@example.org", "Ann", "openrouter."),
    )
    assert "ann@example.org" not in repr(asked) + repr(call)
    assert asked.parameters.temperature == 0.5


@pytest.mark.parametrize("in_page", [True, False])
def test_only_the_page_shows_waiting_statuses(in_page: bool) -> None:
    ids = {"__chat_id__": "c", "__message_id__": "m", "__session_id__": "s"} if in_page else {}
    call = read_call({"body": {"model": "openrouter.acme/two.5", "messages": MESSAGES}, **ids})

    assert asked_of(call, MODELS).statuses is in_page


def test_caller_and_model_are_known_for_an_invalid_call() -> None:
    call = read_call({"body": {"model": "openrouter.acme/two.5"}, "__user__": {"id": "u"}})

    assert asked_of(call, MODELS) == CallerRequest("openrouter.acme/two.5", person=Person("u"))


SEARCH_TOOL = {"type": "function", "function": {"name": "search_web"}}


@pytest.mark.parametrize(
    ("metadata", "body", "searches"),
    [
        ({}, {}, False),
        ({"features": {"web_search": False}}, {"tools": [{"function": {"name": "add"}}]}, False),
        ({"features": {"web_search": True}}, {}, True),
        ({}, {"tools": [SEARCH_TOOL]}, True),
        ({"features": None}, {"tools": "none"}, False),
    ],
)
def test_web_search_by_the_host_is_detected(metadata: dict[str, Any], body: dict[str, Any], searches: bool) -> None:
    call = read_call({"body": {"model": "a/b", "messages": MESSAGES, **body}, "__metadata__": metadata})

    assert call.tools.searches is searches
    assert asked_of(replace(call, caller=Caller.PAGE)).tools.offer_search is not searches


@pytest.mark.parametrize(("caller", "in_page"), [(Caller.PAGE, True), (Caller.API, False), (Caller.TASK, False)])
def test_only_the_page_is_offered_a_search_and_shown_references(caller: Caller, in_page: bool) -> None:
    asked = asked_of(replace(read_call({"body": {"model": "a/b", "messages": MESSAGES}}), caller=caller))

    assert (asked.tools.offer_search, asked.history.references) == (in_page, in_page)


@pytest.mark.parametrize("task", ["", "moa_response_generation"])
def test_whoever_reads_the_page_can_open_files_of_the_host(task: str) -> None:
    ids = {"chat_id": "c", "message_id": "m", "session_id": "s"}
    call = {"body": {"model": "openrouter.acme/two.5", "messages": MESSAGES}, "__user__": {"id": "u"}}
    assert asked_of(read_call({**call, "__metadata__": ids, "__task__": task}), MODELS).opens_files


@pytest.mark.parametrize("task", ["", "title_generation"])
def test_api_clients_and_tasks_cannot(task: str) -> None:
    call = {"body": {"model": "openrouter.acme/two.5", "messages": MESSAGES}, "__user__": {"id": "u"}}
    assert not asked_of(read_call({**call, "__task__": task}), MODELS).opens_files

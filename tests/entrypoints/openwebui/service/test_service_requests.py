"""The operator's settings are in the request upstream gets; a fallback model is reported."""

import json
import re
from typing import Any

import pytest

from domain.request.turn_request import Caller as Who
from entrypoints.simulator.server import Simulator
from tests.entrypoints.openwebui.service.calling import Caller, Reply, questions
from tests.patience import eventually

WHOS = pytest.mark.parametrize("who", [Who.PAGE, Who.API])


def body_of(simulator: Simulator) -> dict[str, Any]:
    """Return the one request for an answer."""
    (record,) = questions(simulator)
    assert isinstance(record.body, dict)
    return record.body


def told(reply: Reply) -> list[str]:
    return [status["description"] for status in reply.statuses]


@pytest.mark.parametrize(("given", "streams"), [("false", False), (0, False), (None, False), ("true", True), (1, True)])
@WHOS
async def test_stream_flag_is_read_in_any_spelling(caller: Caller, who: Who, given: object, streams: bool) -> None:
    body = {"model": "openrouter.sim/echo", "messages": [{"role": "user", "content": "hello"}], "stream": given}
    reply = await caller.send(body, who)

    assert reply.text == "You said: hello"
    assert bool(reply.payloads) is streams


# --- models -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["nobody/nothing", "sim/error-404"])
async def test_unavailable_model_is_replaced_by_the_fallback_with_a_status(
    caller: Caller, simulator: Simulator, model: str
) -> None:
    caller.valves["FALLBACK_MODEL"] = "sim/echo"
    reply = await caller.ask(model)

    assert reply.text == "You said: hello"
    assert f"{model} is not available; sim/echo answers instead." in told(reply)
    assert [record.model for record in questions(simulator)] == [model, "sim/echo"]


async def test_api_client_is_answered_by_the_fallback_model(caller: Caller) -> None:
    caller.valves["FALLBACK_MODEL"] = "sim/echo"
    reply = await caller.ask("nobody/nothing", who=Who.API)

    assert (reply.text, reply.errors) == ("You said: hello", [])


@pytest.mark.parametrize("model", ["sim/error-402", "sim/error-403", "sim/error-400"])
async def test_no_other_rejection_leads_to_the_fallback_model(caller: Caller, simulator: Simulator, model: str) -> None:
    caller.valves["FALLBACK_MODEL"] = "sim/echo"
    await caller.ask(model)

    assert {record.model for record in questions(simulator)} == {model}


FILTERS = {
    "selection": ({"MODEL_ID": "openai/*"}, "MODEL_ID"),
    "off switch": ({"DISABLED_MODELS": "sim/echo"}, "DISABLED_MODELS"),
    "price": ({"FREE_MODEL_FILTER": "only"}, "only free models are offered"),
    "tools": ({"TOOL_CALLING_FILTER": "exclude"}, "TOOL_CALLING_FILTER"),
    "privacy": ({"ZDR_MODELS_ONLY": True}, "ZDR_MODELS_ONLY"),
}


@pytest.mark.parametrize(("valves", "words"), FILTERS.values(), ids=FILTERS)
@WHOS
async def test_model_that_is_filtered_out_is_explained_and_never_asked(
    caller: Caller, simulator: Simulator, valves: dict[str, Any], words: str, who: Who
) -> None:
    await caller.knows_the_models()
    caller.valves |= valves
    reply = await caller.ask("sim/echo", who=who)

    assert "sim/echo" in reply.fault_words
    assert words in reply.fault_words
    assert questions(simulator) == []


async def test_disabled_model_is_rejected_from_the_next_call_on(caller: Caller) -> None:
    assert (await caller.ask("sim/echo")).text == "You said: hello"
    caller.valves["DISABLED_MODELS"] = "sim/echo"

    assert "DISABLED_MODELS" in (await caller.ask("sim/echo")).fault_words


# --- background tasks -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["sim/error-402", "sim/error-401", "nobody/nothing", "sim/empty", "sim/failed-first"])
async def test_failed_task_returns_an_empty_answer(caller: Caller, model: str) -> None:
    reply = await caller.ask(model, "### Task:\nGenerate a title", who=Who.TASK, stream=False)

    assert json.loads(reply.text) == {"title": "Chat"}
    assert reply.events == []
    assert reply.errors == []


async def test_task_of_a_filtered_model_fails_in_silence(caller: Caller, simulator: Simulator) -> None:
    caller.valves["DISABLED_MODELS"] = "sim/*"
    reply = await caller.ask("sim/echo", "### Task:\nGenerate a title", who=Who.TASK, stream=False)

    assert json.loads(reply.text) == {"title": "Chat"}
    assert questions(simulator) == []


async def test_task_model_does_the_task_and_the_chat_keeps_its_own(caller: Caller, simulator: Simulator) -> None:
    caller.valves["TASK_MODEL"] = "sim/echo:free"
    await caller.ask("sim/echo", "### Task:\nGenerate a title", who=Who.TASK, stream=False)
    await caller.ask("sim/echo")

    assert [record.model for record in questions(simulator)] == ["sim/echo:free", "sim/echo"]


@pytest.mark.parametrize("task", ["context_compaction", "memory_review"])
async def test_task_model_never_serves_what_goes_into_the_chat_again(
    caller: Caller, simulator: Simulator, task: str
) -> None:
    caller.valves["TASK_MODEL"] = "sim/echo:free"
    caller.task = task
    await caller.ask("sim/echo", "Summarize this conversation", who=Who.TASK, stream=False)

    assert [record.model for record in questions(simulator)] == ["sim/echo"]


async def test_task_model_need_not_be_selected(caller: Caller) -> None:
    await caller.knows_the_models()
    caller.valves |= {"TASK_MODEL": "sim/echo:free", "MODEL_ID": "sim/thinking"}
    reply = await caller.ask("sim/thinking", "### Task:\nGenerate a title", who=Who.TASK, stream=False)

    assert json.loads(reply.text) == {"title": "Simulated Conversation"}


# --- what is in the request -------------------------------------------------------------------------------------


async def test_operators_routing_overrides_the_clients(caller: Caller, simulator: Simulator) -> None:
    caller.valves |= {
        "DENY_DATA_COLLECTION": True,
        "ADVANCED": "PROVIDER_IGNORE=nobody\nMAX_PROMPT_PRICE=50\nMAX_COMPLETION_PRICE=200.5",
    }
    wish = {"data_collection": "allow", "max_price": {"prompt": 999}, "sort": "price", "odd": 1}
    reply = await caller.ask("sim/echo", who=Who.API, provider=wish)

    assert reply.text == "You said: hello"
    assert body_of(simulator)["provider"] == {
        "ignore": ["nobody"],
        "data_collection": "deny",
        "sort": "price",
        "max_price": {"prompt": "50", "completion": "200.5"},
    }


SENDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nothing": ({}, {}),
    "end user": ({"SEND_END_USER_ID": True}, {"user": "user-1", "metadata": {"user_id": "user-1"}}),
    "session": ({"SEND_SESSION_ID": True}, {"metadata": {"session_id": "session-1"}}),
    "chat": ({"SEND_CHAT_ID": True}, {"metadata": {"chat_id": "chat-1"}}),
    "message": ({"SEND_MESSAGE_ID": True}, {"metadata": {"message_id": "message-1"}}),
}


@pytest.mark.parametrize(("valves", "expected"), SENDS.values(), ids=SENDS)
async def test_ids_are_sent_as_the_operator_says_and_never_as_the_client_claims(
    caller: Caller, simulator: Simulator, valves: dict[str, Any], expected: dict[str, Any]
) -> None:
    caller.valves |= valves
    claims: dict[str, Any] = {"user": "somebody", "session_id": "other", "metadata": {"chat_id": "theirs"}}
    await caller.ask("sim/echo", **claims)

    body = body_of(simulator)
    assert {name: body[name] for name in ("user", "metadata") if name in body} == expected
    assert "session" not in body["session_id"]
    assert "other" not in body["session_id"]


@pytest.mark.parametrize("model", ["sim/echo", "sim/tools"])
@pytest.mark.parametrize("endpoint", ["responses", "chat_completions"])
async def test_all_requests_of_a_chat_have_one_session_id_and_other_chats_another(
    caller: Caller, simulator: Simulator, endpoint: str, model: str
) -> None:
    caller.valves["ADVANCED"] = f"DEFAULT_LLM_ENDPOINT={endpoint}"
    for _ in range(2):
        await caller.ask(model)
    caller.ids["chat_id"] = "chat-2"
    await caller.ask(model)

    first, second, other = (record.body["session_id"] for record in questions(simulator))
    assert first == second != other
    assert re.fullmatch("[0-9a-f]{64}", first)


@pytest.mark.parametrize(
    ("given", "sent"), [({"session_id": "batch-7"}, "batch-7"), ({}, None), ({"session_id": 7}, None)]
)
async def test_api_client_without_a_chat_keeps_its_own_session_id(
    caller: Caller, simulator: Simulator, given: dict[str, Any], sent: str | None
) -> None:
    await caller.ask("sim/echo", who=Who.API, **given)

    assert body_of(simulator).get("session_id") == sent


@WHOS
async def test_forced_chat_endpoint_gives_the_same_answer(caller: Caller, simulator: Simulator, who: Who) -> None:
    first = await caller.ask("sim/echo", "the same", who=who)
    caller.valves["ADVANCED"] = "FORCE_CHAT_COMPLETIONS_MODELS=sim/*"
    second = await caller.ask("sim/echo", "the same", who=who)

    assert [record.path.rpartition("/v1")[2] for record in questions(simulator)] == ["/responses", "/chat/completions"]
    assert first.text == second.text == "You said: the same"
    assert first.finishes == second.finishes


async def test_persons_reasoning_effort_is_used_within_the_operators_cap(caller: Caller, simulator: Simulator) -> None:
    await caller.knows_the_models()
    caller.valves["ADVANCED"] = "MAX_REASONING_EFFORT=medium"
    caller.user["valves"] = {"REASONING_EFFORT": "high"}
    await caller.ask("sim/thinking")

    assert body_of(simulator)["reasoning"]["effort"] == "medium"


async def test_window_of_the_history_is_sent_with_what_the_operator_said(caller: Caller, simulator: Simulator) -> None:
    caller.valves["HISTORY_WINDOW_TURNS"] = 1
    turns = [("system", "s"), ("user", "one"), ("assistant", "two"), ("user", "three")]
    messages = [{"role": role, "content": text} for role, text in turns]
    await caller.send({"model": "openrouter.sim/echo", "messages": messages, "stream": True})

    assert [item["role"] for item in body_of(simulator)["input"]] == ["system", "user"]


async def test_list_is_loaded_again_for_endpoints_that_keep_no_data(caller: Caller) -> None:
    await caller.knows_models_that_draw()
    everything = len(await caller.listed())
    caller.valves["ZDR_MODELS_ONLY"] = True

    async def fewer() -> bool:
        return 1 < len(await caller.listed()) < everything

    await eventually(fewer)


# --- settings that are not used as they are ---------------------------------------------------------------------


async def test_problems_with_settings_are_logged_once_and_an_administrator_reads_all_of_them(
    caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    caller.valves |= {"HTTP_SOCK_READ_SECONDS": "soon", "ADVANCED": "NO_SUCH_NAME=1\nmissing"}
    caller.user |= {"role": "admin", "valves": {"REASONING_EFFORT": "extreme"}}
    first = await caller.ask("sim/echo")
    caller.user = {"id": "user-2", "role": "user"}
    other = await caller.ask("sim/echo")
    caller.user = {"id": "user-1", "role": "admin", "valves": {"REASONING_EFFORT": "extreme"}}
    await caller.ask("sim/echo")

    (notice,) = (event["data"] for event in first.events if event["type"] == "notification")
    named = ("HTTP_SOCK_READ_SECONDS: 'soon'", "ADVANCED: line 1", "ADVANCED: line 2", "REASONING_EFFORT")
    assert [name for name in named if name not in notice["content"]] == []
    assert "300 is used" in notice["content"]
    assert [event for event in other.events if event["type"] == "notification"] == []
    assert caplog.text.count("setting_not_used_as_given") == 4

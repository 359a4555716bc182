"""Pictures that tools brought: models that see them get them in every later turn, all others a note in their place."""

import base64
import json
from typing import Any

import pytest

from domain.request.turn_request import Caller as Who
from entrypoints.simulator.server import Simulator
from tests.adapters.openwebui.host_wrappers import workspace
from tests.entrypoints.openwebui.service.calling import Caller, Reply, questions
from tests.entrypoints.openwebui.service.test_service_memory import settled
from tests.entrypoints.openwebui.service.test_service_tool_dialects import ask
from tests.entrypoints.openwebui.told import HostList
from tests.examples_media import HEIC, PNG, data_url, picture, text

SEES, BLIND, WANTS_WORDS = "openai/gpt-4o-mini", "openai/gpt-oss-120b", "google/gemini-3.6-flash"
SAID = "the page says 42"
LOOK = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}


async def look() -> list[dict[str, str]]:
    return [
        {"type": "text", "text": SAID},
        {"type": "image", "data": base64.b64encode(PNG).decode(), "mimeType": "image/png"},
    ]


async def looked_in_page(caller: Caller) -> list[dict[str, Any]]:
    """Let a tool of the host bring a picture; return the history as the host gives it back."""
    await caller.knows_the_models()
    reply = await ask(caller, SEES, "CALL look {}", {"look": workspace("look", look)})
    await settled(caller.service)
    call, output, *_ = HostList().take(reply.payloads).items
    shown = "".join(part["text"] for part in output["output"])
    caller.ids = {"message_id": "message-2"}
    function = {"name": "look", "arguments": call["arguments"]}
    return [
        {"role": "user", "content": "CALL look {}"},
        {"role": "assistant", "tool_calls": [{"id": call["call_id"], "type": "function", "function": function}]},
        {"role": "tool", "tool_call_id": call["call_id"], "content": shown},
        {"role": "assistant", "content": reply.text},
    ]


def brought_by_client(*parts: object) -> list[dict[str, Any]]:
    """Return the history of a client that has run a tool itself."""
    call = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    return [
        {"role": "user", "content": "Look."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": list(parts)},
    ]


async def go_on(caller: Caller, model: str, history: list[dict[str, Any]], who: Who = Who.PAGE) -> Reply:
    await caller.knows_the_models()
    messages = [*history, {"role": "user", "content": "And now?"}]
    body = {"model": f"openrouter.{model}", "messages": messages, "stream": True, "tools": [LOOK]}
    return await caller.send(body, who)


def outputs(simulator: Simulator) -> list[Any]:
    """Return the results of calls in the last request."""
    items = questions(simulator)[-1].body["input"]
    return [item["output"] for item in items if item["type"] == "function_call_output"]


def sent(simulator: Simulator) -> str:
    return json.dumps(questions(simulator)[-1].body["input"])


async def test_a_model_without_eyes_goes_on_with_a_chat_in_which_a_tool_brought_a_picture(
    caller: Caller, simulator: Simulator
) -> None:
    reply = await go_on(caller, BLIND, await looked_in_page(caller))

    assert (reply.errors, bool(reply.text)) == ([], True)
    (output,) = outputs(simulator)
    assert output.startswith(SAID)
    assert "[image left out: this model takes none]" in output


async def test_a_model_that_reads_results_in_words_gets_the_words_and_the_picture(
    caller: Caller, simulator: Simulator
) -> None:
    reply = await go_on(caller, WANTS_WORDS, await looked_in_page(caller))

    assert (reply.errors, bool(reply.text)) == ([], True)
    assert SAID in sent(simulator)
    assert data_url(PNG) in sent(simulator)


@pytest.mark.parametrize("chat", ["none", "*"], ids=["responses", "chat"])
async def test_a_picture_that_a_clients_tool_brought_reaches_the_model(
    caller: Caller, simulator: Simulator, chat: str
) -> None:
    caller.valves["ADVANCED"] = f"FORCE_CHAT_COMPLETIONS_MODELS={chat}"
    reply = await go_on(caller, SEES, brought_by_client(text(SAID), picture(data_url(PNG))), Who.API)

    assert (reply.errors, bool(reply.text)) == ([], True)
    body = json.dumps(questions(simulator)[-1].body)
    assert SAID in body
    assert data_url(PNG) in body


async def test_a_picture_goes_back_with_the_call_that_the_client_was_asked_for(
    caller: Caller, simulator: Simulator
) -> None:
    await caller.knows_the_models()
    first = await caller.ask(SEES, "CALL look {}", who=Who.API, tools=[LOOK])
    await settled(caller.service)
    (call,) = [call for one in first.payloads if isinstance(one, dict) for call in _calls_in(one)]
    history = [{"role": "user", "content": "CALL look {}"}, *brought_by_client(text(SAID), picture(data_url(PNG)))[1:]]
    history[1]["tool_calls"], history[2]["tool_call_id"] = [call], call["id"]
    reply = await go_on(caller, SEES, history, Who.API)

    assert (reply.errors, bool(reply.text)) == ([], True)
    said, shown = outputs(simulator)[0]
    assert (said["text"], shown["image_url"]) == (SAID, data_url(PNG))


def _calls_in(payload: dict[str, Any]) -> list[dict[str, Any]]:
    return [call for choice in payload.get("choices", ()) for call in choice["delta"].get("tool_calls", ())]


@pytest.mark.parametrize(
    ("model", "content", "why"),
    [
        (BLIND, PNG, "this model takes none"),
        (SEES, HEIC, "it is of a kind that models do not read"),
    ],
    ids=["blind", "foreign kind"],
)
async def test_a_clients_picture_that_cannot_go_is_named_in_its_place(
    caller: Caller, simulator: Simulator, model: str, content: bytes, why: str
) -> None:
    reply = await go_on(caller, model, brought_by_client(text(SAID), picture(data_url(content))), Who.API)

    assert (reply.errors, bool(reply.text)) == ([], True)
    assert outputs(simulator) == [f"{SAID}\n[image left out: {why}]"]


async def test_a_list_that_is_no_content_reaches_the_model_as_it_is(caller: Caller, simulator: Simulator) -> None:
    found = [{"id": 1, "name": "Ann"}, {"id": 2}]
    await go_on(caller, SEES, brought_by_client(*found), Who.API)

    assert [json.loads(output) for output in outputs(simulator)] == [found]

"""Tools that a provider would refuse run all the same; tools that do not fit are named, never lost in silence."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from domain.request.turn_request import Caller as Who
from entrypoints.simulator.server import Simulator
from tests.adapters.openwebui.host_wrappers import builtin, workspace
from tests.entrypoints.openwebui.service.calling import Caller, Reply, questions, read_payload

MODELS = [
    "openai/gpt-5.6-sol",
    "google/gemini-3.6-flash",
    "anthropic/claude-opus-5",
    "mistralai/mistral-small-3.2-24b-instruct",
]
NODE = {"type": "object", "properties": {"name": {"type": "string"}, "next": {"$ref": "#/definitions/Node"}}}
ODD: dict[str, Any] = {
    "type": "object",
    "properties": {
        "mail": {"type": "string", "pattern": "^(?!\\.)[a-z.]+@x$"},
        "list": {"type": "array"},
        "range": {"type": "array", "items": [{"type": "integer"}, {"type": "integer"}]},
        "level": {"type": "integer", "enum": [1, 2]},
        "fixed": {"const": 1},
        "either": {"type": ["integer", "null"]},
        "filter[id]": {"type": "string"},
        "node": {"$ref": "#/definitions/Node"},
        "elsewhere": {"$ref": "https://a.example/schema.json"},
        "none": None,
        "own": {"type": "string", "required": True},
        "only": {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
        "no": {"type": "string", "nullable": True, "example": "x"},
        "many": {"type": "array", "uniqueItems": True, "items": {"type": "string"}},
    },
    "required": ["list", "undefined"],
    "anyOf": [{"required": ["mail"]}, {"required": ["range"]}],
    "definitions": {"Node": NODE},
    "$schema": "http://json-schema.org/draft-07/schema#",
    "$id": "https://a.example/look",
}
LIMIT = {
    "type": "object",
    "properties": {"limit": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": 10}},
}


class Runs:
    """Tools that note what they were called with."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []

    async def look(self, **arguments: Any) -> str:
        self.seen.append(arguments)
        return "seen"


def entry(name: str, parameters: dict[str, Any], runs: Runs, make: Callable[..., Any] = workspace) -> dict[str, Any]:
    made = make(name, runs.look)
    return {**made, "spec": {"name": name, "description": "Looks.", "parameters": parameters}}


async def ask(caller: Caller, model: str, text: str, entries: dict[str, dict[str, Any]]) -> Reply:
    """Ask in the page with tools of the host."""
    reply = Reply()
    tools = [{"type": "function", "function": entry["spec"]} for entry in entries.values()]
    messages = [{"role": "user", "content": text}]
    asked = {"model": f"openrouter.{model}", "messages": messages, "stream": True, "tools": tools}
    call = caller.call(asked, Who.PAGE, reply)
    returned = await caller.service.pipe({**call, "__tools__": entries})
    assert isinstance(returned, AsyncIterator)
    async for payload in returned:
        reply.payloads.append(read_payload(payload))
    return reply


def sent_tools(simulator: Simulator) -> list[dict[str, Any]]:
    """Return the function tools of the last request, in either form."""
    tools = questions(simulator)[-1].body["tools"]
    return [tool.get("function") or tool for tool in tools if tool["type"] == "function"]


@pytest.mark.parametrize("chat", ["none", "*"], ids=["responses", "chat"])
@pytest.mark.parametrize("model", MODELS)
async def test_a_tool_with_everything_makers_refuse_runs_at_the_first_try(
    caller: Caller, simulator: Simulator, model: str, chat: str
) -> None:
    caller.valves["ADVANCED"] = f"FORCE_CHAT_COMPLETIONS_MODELS={chat}"
    await caller.knows_the_models()
    runs = Runs()
    arguments = {"list": ["a"], "mail": "a@x", "own": "x", "filter[id]": "7"}

    reply = await ask(caller, model, f"CALL look {json.dumps(arguments)}", {"look": entry("look", ODD, runs)})

    assert reply.errors == []
    assert runs.seen == [arguments]
    assert len(questions(simulator)) == 2  # one request per round: nothing was refused
    offered = json.dumps(sent_tools(simulator))
    assert all(name in offered for name in (*ODD["properties"], "next"))


@pytest.mark.parametrize("model", [*MODELS, "sim/tools"])
async def test_arguments_are_checked_by_the_schema_of_the_tool_itself(caller: Caller, model: str) -> None:
    await caller.knows_the_models()
    runs = Runs()

    await ask(
        caller,
        model,
        'CALL look {"list": [], "own": "x", "mail": "a@x", "level": 3}',
        {"look": entry("look", ODD, runs)},
    )

    assert runs.seen == []


@pytest.mark.parametrize("model", [*MODELS, "sim/tools"])
async def test_null_reaches_the_tool_that_gives_it_a_meaning(caller: Caller, model: str) -> None:
    await caller.knows_the_models()
    runs = Runs()

    reply = await ask(caller, model, 'CALL look {"limit": null}', {"look": entry("look", LIMIT, runs)})

    assert reply.errors == []
    assert runs.seen == [{"limit": None}]


async def test_the_hosts_own_tools_make_room_and_are_named_in_a_status(caller: Caller, simulator: Simulator) -> None:
    await caller.knows_the_models()
    runs = Runs()
    chosen = {f"work_{n:03}": entry(f"work_{n:03}", LIMIT, runs) for n in range(120)}
    own = {f"host_{n:02}": entry(f"host_{n:02}", LIMIT, runs, builtin) for n in range(32)}

    reply = await ask(caller, "openai/gpt-5.6-sol", 'CALL work_119 {"limit": 1}', {**own, **chosen})

    names = {tool["name"] for tool in sent_tools(simulator)}
    assert (len(questions(simulator)[-1].body["tools"]), chosen.keys() <= names, runs.seen) == (
        128,
        True,
        [{"limit": 1}],
    )
    (status,) = {status["description"] for status in reply.statuses if "at most 128 tools" in status["description"]}
    assert all(name in status for name in {*own, *chosen} - names)
    assert not any(name in status for name in names)


async def test_too_many_chosen_tools_are_named_too_and_always_the_same(caller: Caller, simulator: Simulator) -> None:
    await caller.knows_the_models()
    runs = Runs()
    chosen = {f"work_{n:03}": entry(f"work_{n:03}", LIMIT, runs) for n in range(150)}
    own = {f"host_{n:02}": entry(f"host_{n:02}", LIMIT, runs, builtin) for n in range(32)}

    reply = await ask(caller, "openai/gpt-5.6-sol", "hello", {**own, **chosen})
    first = [tool["name"] for tool in sent_tools(simulator)]
    await ask(caller, "openai/gpt-5.6-sol", "hello", dict(reversed({**own, **chosen}.items())))

    assert [tool["name"] for tool in sent_tools(simulator)] == first == sorted(chosen)[:127]  # and the web search
    (status,) = {status["description"] for status in reply.statuses if "at most 128 tools" in status["description"]}
    assert "work_149" in status
    assert "host_31" in status
    assert [line["description"] for line in reply.statuses if not line.get("hidden")][-2] == status  # before the usage


async def test_a_maker_that_takes_them_gets_all_tools(caller: Caller, simulator: Simulator) -> None:
    await caller.knows_the_models()
    chosen = {f"work_{n:03}": entry(f"work_{n:03}", LIMIT, Runs()) for n in range(150)}

    reply = await ask(caller, "anthropic/claude-opus-5", "hello", chosen)

    assert len(sent_tools(simulator)) == 150
    assert not [status for status in reply.statuses if "at most" in status["description"]]


LONG = "a_tool_" + "with_a_long_name_" * 5 + "x"


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("name", [LONG, "ns.look/up", "7days", "mit_blank name"])
async def test_a_client_gets_its_calls_under_its_own_names(
    caller: Caller, simulator: Simulator, name: str, stream: bool
) -> None:
    await caller.knows_the_models()
    tool = {"type": "function", "function": {"name": name, "parameters": LIMIT}}
    choice = {"type": "function", "function": {"name": name}}

    first = await caller.ask(MODELS[0], "hello", who=Who.API, tools=[tool], stream=stream, tool_choice=choice)
    (sent,) = sent_tools(simulator)
    assert first.errors == []
    assert questions(simulator)[-1].body["tool_choice"]["name"] == sent["name"] != name
    assert len(sent["name"]) <= 64
    text = f'CALL {sent["name"]} {{"limit": 3}}'
    reply = await caller.ask(MODELS[0], text, who=Who.API, tools=[tool], stream=stream)

    assert f'"{name}"' in json.dumps(reply.returned or reply.payloads)
    assert sent["name"] not in json.dumps(
        [payload for payload in reply.payloads if "tool_calls" in json.dumps(payload)]
    )


async def test_a_client_with_too_many_tools_is_told_so(caller: Caller, simulator: Simulator) -> None:
    await caller.knows_the_models()
    tools = [{"type": "function", "function": {"name": f"t{n}", "parameters": LIMIT}} for n in range(129)]

    reply = await caller.ask(MODELS[0], "hello", who=Who.API, tools=tools)

    assert "129 tools" in reply.fault_words
    assert "128" in reply.fault_words
    assert questions(simulator) == []


@pytest.mark.parametrize("model", MODELS)
async def test_a_clients_tool_with_everything_makers_refuse_is_offered(
    caller: Caller, simulator: Simulator, model: str
) -> None:
    await caller.knows_the_models()
    tool = {"type": "function", "function": {"name": "look", "parameters": ODD, "strict": True}}

    reply = await caller.ask(model, 'CALL look {"list": []}', who=Who.API, tools=[tool])

    assert (reply.errors, reply.finishes) == ([], ["tool_calls"])
    offered = json.dumps(sent_tools(simulator))
    assert all(name in offered for name in (*ODD["properties"], "next"))


async def test_calls_in_a_clients_history_have_the_names_of_its_offer(caller: Caller, simulator: Simulator) -> None:
    await caller.knows_the_models()
    tool = {"type": "function", "function": {"name": LONG, "parameters": LIMIT}}
    call = {"id": "call_1", "type": "function", "function": {"name": LONG, "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "seen"},
        {"role": "user", "content": "and now"},
    ]

    reply = await caller.send({"model": f"openrouter.{MODELS[0]}", "messages": messages, "tools": [tool]}, Who.API)

    assert reply.errors == []
    (sent,) = sent_tools(simulator)
    (item,) = [item for item in questions(simulator)[-1].body["input"] if item.get("type") == "function_call"]
    assert item["name"] == sent["name"]

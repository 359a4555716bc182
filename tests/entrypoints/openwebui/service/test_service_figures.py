"""Usage and cost as the host reads them: own keys, rounds whose tools the host runs, continued answers."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from domain.request.turn_request import Caller as Who
from tests.entrypoints.openwebui.service.calling import Caller, Reply
from tests.entrypoints.openwebui.told import HostList

ENDPOINTS = pytest.mark.parametrize("endpoint", ["responses", "chat_completions"])
HOSTS = {"0.6.36": False, "0.9.6": False, "0.10.2": False, "0.11.4": True, "0.12.4": True}
"""Versions of the host, and whether it adds up the requests of one answer."""

WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}
ASKED = [{"role": "user", "content": "hello"}]
CALLED = {
    "role": "assistant",
    "content": "",
    "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}],
}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "rain"}


class Upstream:
    """An upstream that answers each request with the next script: a text or a call, and its usage."""

    def __init__(self) -> None:
        self.url = ""
        self.bodies: list[dict[str, Any]] = []
        self.calls_first = 0
        self.money: dict[str, Any] = {"cost": 0.01}
        self.text = "hi"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Stream one answer in the form of the endpoint."""
        self.bodies.append(await request.json())
        number = len(self.bodies)
        chat, calls = request.path.endswith("completions"), number <= self.calls_first
        usage = {**_tokens(number, chat=chat), **self.money}
        events = _chunks(calls, usage, self.text) if chat else _events(calls, usage, self.text)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for event in events:
            await response.write(f"data: {json.dumps(event)}\n\n".encode())
        await response.write(b"data: [DONE]\n\n")
        return response


def _tokens(number: int, *, chat: bool) -> dict[str, Any]:
    into, out = 100 * number, 10 * number
    names = ("prompt_tokens", "completion_tokens") if chat else ("input_tokens", "output_tokens")
    return {names[0]: into, names[1]: out, "total_tokens": into + out}


def _events(calls: bool, usage: dict[str, Any], said: str) -> list[dict[str, Any]]:
    text = [{"type": "output_text", "text": said, "annotations": []}]
    item: dict[str, Any] = {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "content": text,
    }
    if calls:
        item = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather", "arguments": "{}"}
    response = {"id": "gen-1", "status": "completed", "output": [item], "usage": usage}
    begun = {**item, "content": []} if not calls else {**item, "arguments": ""}
    delta = {
        "type": "response.output_text.delta",
        "output_index": 0,
        "item_id": "msg_1",
        "content_index": 0,
        "delta": said,
    }
    return [
        {"type": "response.created", "response": {"id": "gen-1", "status": "in_progress", "output": []}},
        {"type": "response.output_item.added", "output_index": 0, "item": begun},
        *([] if calls else [delta]),
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": response},
    ]


def _chunks(calls: bool, usage: dict[str, Any], said: str) -> list[dict[str, Any]]:
    call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    delta = {"tool_calls": [call]} if calls else {"content": said}
    head = {"id": "gen-1", "object": "chat.completion.chunk", "model": "a/b", "created": 1}
    reason = "tool_calls" if calls else "stop"
    return [
        {**head, "choices": [{"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": None}]},
        {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]},
        {**head, "choices": [], "usage": usage},
    ]


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    serving = Upstream()
    app = web.Application()
    app.router.add_post("/api/v1/responses", serving.answer)
    app.router.add_post("/api/v1/chat/completions", serving.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    serving.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/v1"
    yield serving
    await runner.cleanup()


@pytest.fixture
def asks(caller: Caller, upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Ask as one version of the host does, through one endpoint."""

    async def ask(
        endpoint: str, version: str = "0.12.4", messages: Any = ASKED, who: Who = Who.PAGE, **more: Any
    ) -> Reply:
        module = type("env", (), {"VERSION": version})
        monkeypatch.setitem(__import__("sys").modules, "open_webui.env", module)
        caller.service._host = None
        caller.valves["BASE_URL"] = upstream.url
        caller.valves["ADVANCED"] = f"DEFAULT_LLM_ENDPOINT={endpoint}\nTOOL_EXECUTION_MODE=Open-WebUI"
        body = {"model": "openrouter.a/b", "messages": messages, "stream": True, **more}
        return await caller.send(body, who)

    return ask


def usage_of(reply: Reply) -> dict[str, Any]:
    """Return the usage that the host reads last."""
    payloads = [payload for payload in [*reply.payloads, reply.returned] if isinstance(payload, dict)]
    found = [payload.get("usage") or payload.get("response", {}).get("usage") for payload in payloads]
    return [usage for usage in found if usage][-1]


def line_of(reply: Reply) -> str:
    return str(reply.statuses[-1]["description"])


OWN_KEY = {
    "cost": 0.00005,
    "is_byok": True,
    "cost_details": {"upstream_inference_cost": 0.0123, "server_tool_cost": None},
}


@ENDPOINTS
@pytest.mark.parametrize("version", ["0.6.36", "0.12.4"])
async def test_with_own_keys_the_person_reads_what_is_paid_in_all(
    asks: Any, upstream: Upstream, endpoint: str, version: str
) -> None:
    upstream.money = OWN_KEY
    reply = await asks(endpoint, version)

    usage = usage_of(reply)
    assert "Cost $0.01235 " in line_of(reply)
    assert (usage["cost"], usage["is_byok"]) == (0.01235, True)
    assert usage["cost_details"] == {"upstream_inference_cost": 0.0123}


@ENDPOINTS
@pytest.mark.parametrize("stream", [True, False])
async def test_with_own_keys_api_clients_read_it_too(
    asks: Any, upstream: Upstream, endpoint: str, stream: bool
) -> None:
    upstream.money = OWN_KEY
    usage = usage_of(await asks(endpoint, who=Who.API, stream=stream))

    assert (usage["cost"], usage["is_byok"]) == (0.01235, True)
    assert usage["cost_details"] == {"upstream_inference_cost": 0.0123}


@ENDPOINTS
@pytest.mark.parametrize("version", HOSTS)
async def test_rounds_whose_tools_the_host_runs_add_up(
    asks: Any, upstream: Upstream, endpoint: str, version: str
) -> None:
    upstream.calls_first = 2
    replies = [
        await asks(endpoint, version, messages, tools=[WEATHER])
        for messages in (ASKED, [*ASKED, CALLED, RESULT], [*ASKED, CALLED, RESULT, CALLED, RESULT])
    ]

    assert len(upstream.bodies) == 3
    assert "Cost $0.03 " in line_of(replies[-1])
    assert "Total tokens: 660 (Input: 600, Output: 60)" in line_of(replies[-1])
    usages = [usage_of(reply) for reply in replies]
    assert (usages[-1]["prompt_tokens"], usages[-1]["completion_tokens"]) == (300, 30)
    stored = sum(usage["cost"] for usage in usages) if HOSTS[version] else usages[-1]["cost"]
    tokens = sum(usage["total_tokens"] for usage in usages) if HOSTS[version] else usages[-1]["total_tokens"]
    assert (round(stored, 9), tokens) == (0.03, 660)


@ENDPOINTS
@pytest.mark.parametrize("version", HOSTS)
async def test_continued_answer_is_billed_as_a_whole(
    asks: Any, upstream: Upstream, endpoint: str, version: str
) -> None:
    await asks(endpoint, version)
    reply = await asks(endpoint, version, [*ASKED, {"role": "assistant", "content": "hi"}])

    assert "Cost $0.02 " in line_of(reply)
    assert (usage_of(reply)["cost"], usage_of(reply)["total_tokens"]) == (0.02, 330)
    assert usage_of(reply)["prompt_tokens"] == 200


@pytest.mark.parametrize("said", [" two", "two", "\n\nTwo"])
@ENDPOINTS
@pytest.mark.parametrize("version", HOSTS)
async def test_continued_answer_keeps_the_first_part_and_every_blank(
    asks: Any, upstream: Upstream, endpoint: str, version: str, said: str
) -> None:
    upstream.text = said
    reply = await asks(endpoint, version, [*ASKED, {"role": "assistant", "content": "one "}])

    host_keeps = version in ("0.6.36", "0.11.4", "0.12.4")
    assert reply.text == (said if host_keeps else f"one {said}")
    replaced = [event["data"]["content"] for event in reply.events if event["type"] == "replace"]
    assert replaced == ([f"one {said}"] if version in ("0.10.2", "0.11.4") else [])
    assert json.dumps("one ")[1:-1] in json.dumps(upstream.bodies[0])


async def test_continued_answer_keeps_its_tool_rounds(asks: Any, upstream: Upstream) -> None:
    partial = [*ASKED, CALLED, RESULT, {"role": "assistant", "content": "one "}]
    reply = await asks("responses", "0.9.6", partial)

    items = HostList().take(reply.payloads).items
    assert [item["type"] for item in items] == ["function_call", "function_call_output", "message"]
    assert HostList().take(reply.payloads).unanswered == set()
    assert reply.text == "one hi"


async def test_next_question_begins_anew(asks: Any, upstream: Upstream) -> None:
    await asks("responses")
    reply = await asks("responses", messages=[*ASKED, {"role": "assistant", "content": "hi"}, *ASKED])

    assert "Cost $0.01 " in line_of(reply)

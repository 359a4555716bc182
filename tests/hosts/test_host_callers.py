"""Callers without a page: API clients that name the host's tools, channels, automations."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.chat import plain_chat, stream_chat
from entrypoints.devhost.client import HostRefused, Json
from entrypoints.devhost.waiting import POLL_SECONDS, deadline
from tests.hosts.installed import InstalledHost, error_ids, fresh
from tests.hosts.tooled import install_tools, order, sent_calls

pytestmark = pytest.mark.host
MODEL = "openrouter.sim/thoughtful-tools"
NATIVE = {"function_calling": "native"}
LOOKUP = {
    "type": "function",
    "function": {
        "name": "lookup",
        "parameters": {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]},
    },
}
REPLY_SECONDS = 120.0


@pytest.mark.parametrize("stream", [True, False])
async def test_the_pipe_runs_the_tools_of_the_host_that_a_client_names(
    client: HostAdmin, host: InstalledHost, tmp_path: Path, stream: bool
) -> None:
    await install_tools(client)
    words, path = fresh("Count."), tmp_path / "counted"
    text = f"{words}\n{order('count', {'path': str(path), 'key': 'x'}, rounds=2)}"
    body = {"tool_ids": ["counting"], "params": NATIVE}
    if stream:
        reply = await stream_chat(client, MODEL, text, body=body)
        said, reasons = reply.text, reply.finish_reasons
    else:
        _, answer = await plain_chat(client, MODEL, text, body=body)
        (choice,) = answer["choices"]
        said, reasons = choice["message"]["content"], (choice["finish_reason"],)
    assert said == "The tools gave 2 results: counted x | counted x"
    assert reasons == ("stop",)
    assert path.read_text() == "x\nx\n"


async def test_a_round_of_both_runs_the_tools_of_the_host_and_hands_over_those_of_the_client(
    client: HostAdmin, host: InstalledHost, tmp_path: Path
) -> None:
    if not client.at_least("0.8"):
        return  # these hosts run the tools they are told to, or replace the client's own, before they call a pipe
    await install_tools(client)
    words, path = fresh("Both."), tmp_path / "counted"
    lines = (words, order("count", {"path": str(path), "key": "x"}), order("lookup", {"word": "hake"}))
    body: dict[str, Json] = {"tool_ids": ["counting"], "tools": [LOOKUP], "params": NATIVE}
    reply = await stream_chat(client, MODEL, "\n".join(lines), body=body)
    assert reply.finish_reasons == ("tool_calls",)
    (call,) = [call for payload in reply.payloads for call in _calls(payload.body)]
    assert call["function"] == {"name": "lookup", "arguments": '{"word": "hake"}'}
    assert path.read_text() == "x\n"
    more = [
        {"role": "user", "content": "\n".join(lines)},
        {"role": "assistant", "content": reply.text or None, "tool_calls": [{**call, "type": "function"}]},
        {"role": "tool", "tool_call_id": call["id"], "content": "a fish"},
    ]
    again = await stream_chat(client, MODEL, body={**body, "messages": more})
    assert again.finish_reasons == ("stop",)
    assert sorted(again.text.partition("results: ")[2].split(" | ")) == ["a fish", "counted x"]
    assert path.read_text() == "x\n"
    sent = host.asked(words)[-1].body["input"]
    assert dict(sent_calls(sent)) == {"count": "counted x", "lookup": "a fish"}
    assert "reasoning" in {item.get("type") for item in sent}


async def test_a_channel_shows_the_answer_and_the_fault(client: HostAdmin, host: InstalledHost) -> None:
    if not client.at_least("0.7") or (client.at_least("0.10") and not client.at_least("0.11")):
        return  # 0.6 has no models in channels; 0.10 shows every model's answer there as an empty message
    async with _channel(client) as channel:
        words = fresh("hello")
        answer = await _asked(client, channel, "openrouter.sim/echo", words)
        assert words in answer["content"]
        fault = await _asked(client, channel, "openrouter.sim/error-429", fresh("hello"))
        assert "rate" in fault["content"].lower() or "limit" in fault["content"].lower()
        assert error_ids(fault["content"])


async def test_an_automation_fails_with_the_fault_and_waits_for_no_browser(
    client: HostAdmin, host: InstalledHost
) -> None:
    if not client.at_least("0.9"):
        return
    words = fresh("Say hello.")
    done = await _automated(client, "openrouter.sim/echo", words)
    assert done["status"] == "success"
    failed = await _automated(client, "openrouter.sim/error-429", words)
    text = json.dumps(await client.chat(failed["chat_id"])) if failed.get("chat_id") else json.dumps(failed)
    assert error_ids(text)
    if client.at_least("0.12"):
        assert failed["status"] == "error"
        assert error_ids(str(failed["error"]))


def _calls(chunk: dict[str, Json]) -> list[Json]:
    deltas = [choice.get("delta") or {} for choice in chunk.get("choices") or []]
    return [
        {"id": call["id"], "function": call["function"]} for delta in deltas for call in delta.get("tool_calls") or []
    ]


@asynccontextmanager
async def _channel(client: HostAdmin) -> AsyncIterator[str]:
    """Create a channel and delete it after the block."""
    path = "/api/v1/auths/admin/config"
    given = await client.request("GET", path)
    await client.request("POST", path, {**given, "ENABLE_CHANNELS": True})
    made = await client.request("POST", "/api/v1/channels/create", {"name": f"talk-{time.time_ns()}"})
    try:
        yield str(made["id"])
    finally:
        await client.request("DELETE", f"/api/v1/channels/{made['id']}/delete")
        await client.request("POST", path, given)


async def _asked(client: HostAdmin, channel: str, model: str, words: str) -> dict[str, Json]:
    """Mention a model in a channel; return its message once it is done."""
    path = f"/api/v1/channels/{channel}/messages"
    asked = await client.request(
        "POST", f"{path}/post", {"content": f"<@M:{model}|Model> {words}", "data": {"files": []}}
    )
    async with deadline(REPLY_SECONDS, "the model did not answer in the channel"):
        while True:
            for one in await client.request("GET", f"{path}/{asked['id']}/thread"):
                if one["id"] != asked["id"] and (one.get("meta") or {}).get("done"):
                    return dict(one)
            await asyncio.sleep(POLL_SECONDS)


async def _created(client: HostAdmin, automation: dict[str, Json]) -> dict[str, Json]:
    """Create an automation; ask again while a busy host does not evaluate its schedule in the 2 s it has for that."""
    async with deadline(REPLY_SECONDS, "the host created no automation"):
        while True:
            try:
                return dict(await client.request("POST", "/api/v1/automations/create", automation))
            except HostRefused as refused:
                if "took too long to evaluate" not in refused.detail:
                    raise


async def _automated(client: HostAdmin, model: str, words: str) -> dict[str, Json]:
    """Run an automation once; return the record of the run."""
    data = {"prompt": words, "model_id": model, "rrule": "RRULE:FREQ=YEARLY"}
    made = await _created(client, {"name": words, "data": data})
    path = f"/api/v1/automations/{made['id']}"
    await client.request("POST", f"{path}/run")
    async with deadline(REPLY_SECONDS, "the automation did not run"):
        while not (runs := await client.request("GET", f"{path}/runs")):
            await asyncio.sleep(POLL_SECONDS)
    await client.request("DELETE", f"{path}/delete")
    return dict(runs[0])

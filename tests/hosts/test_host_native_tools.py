"""Native tools of API clients, and tools that upstream runs, through a real host."""

from collections.abc import Mapping
from typing import Any

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.browser import BrowserSession
from entrypoints.devhost.chat import plain_chat, stream_chat
from entrypoints.devhost.client import Json
from tests.hosts.installed import InstalledHost, fresh
from tests.hosts.tooled import install_tools, settings, tab_with_tools, with_tools

pytestmark = pytest.mark.host
MODEL = "openrouter.sim/native-tools"
SQL = {"type": "custom", "custom": {"name": "sql", "description": "Runs SQL.", "format": {"type": "text"}}}


def offered(host: InstalledHost, words: str) -> list[str]:
    """Return the tools that the first request with these words offered, by name or type."""
    tools = host.asked(words)[0].body.get("tools") or ()
    return [str(tool.get("name") or tool["type"]) for tool in tools]


def calls_in(body: Mapping[str, Json]) -> list[dict[str, Any]]:
    return [call for choice in body.get("choices") or () for call in choice["delta"].get("tool_calls") or ()]


@pytest.mark.parametrize("stream", [True, False])
async def test_a_custom_tool_is_called_by_the_client_and_its_result_is_taken(
    client: HostAdmin, host: InstalledHost, stream: bool
) -> None:
    words = fresh("Ask the database.")
    body: dict[str, Json] = {"tools": [SQL]}
    if stream:
        reply = await stream_chat(client, MODEL, words, body=body)
        (call,) = [call for payload in reply.payloads for call in calls_in(payload.body)]
        reasons = reply.finish_reasons
    else:
        _, answer = await plain_chat(client, MODEL, words, body=body)
        (choice,) = answer["choices"]
        (call,), reasons = choice["message"]["tool_calls"], (choice["finish_reason"],)
    assert (call["type"], call["custom"]["name"], reasons) == ("custom", "sql", ("tool_calls",))

    entry = {key: value for key, value in call.items() if key != "index"}
    more = [
        {"role": "user", "content": words},
        {"role": "assistant", "content": None, "tool_calls": [entry]},
        {"role": "tool", "tool_call_id": call["id"], "content": "3 rows"},
    ]
    again = await stream_chat(client, MODEL, body={**body, "messages": more})
    assert again.text == 'The tools gave: [{"type":"custom_tool_call_output","output":"3 rows"}]'
    assert "reasoning" in {item.get("type") for item in host.asked(words)[-1].body["input"]}


async def test_listed_tools_reach_upstream_and_never_beside_the_hosts_own(
    client: HostAdmin, host: InstalledHost
) -> None:
    words = fresh("What time is it?")
    async with settings(client, SERVER_TOOLS="web_fetch, datetime"), tab_with_tools(client) as tab:
        turn = await tab.send(words, model="openrouter.sim/tools", options=with_tools("counting"))
        await turn.idle()
    names = offered(host, words)
    assert "openrouter:web_fetch" in names
    assert ("openrouter:datetime" in names) is ("get_current_timestamp" not in names)


async def test_the_row_of_a_model_lists_its_own(client: HostAdmin, host: InstalledHost) -> None:
    words, row_id = fresh("Panel."), "panel-of-models"
    access: dict[str, Json] = {"access_grants": []} if client.at_least("0.8") else {"access_control": {}}
    form = {
        "id": row_id,
        "base_model_id": "openrouter.sim/echo",
        "name": "Panel",
        "meta": {"capabilities": {}},
        "params": {"custom_params": {"server_tools": '["fusion", "web_fetch"]'}},
        **access,
    }
    await install_tools(client)
    await client.request("POST", "/api/v1/models/create", form)
    assert row_id in {model["id"] for model in await client.models()}
    try:
        async with settings(client, SERVER_TOOLS="datetime"), BrowserSession(client) as tab:
            turn = await tab.send(words, model=row_id)
            await turn.idle()
    finally:
        query, body = ({}, {"id": row_id}) if client.at_least("0.7") else ({"id": row_id}, {})
        await client.request("POST" if body else "DELETE", "/api/v1/models/model/delete", body or None, query=query)
    listed = [name for name in offered(host, words) if name.startswith("openrouter:")]
    assert listed == ["openrouter:fusion", "openrouter:web_fetch"]

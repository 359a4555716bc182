"""Chats with tools in a real host, whose models receive as their makers do: strictly, and each in its own way."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.browser import BrowserSession
from tests.hosts.installed import InstalledHost, fault_text, fresh
from tests.hosts.tooled import direct_server, order, results, tab_with_tools, with_tools

pytestmark = pytest.mark.host

MAKERS = (
    "openai/gpt-4o-mini",
    "anthropic/claude-sonnet-4.5",
    "google/gemini-3.6-flash",
    "mistralai/mistral-small-3.2-24b-instruct",
)
CITY = {"type": "object", "properties": {"name": {"type": "string"}, "inner": {"$ref": "#/$defs/City"}}}
ODD = {
    "type": "object",
    "properties": {
        "mail": {"type": "string", "pattern": "^(?!\\.)[a-z.]+@x$"},
        "tags": {"type": "array"},
        "range": {"type": "array", "items": [{"type": "integer"}, {"type": "integer"}]},
        "level": {"type": ["integer", "null"], "enum": [1, 2, None]},
        "fixed": {"const": 1},
        "unit": {"type": "string", "required": True},
        "city": {"$ref": "#/$defs/City"},
        "far": {"$ref": "https://schemas.example/far.json"},
        "nothing": None,
    },
    "required": ["mail", "absent"],
    "$defs": {"City": CITY},
}
SPECS = ({"name": "odd_route", "description": "Find a route.", "parameters": ODD},)
KEPT = {"mail", "tags", "range", "level", "fixed", "unit", "city", "far"}


@pytest.fixture
async def tab(client: HostAdmin) -> AsyncIterator[BrowserSession]:
    """Yield a tab of the administrator's browser, in a host that has the tools."""
    async with tab_with_tools(client) as session:
        yield session


def odd_tool() -> Any:
    return with_tools("adding", tool_servers=[direct_server("https://maps.example", *SPECS)])


@pytest.mark.parametrize("maker", MAKERS)
async def test_a_tool_with_an_odd_schema_is_offered_to_every_maker_and_runs(
    tab: BrowserSession, host: InstalledHost, maker: str
) -> None:
    words = fresh("Which way?")
    text = "\n".join((words, order("odd_route", {"mail": "a@x", "level": None, "unit": "km"})))
    turn = await tab.send(text, model=f"openrouter.{maker}", options=odd_tool())
    assert turn.shown.error is None, fault_text(turn)
    assert [record.status for record in host.asked(words)] == [200, 200]
    assert '"way": "north"' in results(turn)[0]
    (offered,) = [tool for tool in host.asked(words)[0].body["tools"] if tool.get("name") == "odd_route"]
    assert offered["parameters"]["properties"].keys() >= KEPT


async def test_a_chat_with_tools_goes_on_with_models_of_four_makers_in_turn(
    tab: BrowserSession, host: InstalledHost
) -> None:
    turn = None
    for number, maker in enumerate((*MAKERS, *MAKERS)):
        words = fresh(f"Add {number}.")
        text = "\n".join((words, order("add", {"a": number, "b": 1}, times=2)))
        turn = await tab.send(text, model=f"openrouter.{maker}", chat=turn, options=with_tools())
        assert turn.shown.error is None, fault_text(turn)
        assert results(turn) == [str(number + 1)] * 2
        assert [record.status for record in host.asked(words)] == [200, 200]


@pytest.mark.parametrize("maker", MAKERS)
async def test_an_api_client_may_send_odd_names_and_one_id_for_two_rounds(
    client: HostAdmin, host: InstalledHost, maker: str
) -> None:
    words = fresh("And now?")

    def round_of(said: str) -> list[dict[str, Any]]:
        function = {"name": "functions.look<|channel|>json", "arguments": "{'q': 'x'}"}
        call = {"id": "functions.look:0", "type": "function", "function": function}
        return [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "functions.look:0", "content": said},
        ]

    messages = [{"role": "user", "content": "a"}, *round_of("no"), *round_of("yes"), {"role": "user", "content": words}]
    body = {"model": f"openrouter.{maker}", "messages": messages, "stream": False}
    answer = await client.request("POST", "/api/chat/completions", body)
    assert answer["choices"][0]["message"]["content"]
    (record,) = host.asked(words)
    sent = str(record.body["input"])
    assert (record.status, "no" in sent, "yes" in sent) == (200, True, True)

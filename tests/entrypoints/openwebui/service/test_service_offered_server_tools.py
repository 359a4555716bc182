"""The operator's tools that upstream runs reach upstream in the page, and never beside the host's own."""

from typing import Any

import pytest

from domain.request.turn_request import Caller as Who
from entrypoints.simulator.server import Simulator
from tests.adapters.openwebui.host_wrappers import in_body
from tests.entrypoints.openwebui.service.calling import Caller, questions


def offered(simulator: Simulator) -> list[str]:
    """Return the tools that the last request offered, by name or type."""
    body = questions(simulator)[-1].body
    assert isinstance(body, dict)
    return [tool.get("name") or tool["type"] for tool in body.get("tools", ())]


async def asked(caller: Caller, who: Who = Who.PAGE, metadata: dict[str, Any] | None = None, **more: Any) -> None:
    body = {"model": "openrouter.sim/echo", "messages": [{"role": "user", "content": "hi"}], "stream": True, **more}
    caller.ids = metadata or {}
    reply = await caller.send(body, who)
    assert not reply.errors


@pytest.fixture(autouse=True)
def listed(caller: Caller) -> None:
    caller.valves["SERVER_TOOLS"] = "web_fetch, openrouter:datetime, image_generation, bogus"


async def test_chats_in_the_page_are_offered_them(caller: Caller, simulator: Simulator) -> None:
    await asked(caller)
    assert offered(simulator) == ["openrouter:web_fetch", "openrouter:datetime", "openrouter:image_generation"]


async def test_api_clients_name_them_themselves(caller: Caller, simulator: Simulator) -> None:
    await asked(caller, Who.API)
    assert offered(simulator) == []
    await asked(caller, Who.API, tools=[{"type": "web_search", "filters": {"allowed_domains": ["a.example"]}}])
    assert offered(simulator) == ["openrouter:web_search"]


async def test_the_list_of_a_row_takes_their_place(caller: Caller, simulator: Simulator) -> None:
    await asked(caller, server_tools=["fusion", {"type": "web_search", "parameters": {"engine": "exa"}}])
    assert offered(simulator) == ["openrouter:fusion", "openrouter:web_search"]
    await asked(caller, server_tools="none")
    assert offered(simulator) == []


async def test_none_stands_beside_the_hosts_own(caller: Caller, simulator: Simulator) -> None:
    entry = {"tool_id": "builtin:fetch_url", "type": "builtin", "spec": {"name": "fetch_url"}, "callable": print}
    metadata = {"features": {"image_generation": True}, "tools": {"fetch_url": entry}}
    await asked(caller, metadata=metadata, tools=in_body("fetch_url"))
    assert offered(simulator) == ["fetch_url", "openrouter:datetime"]


async def test_an_unknown_name_is_shown_to_an_administrator(caller: Caller) -> None:
    caller.user["role"] = "admin"
    reply = await caller.ask("sim/echo")
    warnings = [event["data"]["content"] for event in reply.events if event["type"] == "notification"]
    assert any("'bogus'" in text for text in warnings)

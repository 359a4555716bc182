"""What the host does itself for a message, so that nothing of upstream is offered beside it."""

from typing import Any

import pytest

from domain.request.abilities import Ability
from entrypoints.openwebui.tool_mode import read_host_tools


def served(metadata: dict[str, Any], *offered: str) -> frozenset[Ability]:
    tools = [{"type": "function", "function": {"name": name}} for name in offered]
    return read_host_tools(None, metadata, tools).served


@pytest.mark.parametrize(
    ("name", "ability"),
    [
        ("search_web", Ability.SEARCH),
        ("fetch_url", Ability.FETCH),
        ("get_current_timestamp", Ability.TIME),
        ("generate_image", Ability.PICTURES),
        ("execute_code", Ability.CODE),
        ("query_knowledge_files", Ability.FILES),
        ("query_chat_files", Ability.FILES),
        ("delegate_task", Ability.DELEGATION),
        ("search_tools", Ability.DISCOVERY),
    ],
)
def test_a_builtin_tool_serves_its_purpose(name: str, ability: Ability) -> None:
    assert served({}, name) == {ability}
    assert served({"tools": {name: {"tool_id": f"builtin:{name}"}}}) == {ability}


@pytest.mark.parametrize(
    ("metadata", "ability"),
    [
        ({"features": {"web_search": True}}, Ability.SEARCH),
        ({"features": {"image_generation": True}}, Ability.PICTURES),
        ({"features": {"code_interpreter": True}}, Ability.CODE),
        ({"files": [{"id": "f"}]}, Ability.FILES),
        ({"mcp_clients": {"maps": object()}}, Ability.SERVERS),
        ({"tools": {"look": {"type": "mcp"}}}, Ability.SERVERS),
        ({"tools": {"run": {"type": "terminal"}}}, Ability.CODE),
    ],
)
def test_what_the_host_does_without_a_tool_counts_too(metadata: dict[str, Any], ability: Ability) -> None:
    assert served(metadata) == {ability}


@pytest.mark.parametrize(
    "metadata",
    [{}, {"features": None, "files": None, "tools": None}, {"features": [1], "tools": "x", "mcp_clients": {}}],
)
def test_a_host_that_says_nothing_serves_nothing(metadata: dict[str, Any]) -> None:
    assert served(metadata, "my_own_tool") == frozenset()

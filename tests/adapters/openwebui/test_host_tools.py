"""Which tools are available, depending on what the different hosts pass."""

from typing import Any

import pytest

from adapters.openwebui.host_tools import HostOffer, Kind, read_tools
from domain.tools.once import BUILTIN, may_repeat
from tests.adapters.openwebui.host_wrappers import builtin, direct, external, in_body, mcp, workspace


async def add(a: int = 0, b: int = 0) -> int:
    return a + b


def sources(offer: HostOffer) -> dict[str, str]:
    return {tool.spec.name: tool.spec.source for tool in read_tools(offer)}


def test_every_kind_of_tool_has_its_source() -> None:
    client = object()
    tools = {
        "add": workspace("add", add, "calculator"),
        "get_current_timestamp": builtin("get_current_timestamp", add),
        "forecast": external("forecast", add, "server:openapi:weather"),
        "old": {"tool_id": "server:0", "callable": add, "spec": {"name": "old"}},
        "shell": {"tool_id": "terminal:t1", "callable": add, "spec": {"name": "shell"}, "type": "terminal"},
        "my_hub_find": mcp("my_hub_find", add, client),
        "hub_find": mcp("hub_find", add, object()),
        "route": direct("route", info={"title": "Maps"}),
        "place": direct("place"),
    }
    offer = HostOffer(stored=tools, offered=in_body(*tools), mcp_clients={"my_hub": client})
    assert sources(offer) == {
        "add": "workspace:calculator",
        "get_current_timestamp": "builtin",
        "forecast": "openapi:weather",
        "old": "openapi:0",
        "shell": "terminal:t1",
        "my_hub_find": "mcp:my_hub",
        "hub_find": "mcp:hub",
        "route": "direct:Maps",
        "place": "direct:maps.example",
    }


def test_no_tool_is_available_when_the_request_names_none() -> None:
    assert read_tools(HostOffer({"add": workspace("add", add)}, None, None)) == ()
    assert read_tools(HostOffer({"add": workspace("add", add)}, None, [])) == ()


def test_only_tools_named_in_the_request_are_available_in_its_order() -> None:
    tools = {name: workspace(name, add) for name in ("one", "two", "three")}
    assert list(sources(HostOffer(tools, None, in_body("three", "gone", "one")))) == ["three", "one"]


def test_tools_found_only_in_the_metadata_are_available_too() -> None:
    handed = {"add": workspace("add", add)}
    stored = {**handed, "route": direct("route")}
    assert list(sources(HostOffer(handed, stored, in_body("add", "route")))) == ["add", "route"]


def test_a_list_of_entries_is_read_like_a_mapping() -> None:
    assert list(sources(HostOffer([workspace("add", add)], None, in_body("add")))) == ["add"]


def test_flat_names_of_the_responses_form_are_read() -> None:
    offered = [{"type": "function", "name": "add"}, {"type": "web_search"}]
    assert list(sources(HostOffer({"add": workspace("add", add)}, None, offered))) == ["add"]


@pytest.mark.parametrize(
    "entry",
    [None, 7, {}, {"spec": None, "callable": None}, {"direct": True}, {"spec": {"name": "x"}, "callable": "no"}],
)
def test_an_entry_that_cannot_be_run_is_left_out(entry: Any) -> None:
    assert read_tools(HostOffer({"x": entry}, None, in_body("x"))) == ()


def test_a_spec_without_parameters_has_none() -> None:
    entry = {"tool_id": "t", "callable": add, "spec": {"name": "x", "description": None, "parameters": None}}
    (tool,) = read_tools(HostOffer({"x": entry}, None, in_body("x")))
    assert (tool.spec.parameters, tool.spec.description) == ({"type": "object", "properties": {}}, "")


def test_builtin_tools_differ_by_their_source_and_declare_nothing() -> None:
    tools = {name: builtin(name, add) for name in ("search_web", "add_memory")}
    specs = [tool.spec for tool in read_tools(HostOffer(tools, None, in_body(*tools)))]
    assert {(spec.name, spec.source, spec.idempotent) for spec in specs} == {
        ("search_web", BUILTIN, False),
        ("add_memory", BUILTIN, False),
    }
    assert {spec.name for spec in specs if may_repeat(spec)} == {"search_web"}


def test_the_author_of_a_workspace_tool_may_declare_how_it_is_run() -> None:
    class Tools:
        async def look(self) -> None: ...

        vars(look).update(idempotent=True, sequential=True)

    entry = workspace("look", Tools().look)
    (tool,) = read_tools(HostOffer({"look": entry}, None, in_body("look")))
    assert (tool.spec.idempotent, tool.spec.sequential, tool.kind) == (True, True, Kind.WORKSPACE)

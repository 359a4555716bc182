"""Tools as clients really write them: without a type, in another maker's spelling, deferred, in great number."""

from typing import Any

import pytest

from domain.request.plugins import plugins_of
from domain.request.tool_choice import tool_choice
from domain.request.tool_specs import function_tools, renamed
from domain.request.tool_types import written
from domain.tools.surplus import kept

SCHEMA = {"type": "object", "properties": {"q": {"type": "string"}}}
GPT = "openai/gpt-5.6-sol"


@pytest.mark.parametrize(
    "tool",
    [
        {"function": {"name": "look", "parameters": SCHEMA}},
        {"name": "look", "parameters": SCHEMA},
        {"type": None, "name": "look", "input_schema": SCHEMA},
        {"type": "function", "function": {"name": "look", "input_schema": SCHEMA}},
        {"name": "look", "inputSchema": SCHEMA},
        {"type": "custom", "name": "look", "input_schema": SCHEMA},
    ],
)
def test_a_function_is_known_by_its_form(tool: dict[str, Any]) -> None:
    tools, dropped = function_tools([tool], GPT, None)
    assert [(one["type"], one["name"], one["parameters"]) for one in tools] == [("function", "look", SCHEMA)]
    assert dropped == ()
    inner, _ = function_tools([{"type": "namespace", "name": "crm", "tools": [tool]}], GPT, None)
    assert [one["name"] for one in inner[0]["tools"]] == ["look"]


@pytest.mark.parametrize("tool", [{"name": "look"}, {"google_search": {}}, {}, {"type": 7, "name": "look"}])
def test_what_has_no_form_of_a_tool_is_left_out(tool: dict[str, Any]) -> None:
    assert function_tools([tool], GPT, None)[0] == ()


def test_the_caller_gets_its_own_name_back_also_for_a_tool_without_a_type() -> None:
    assert list(renamed([{"function": {"name": "look.up", "parameters": SCHEMA}}]).values()) == ["look.up"]


@pytest.mark.parametrize("container", [7, None, {}, {"type": "other"}, []])
def test_an_unusable_container_becomes_the_usual_one(container: Any) -> None:
    assert written({"type": "code_interpreter", "container": container}) == {
        "type": "code_interpreter",
        "container": {"type": "auto"},
    }


def test_a_forced_tool_inside_a_namespace_forces_the_namespace() -> None:
    tools, _ = function_tools(
        [{"type": "namespace", "name": "crm", "tools": [{"type": "function", "name": "get.it", "parameters": SCHEMA}]}],
        GPT,
        None,
    )
    asked = {"type": "function", "function": {"name": "get.it"}}
    forced = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "namespace", "name": "crm"}]}
    assert tool_choice(asked, tools) == (forced, ())
    assert tool_choice({"type": "custom", "name": "get.it"}, tools)[0] is None


def test_deferred_tools_do_not_count_against_the_most_that_a_model_takes() -> None:
    deferred = [{"type": "function", "name": f"deferred_{number}", "defer_loading": True} for number in range(200)]
    plain = [{"type": "function", "name": f"plain_{number}"} for number in range(3)]
    assert kept([*deferred, *plain], 3)[0] == (*deferred, *plain)
    tools, surplus = kept([*plain, *deferred], 2)
    assert (len(tools), surplus.names) == (202, ("plain_2",))


def test_a_search_and_its_plugin_take_the_same_place_and_handles() -> None:
    given = {
        "user_location": {"country": "DE"},
        "x_search": {"allowed_x_handles": ["a"], "excluded_x_handles": ["b"]},
    }
    taken = {"user_location": {"type": "approximate", "country": "DE"}, "x_search": {"allowed_x_handles": ["a"]}}
    assert written({"type": "web_search", **given}) == {"type": "openrouter:web_search", "parameters": taken}
    assert plugins_of([{"id": "web", **given}], trim=False, stream=True)[0] == ({"id": "web", **taken},)
    assert written({"type": "openrouter:web_search", "parameters": {"x_search": {}}}) == {
        "type": "openrouter:web_search",
        "parameters": {"x_search": {}},
    }

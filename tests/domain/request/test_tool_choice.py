"""Which tool is wanted: every form that clients write, in the forms that upstream takes."""

from typing import Any

import pytest

from domain.request.tool_choice import forces, named_in, tool_choice, unforced
from ports.json_values import JsonObject

FUNCTION = {"type": "function", "name": "look", "parameters": {}}
CUSTOM = {"type": "custom", "name": "sql"}
TOOLS: tuple[dict[str, Any], ...] = (
    FUNCTION,
    CUSTOM,
    {"type": "openrouter:web_search"},
    {"type": "openrouter:image_generation"},
    {"type": "mcp", "server_label": "maps"},
    {"type": "shell"},
    {"type": "apply_patch"},
)
SEARCHED = {"type": "web_search_preview"}


def only(**tool: str) -> dict[str, Any]:
    return {"type": "allowed_tools", "mode": "required", "tools": [tool]}


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("auto", "auto"),
        ("none", "none"),
        ("required", "required"),
        ("any", "required"),
        ({"type": "any"}, "required"),
        ("look", {"type": "function", "name": "look"}),
        ("sql", only(type="custom", name="sql")),
        ({"type": "function", "function": {"name": "look"}}, {"type": "function", "name": "look"}),
        ({"type": "function", "name": "look"}, {"type": "function", "name": "look"}),
        ({"function": {"name": "look"}}, {"type": "function", "name": "look"}),
        ({"type": "tool", "name": "look"}, {"type": "function", "name": "look"}),
        ({"type": "custom", "custom": {"name": "sql"}}, only(type="custom", name="sql")),
        ({"type": "custom", "name": "sql"}, only(type="custom", name="sql")),
        ({"type": "web_search_preview"}, SEARCHED),
        ({"type": "web_search"}, SEARCHED),
        ({"type": "openrouter:web_search"}, SEARCHED),
        ({"type": "shell"}, {"type": "shell"}),
        ({"type": "apply_patch"}, {"type": "apply_patch"}),
        ({"type": "image_generation"}, only(type="openrouter:image_generation")),
        ({"type": "mcp", "server_label": "maps"}, only(type="mcp", server_label="maps")),
    ],
)
def test_each_form_becomes_one_that_upstream_takes(choice: Any, sent: Any) -> None:
    assert tool_choice(choice, TOOLS) == (sent, ())


@pytest.mark.parametrize("wrapped", [True, False], ids=["as in chat completions", "flat"])
def test_allowed_tools_are_kept_if_they_are_offered(wrapped: bool) -> None:
    listed = [
        {"type": "function", "function": {"name": "look"}},
        {"type": "custom", "name": "sql"},
        {"type": "web_search_preview"},
        {"type": "function", "name": "gone"},
        {"type": "function", "name": "look"},
        None,
    ]
    inner = {"mode": "required", "tools": listed}
    choice = {"type": "allowed_tools", **({"allowed_tools": inner} if wrapped else inner)}
    sent, left_out = tool_choice(choice, TOOLS)
    kept = [{"type": "function", "name": "look"}, CUSTOM, {"type": "openrouter:web_search"}]
    assert sent == {"type": "allowed_tools", "mode": "required", "tools": kept}
    assert left_out == ("tool_choice 'gone'", "tool_choice '?'")


@pytest.mark.parametrize(
    "choice",
    [
        {"type": "function", "name": "gone"},
        {"type": "custom", "name": "gone"},
        {"type": "code_interpreter"},
        {"type": "mcp", "server_label": "other"},
        {"type": "allowed_tools", "mode": "auto", "tools": []},
        {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "custom", "name": "gone"}]},
        {"type": 5},
        {},
        "sometimes",
    ],
)
def test_what_is_not_offered_is_named_and_left_out(choice: Any) -> None:
    sent, left_out = tool_choice(choice, TOOLS)
    assert sent is None
    assert left_out


def test_a_choice_without_tools_is_left_out() -> None:
    assert tool_choice("required", ()) == (None, ("tool_choice",))
    assert tool_choice("auto", ()) == (None, ())


def test_a_list_with_a_mode_of_its_own_forces_only_if_it_says_so() -> None:
    free = {"type": "allowed_tools", "mode": "auto", "tools": [CUSTOM, FUNCTION]}
    forced = {**free, "mode": "required"}
    assert [forces(free), forces(forced), forces(SEARCHED), forces("auto")] == [False, True, True, False]
    assert [unforced(free), unforced(forced), unforced(only(type="custom")), unforced(SEARCHED)] == [
        free,
        free,
        "auto",
        "auto",
    ]


def test_the_name_of_a_forced_tool_is_read_from_every_form() -> None:
    forms: list[str | JsonObject] = [
        {"type": "custom", "custom": {"name": "sql"}},
        {"type": "function", "name": "sql"},
        {"name": "sql"},
        "auto",
        {"type": "shell"},
    ]
    assert [named_in(form) for form in forms] == ["sql", "sql", "sql", "", ""]


def test_a_bare_name_is_the_name_of_a_tool() -> None:
    assert named_in("look") == "look"
    assert [named_in(mode) for mode in ("auto", "any", None)] == ["", "", ""]
    assert tool_choice("gone", TOOLS) == (None, ("tool_choice 'gone'",))

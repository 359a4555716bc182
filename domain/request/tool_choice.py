"""Which tool a request wants called: every form that clients write, in the forms that upstream takes.

Upstream takes a mode, a function, a few hosted tools by type, and a list of allowed tools with a mode. Any other single
tool is forced as the only allowed one. Source: OpenRouter API reference, tools; the official SDK's tool choices.
"""

from collections.abc import Iterator
from dataclasses import replace

from domain.conversation.tool_names import legal
from domain.request.server_limits import is_server_tool
from domain.request.tool_types import SEARCH, TOOL_TYPES, names_of
from ports.json_values import JsonObject
from ports.responses import ResponsesBody

Choice = str | JsonObject | None
MOST_ALLOWED = 200
_MODES = {"auto": "auto", "none": "none", "required": "required", "any": "required"}
_NAMED = ("function", "custom", "namespace")
_HOSTED = {SEARCH: "web_search_preview", "shell": "shell", "openrouter:shell": "shell"} | dict.fromkeys(
    ("apply_patch", "openrouter:apply_patch"), "apply_patch"
)
"""Types of offered tools that a choice names, as upstream spells them there."""


def tool_choice(choice: Choice, tools: tuple[JsonObject, ...]) -> tuple[Choice, tuple[str, ...]]:
    """Return a choice that upstream accepts, None for its default, and the names of what is not offered."""
    if choice is None:
        return None, ()
    mode, choice = _mode(choice), _named_alone(choice)
    if mode is not None and tools:
        return mode, ()
    if not isinstance(choice, dict) or mode is not None:
        return None, () if mode in ("auto", "none") else ("tool_choice",)
    if choice.get("type") == "allowed_tools":
        return _allowed(choice, tools)
    found = _offered(choice, tools)
    if found is None:
        return None, (f"tool_choice {_shown(choice)!r}",)
    if found["type"] == "function":
        return {"type": "function", "name": found["name"]}, ()
    hosted = _HOSTED.get(str(found["type"]))
    return {"type": hosted} if hosted else {"type": "allowed_tools", "mode": "required", "tools": [_entry(found)]}, ()


def forces(choice: Choice) -> bool:
    """Return whether a choice forces the model to call a tool."""
    if isinstance(choice, dict) and choice.get("type") == "allowed_tools":
        return choice.get("mode") == "required"
    return choice is not None and choice not in ("auto", "none")


def unforced(choice: Choice) -> Choice:
    """Return a choice that forces no call any more; a list of several allowed tools stays."""
    if not forces(choice):
        return choice
    listed = choice.get("tools") if isinstance(choice, dict) else None
    several = isinstance(choice, dict) and isinstance(listed, list) and len(listed) > 1
    return {**choice, "mode": "auto"} if several and isinstance(choice, dict) else "auto"


def with_tools(body: ResponsesBody, tools: tuple[JsonObject, ...]) -> ResponsesBody:
    """Return a body with other tools: its choice names only these, and without any nothing about tools is sent.

    The conditions that stop tools of upstream go with the last of these tools.
    """
    changed = replace(body, tools=tools, tool_choice=tool_choice(body.tool_choice, tools)[0])
    if any(map(is_server_tool, body.tools)) and not any(map(is_server_tool, tools)):
        changed = replace(changed, stop_server_tools_when=())
    if tools:
        return changed
    return replace(changed, parallel_tool_calls=None, max_tool_calls=None, deferred_tools=None)


def named_in(choice: Choice) -> str:
    """Return the name of the function or custom tool that a choice forces; empty if it names none."""
    choice = _named_alone(choice)
    name = _name(choice) if isinstance(choice, dict) else ""
    return legal(name) if name else ""


def _named_alone(choice: Choice) -> Choice:
    """Return a choice; one that is no mode but the name of a tool as the choice of that tool."""
    alone = isinstance(choice, str) and _mode(choice) is None
    return {"name": choice} if alone else choice


def _mode(choice: str | JsonObject) -> str | None:
    """Return the mode that a choice is, as a word or as an object of that type."""
    word = choice if isinstance(choice, str) else choice.get("type")
    return _MODES.get(word) if isinstance(word, str) else None


def _allowed(choice: JsonObject, tools: tuple[JsonObject, ...]) -> tuple[Choice, tuple[str, ...]]:
    nested = choice.get("allowed_tools")
    given = nested if isinstance(nested, dict) else choice
    listed, mode = given.get("tools"), given.get("mode")
    entries = listed[:MOST_ALLOWED] if isinstance(listed, list) else []
    kept: list[JsonObject] = []
    missing: list[str] = []
    for entry in entries:
        found = _offered(entry, tools) if isinstance(entry, dict) else None
        if found is None:
            missing.append(f"tool_choice {_shown(entry)!r}")
        elif (allowed := _entry(found)) not in kept:
            kept.append(allowed)
    if not kept:
        return None, (*missing, "tool_choice")
    return {"type": "allowed_tools", "mode": "required" if mode in ("required", "any") else "auto", "tools": kept}, (
        *missing,
    )


def _offered(wanted: JsonObject, tools: tuple[JsonObject, ...]) -> JsonObject | None:
    """Return the offered tool that an entry of a choice means; None if there is none."""
    kind, name = wanted.get("type"), _name(wanted)
    if name and (kind in (*_NAMED, "tool", None) or not isinstance(kind, str)):
        kinds = (kind,) if kind in _NAMED else _NAMED
        same = (tool for one in (name, legal(name)) for tool in tools if tool.get("name") == one)
        found = next((tool for tool in same if tool["type"] in kinds), None)
        return found or next((tool for tool in tools if _holds(tool, legal(name), kinds)), None)
    types = set(_types(kind)) if isinstance(kind, str) else set()
    label = wanted.get("server_label")
    for tool in tools:
        if tool["type"] in types and tool["type"] not in _NAMED and (not label or tool.get("server_label") == label):
            return tool
    return None


def _holds(tool: JsonObject, name: str, kinds: tuple[object, ...]) -> bool:
    """Return whether a tool is a namespace of a tool: upstream has no choice of one inside."""
    inner = tool.get("tools") if tool["type"] == "namespace" else ()
    return any(one["name"] == name and one["type"] in kinds for one in inner or ())


def _types(kind: str) -> Iterator[str]:
    """Yield the types under which a tool that a choice names may be offered."""
    for one in (kind, *names_of(kind)):
        if one in TOOL_TYPES:
            yield TOOL_TYPES[one].sent_as or one


def _entry(tool: JsonObject) -> JsonObject:
    return {key: tool[key] for key in ("type", "name", "server_label") if key in tool}


def _name(entry: JsonObject) -> str:
    nested = entry.get(str(entry.get("type") or "function"))
    name = (nested if isinstance(nested, dict) else entry).get("name")
    return name if isinstance(name, str) and name.strip() else ""


def _shown(entry: object) -> str:
    if not isinstance(entry, dict):
        return "?"
    return str(_name(entry) or entry.get("server_label") or entry.get("type"))[:60]

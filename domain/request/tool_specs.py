"""Tool definitions of callers -> tool definitions that this endpoint accepts."""

import json
import re
from collections.abc import Iterable
from typing import Any

from domain.catalog.support import GOOGLE, author, holds_to_schemas
from domain.request.schemas import fitted, is_closed, is_sound
from domain.request.shapes import Shape, one_of, reduced, text, texts, whole
from ports.catalog import Model
from ports.json_values import JsonObject

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SEARCH: Shape = {
    "engine": one_of("auto", "native", "exa", "firecrawl", "parallel", "perplexity"),
    "max_results": whole(1, 25),
    "max_total_results": whole(1, 250),
    "max_uses": whole(1, 100),
    "search_context_size": one_of("low", "medium", "high"),
    "allowed_domains": texts,
}
_FETCH: Shape = {
    "max_uses": whole(1, 100),
    "max_content_tokens": whole(1, 10_000_000),
    "allowed_domains": texts,
    "blocked_domains": texts,
}
SERVER_TOOLS: dict[str, Shape] = {
    "openrouter:web_search": _SEARCH,
    "openrouter:web_fetch": _FETCH,
    "openrouter:datetime": {"timezone": text},
}
NO_ARGUMENTS: JsonObject = {"type": "object", "properties": {}}


class KnownTool(dict[str, Any]):
    """A function tool that never changes. It caches its size and its `forms` by (for Google, strict).

    Any thread may fill the caches: concurrent threads compute equal values.
    """

    __slots__ = ("characters", "forms")

    def __init__(self, tool: JsonObject) -> None:
        super().__init__(tool)
        self.forms: dict[tuple[bool, bool], JsonObject | None] = {}
        self.characters: int | None = None


def function_tools(
    tools: Iterable[JsonObject], slug: str, model: Model | None
) -> tuple[tuple[JsonObject, ...], tuple[str, ...]]:
    """Return the usable tools in flat form and the names of omitted ones.

    Of two tools with one name the last is used. A tool whose name upstream would reject, or whose schema is unsound, is
    omitted; a tool without an object schema takes no arguments. `strict` is kept only if the schema is closed and the
    model obeys schemas. Server tools are sent. Source: OpenRouter API reference, tools.
    """
    kept: dict[str, JsonObject] = {}
    dropped: list[str] = []
    strict = holds_to_schemas(model)
    for tool in tools:
        flat = _known(tool, slug, strict) if isinstance(tool, KnownTool) else _made(tool, slug, strict)
        if flat is None:
            dropped.append(_label(tool))
        else:
            kept[str(flat.get("name") or flat["type"])] = flat
    return tuple(kept.values()), tuple(dropped)


def tool_choice(choice: str | JsonObject | None, tools: tuple[JsonObject, ...]) -> str | JsonObject | None:
    """Return a tool choice that upstream accepts; None for its default, and for a function that is not offered."""
    if not tools or choice is None:
        return None
    if isinstance(choice, str):
        return choice if choice in ("auto", "none", "required") else None
    nested = choice.get("function")
    name = nested.get("name") if isinstance(nested, dict) else choice.get("name")
    offered = any(tool.get("type") == "function" and tool.get("name") == name for tool in tools)
    return {"type": "function", "name": name} if offered else None


def forces(choice: str | JsonObject | None) -> bool:
    """Return whether a choice forces the model to call a tool."""
    return choice is not None and choice not in ("auto", "none")


def characters_of_tool(tool: JsonObject) -> int:
    """Return the length of a tool as JSON. Raises ValueError or RecursionError if it cannot be serialised."""
    if not isinstance(tool, KnownTool):
        return len(json.dumps(dict(tool), default=str))
    if tool.characters is None:
        tool.characters = len(json.dumps(tool, default=str))
    return tool.characters


def _known(tool: KnownTool, slug: str, strict: bool) -> JsonObject | None:
    """Build the tool once per kind of model."""
    form = (author(slug) == GOOGLE, strict)
    if form not in tool.forms:
        made = _made(tool, slug, strict)
        tool.forms[form] = None if made is None else KnownTool(made)
    return tool.forms[form]


def _made(tool: JsonObject, slug: str, strict: bool) -> JsonObject | None:
    return _server_tool(tool) or _function(tool, slug, strict=strict)


def _server_tool(tool: JsonObject) -> JsonObject | None:
    kind = tool.get("type")
    shape = SERVER_TOOLS.get(kind) if isinstance(kind, str) else None
    if shape is None:
        return None
    parameters = reduced(tool.get("parameters"), shape)
    return {"type": kind, "parameters": parameters} if parameters else {"type": kind}


def _function(tool: JsonObject, slug: str, *, strict: bool) -> JsonObject | None:
    nested = tool.get("function")
    function = nested if isinstance(nested, dict) else tool
    name, parameters = function.get("name"), function.get("parameters")
    if tool.get("type") != "function" or not isinstance(name, str) or not NAME.fullmatch(name):
        return None
    if not isinstance(parameters, dict) or parameters.get("type") != "object":
        parameters = NO_ARGUMENTS
    if not is_sound(parameters):
        return None
    schema = fitted({"properties": {}, **parameters}, slug)
    flat = {
        "type": "function",
        "name": name,
        "parameters": schema,
        "strict": strict and function.get("strict") is True and is_closed(schema),
    }
    description = function.get("description")
    return {**flat, "description": description} if isinstance(description, str) and description.strip() else flat


def _label(tool: JsonObject) -> str:
    nested = tool.get("function")
    name = (nested if isinstance(nested, dict) else tool).get("name")
    return f"tool {name!r}"[:80]

"""Tool definitions of callers -> tool definitions that this endpoint accepts."""

import re
from collections.abc import Iterable

from domain.catalog.support import holds_to_schemas
from domain.conversation.tool_names import legal
from domain.request.schemas import is_closed
from domain.request.shapes import Shape, one_of, reduced, text, texts, whole
from domain.tools.dialects.choice import dialect_of
from domain.tools.dialects.offer import Offer
from domain.tools.dialects.portable import portable
from domain.tools.known_tool import KnownTool, Rank
from domain.tools.schema_bounds import bounded
from domain.tools.sound_schema import sound
from domain.tools.surplus import name_of
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


def function_tools(
    tools: Iterable[JsonObject], slug: str, model: Model | None
) -> tuple[tuple[JsonObject, ...], tuple[str, ...]]:
    """Return the usable tools in flat form, as the maker of the model wants them, and the names of omitted ones.

    Of two tools with one name the last is used; a tool without a name, or of an unknown kind, is omitted. A name that
    upstream would reject is made legal (`renamed` leads back). A schema is made sound: its odd parts allow anything.
    `strict` is kept only if the schema is closed, the model obeys schemas and its maker takes this schema in strict
    mode. Server tools are sent. Source: OpenRouter API reference, tools.
    """
    offer = Offer(dialect_of(slug), strictly=holds_to_schemas(model))
    kept: dict[str, JsonObject] = {}
    dropped: list[str] = []
    for tool in tools:
        server = None if isinstance(tool, KnownTool) else _server_tool(tool)
        function = tool if isinstance(tool, KnownTool) else None if server else _function(tool)
        if server is not None:
            kept[str(server["type"])] = server
        elif function is not None:
            kept[str(function["name"])] = offer.form_of(function)
        else:
            dropped.append(_label(tool))
    return tuple(kept.values()), tuple(dropped)


def renamed(tools: Iterable[JsonObject]) -> dict[str, str]:
    """Return the names of a request's tools that upstream gets in another form: what upstream calls them -> theirs."""
    names = (name_of(tool) for tool in tools if tool.get("type") == "function")
    return {legal(name): name for name in names if name.strip() and legal(name) != name}


def tool_choice(choice: str | JsonObject | None, tools: tuple[JsonObject, ...]) -> str | JsonObject | None:
    """Return a tool choice that upstream accepts; None for its default, and for a function that is not offered."""
    if not tools or choice is None:
        return None
    if isinstance(choice, str):
        return choice if choice in ("auto", "none", "required") else None
    nested = choice.get("function")
    name = nested.get("name") if isinstance(nested, dict) else choice.get("name")
    names = {tool.get("name") for tool in tools if tool.get("type") == "function"}
    known = next((one for one in (name, legal(name)) if one in names), None) if isinstance(name, str) else None
    return None if known is None else {"type": "function", "name": known}


def forces(choice: str | JsonObject | None) -> bool:
    """Return whether a choice forces the model to call a tool."""
    return choice is not None and choice not in ("auto", "none")


def _server_tool(tool: JsonObject) -> JsonObject | None:
    kind = tool.get("type")
    shape = SERVER_TOOLS.get(kind) if isinstance(kind, str) else None
    if shape is None:
        return None
    parameters = reduced(tool.get("parameters"), shape)
    return {"type": kind, "parameters": parameters} if parameters else {"type": kind}


def _function(tool: JsonObject) -> KnownTool | None:
    """Return a tool of the request in flat form; None if it is no function or has no name."""
    nested = tool.get("function")
    function = nested if isinstance(nested, dict) else tool
    name = function.get("name")
    if tool.get("type") != "function" or not isinstance(name, str) or not name.strip():
        return None
    given = sound(bounded(function.get("parameters"))).schema
    parameters = portable(dict(given))
    is_strict = function.get("strict") is True and is_closed(parameters)
    flat = {"type": "function", "name": legal(name), "parameters": parameters, "strict": is_strict}
    description = function.get("description")
    described = isinstance(description, str) and bool(description.strip())
    return KnownTool({**flat, "description": description} if described else flat, given, Rank.ASKED)


def _label(tool: JsonObject) -> str:
    return f"tool {name_of(tool)!r}"[:80]

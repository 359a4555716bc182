"""Tool definitions of callers -> tool definitions that this endpoint accepts."""

import re
from collections.abc import Iterable, Iterator

from domain.catalog.support import holds_to_schemas
from domain.conversation.tool_names import legal
from domain.request.schemas import is_closed
from domain.request.shapes import Shape, reduced
from domain.request.tool_shapes import CUSTOM, FUNCTION
from domain.request.tool_types import TOOL_TYPES, unread_options, written
from domain.tools.dialects.choice import dialect_of
from domain.tools.dialects.offer import Offer
from domain.tools.dialects.portable import portable
from domain.tools.known_tool import KnownTool, Rank
from domain.tools.schema_bounds import bounded, read_schema
from domain.tools.sound_schema import sound
from domain.tools.surplus import name_of
from ports.catalog import Model
from ports.json_values import JsonObject

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
MOST_IN_NAMESPACE = 200
_SCHEMAS = ("parameters", "input_schema", "inputSchema")
"""Keys of a function's schema, as OpenAI, Anthropic and MCP spell it."""
Written = tuple[str, JsonObject, tuple[str, ...]]
"""A tool as it is sent, the key under which the last one of several counts, and what is left out of it."""


def function_tools(
    tools: Iterable[JsonObject], slug: str, model: Model | None
) -> tuple[tuple[JsonObject, ...], tuple[str, ...]]:
    """Return the usable tools in flat form, as the maker of the model wants them, and the names of what is omitted.

    Of two tools with one name the last is used; a tool without a name, or of an unknown type, is omitted. A name that
    upstream would reject is made legal (`renamed` leads back). A schema is made sound: its odd parts allow anything.
    `strict` is kept only if the schema is closed, the model obeys schemas and its maker takes this schema in strict
    mode. All other types are sent as `tool_types` says. Source: OpenRouter API reference, tools.
    """
    offer = Offer(dialect_of(slug), strictly=holds_to_schemas(model))
    kept: dict[str, JsonObject] = {}
    dropped: list[str] = []
    for tool in tools:
        found = _written(tool)
        if found is None:
            dropped.append(_label(tool))
            continue
        key, sent, missing = found
        kept[key] = offer.form_of(sent) if isinstance(sent, KnownTool) else sent
        dropped += (f"{_label(tool)}: {option!s:.40}" for option in missing)
    return tuple(kept.values()), tuple(dropped)


def _written(tool: JsonObject) -> Written | None:
    if isinstance(tool, KnownTool):
        return str(tool["name"]), tool, ()
    kind = _kind_of(tool)
    if kind == "function":
        function = _function(tool)
        return None if function is None else (str(function["name"]), function, _unread(tool, kind, FUNCTION, function))
    if kind == "custom":
        custom = _custom(tool)
        return None if custom is None else (str(custom["name"]), custom, _unread(tool, kind, CUSTOM, custom))
    if kind == "namespace":
        return _namespace(tool)
    sent = written(tool)
    if sent is None:
        return None
    name = TOOL_TYPES[str(kind)].named
    own = (sent.get("parameters") if "parameters" in sent else sent) if name else None
    key = str(own.get(name, "")) if isinstance(own, dict) else ""
    return f"{sent['type']} {key}", sent, unread_options(tool, sent)


def _kind_of(tool: JsonObject) -> object:
    """Return the type of a tool; without one, or in Anthropic's form, a function is known by its schema."""
    kind, nested = tool.get("type"), tool.get("function")
    if kind and not (kind == "custom" and "input_schema" in tool):
        return kind
    return "function" if isinstance(nested, dict) or any(key in tool for key in _SCHEMAS) else None


def renamed(tools: Iterable[JsonObject]) -> dict[str, str]:
    """Return the names of a request's tools that upstream gets in another form: what upstream calls them -> theirs."""
    names = (name for tool in tools for name in _own_names(tool))
    return {legal(name): name for name in names if name.strip() and legal(name) != name}


def _own_names(tool: JsonObject) -> Iterator[str]:
    """Yield the names by which the caller knows the functions and custom tools of one entry."""
    kind = _kind_of(tool)
    if kind in ("function", "custom"):
        yield name_of({**tool, "type": kind})
    if kind == "namespace":
        yield name_of(tool)
        inner = tool.get("tools")
        yield from (name_of(one) for one in (inner if isinstance(inner, list) else ()) if isinstance(one, dict))


def _function(tool: JsonObject) -> KnownTool | None:
    """Return a function of the request in flat form; None if it has no name."""
    function = _flat(tool, "function")
    name = function.get("name")
    if not isinstance(name, str) or not name.strip():
        return None
    given = sound(bounded(read_schema(next((function[key] for key in _SCHEMAS if key in function), None)))).schema
    parameters = portable(dict(given))
    is_strict = function.get("strict") is True and is_closed(parameters)
    flat = {"type": "function", "name": legal(name), "parameters": parameters, "strict": is_strict}
    description = function.get("description")
    described = isinstance(description, str) and bool(description.strip())
    flat |= reduced(function, FUNCTION)
    return KnownTool({**flat, "description": description} if described else flat, given, Rank.ASKED)


def _custom(tool: JsonObject) -> JsonObject | None:
    """Return a custom tool in flat form, its grammar too; None if it has no name."""
    custom = _flat(tool, "custom")
    name, form = custom.get("name"), custom.get("format")
    if not isinstance(name, str) or not name.strip():
        return None
    if isinstance(form, dict):
        custom = {**custom, "format": _flat(form, "grammar")}
    return {"type": "custom", "name": legal(name), **reduced(custom, CUSTOM)}


def _namespace(tool: JsonObject) -> Written | None:
    """Return functions and custom tools under one name; None if it has no name or none of them can be sent."""
    space = _flat(tool, "namespace")
    name, tools, description = space.get("name"), space.get("tools"), space.get("description")
    if not isinstance(name, str) or not name.strip() or not isinstance(tools, list):
        return None
    kept: dict[str, JsonObject] = {}
    missing: list[str] = []
    for one in tools[:MOST_IN_NAMESPACE]:
        inner = _inner(one)
        if inner is None:
            missing.append(name_of(one) if isinstance(one, dict) else "?")
        else:
            kept[str(inner["name"])] = inner
    missing += ["tools"] if len(tools) > MOST_IN_NAMESPACE else []
    described = description if isinstance(description, str) and description.strip() else name
    sent = {"type": "namespace", "name": legal(name), "description": described, "tools": [*kept.values()]}
    return (f"namespace {name}", sent, tuple(missing)) if kept else None


def _inner(tool: object) -> JsonObject | None:
    if not isinstance(tool, dict):
        return None
    kind = _kind_of(tool)
    known = _function(tool) if kind == "function" else None
    return dict(known) if known is not None else _custom(tool) if kind == "custom" else None


def _flat(tool: JsonObject, kind: str) -> JsonObject:
    """Return the fields of a tool, which chat completions nest under its type; those beside it count too."""
    nested = tool.get(kind)
    return {**{key: tool[key] for key in tool if key != kind}, **nested} if isinstance(nested, dict) else tool


def _unread(tool: JsonObject, kind: str, options: Shape, sent: JsonObject) -> tuple[str, ...]:
    """Return the options of a function or custom tool that have the wrong type."""
    given = _flat(tool, kind)
    return tuple(key for key in options if given.get(key) is not None and key not in sent)


def _label(tool: JsonObject) -> str:
    return f"tool {name_of(tool)!r}"[:80]

"""Repairs of the offered tools: a refused schema is sent loosely, then the tool is left out; a surplus is left out.

Where no provider takes tools, all are left out.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from domain.request.lesson import FEWER_TOOLS, LOOSE_TOOLS, NO_TOOLS, WITHOUT_TOOLS, Lesson
from domain.request.refusal import Refusal
from domain.request.refusal_words import TOOLS_REFUSED
from domain.request.tool_choice import forces, named_in, with_tools
from domain.tools.surplus import name_of
from ports.json_values import JsonObject
from ports.responses import ResponsesBody, UpstreamRequest

_ABOUT_SCHEMAS = re.compile(
    r"\b(?:schema|input_?schema|parameters?|function_?declarations?|properties|inputschema|toolspec|strict mode)\b"
    r"|\btools?[.\[]\d+|\binvalid (?:function|tool)"
)
_ABOUT_DEFINITIONS = re.compile(r"\bschema\b|input_?schema|function_?declarations?|\btools?[.\[]\d|\btools: ")
_INDEX = re.compile(r"function_?declarations?[.\[](\d+)|(?<!\]\.)(?<!\d\.)\btools?[.\[](\d+)\b(?!\]?\.function_?decl)")
"""A tool by its place; `tools[2].tools[0]` is a part of the third one, Google's `tools[0]` holds all functions."""
_TOO_MANY = re.compile(
    r"tools\b.{0,40}?(?:array too long|too long|too many|at most|maximum|exceed\w*|limit|no more than|more than)"
    r"|(?:too many|maximum(?: number)?(?: of)?|at most|up to|no more than|more than|limit(?:ed)? (?:of|to)|supports?)"
    r" (?:\d+ )?(?:\w+ )?(?:tools|functions|function declarations|tool definitions)\b"
    r"|number of (?:tools|functions|function declarations)\b"
)
_ALL_STRICT = re.compile(
    r"too many (?:strict tools|optional parameters|states)|grammar (?:is )?too (?:large|complex)|grammar compilation"
    r"|schema (?:is )?too complex"
)
"""What strict tools need together is too much, none is to blame. Source: public reports of Anthropic and Google."""
_NUMBER = re.compile(r"\b\d{1,5}\b")
_USUAL_LIMITS = (512, 128, 64, 32)
"""Limits of Google, OpenAI and others, for a refusal that states no number."""
_NOT_TAKEN = re.compile(
    r"(?:not|n't|isn't|un)\s?(?:support|allow|accept|available|permitted|recogni|known|valid)"
    r"|\binvalid (?:value|tool|type)|\bsupported (?:values|types|tools) are\b|no endpoints? .{0,40}support"
    r"|(?:not|n't) enabled|does not match any|input should be|cannot be used"
)
_ALTERNATIVES = re.compile(
    r"(?i:\b(?:supported (?:values|types|tools) are|expected(?: tags| one of)?|must be one of)\b).*"
)
"""What would be taken instead, at the end of a refusal."""
_KEPT = ("description", "required", "enum", "type", "properties", "items")
_TYPES = frozenset({"string", "number", "integer", "boolean", "array", "object"})
_DEEPEST = 40


def about_definitions(refusal: Refusal) -> bool:
    """Return whether a refusal is about offered tools rather than about calls in the history."""
    said = f"{refusal.param} {refusal.text}"
    return refusal.param.startswith("tools") or _ABOUT_DEFINITIONS.search(said) is not None


def tool_repairs(refusal: Refusal, body: ResponsesBody, *, last: bool) -> list[Lesson]:
    """Return the repairs for a refusal of tools; `last`: no other retry follows, so the tool is left out at once."""
    functions = [tool for tool in body.tools if tool.get("type") in ("function", "namespace")]
    if not body.tools:
        return []
    if native := _native(refusal, body.tools):
        return [Lesson(WITHOUT_TOOLS, "\n".join(native))]
    if not functions:
        return []
    if strict := [str(tool["name"]) for tool in functions if _ALL_STRICT.search(refusal.text) and _is_strict(tool)]:
        return [Lesson(LOOSE_TOOLS, "\n".join(strict))]
    if (surplus := _surplus(refusal, body)) is not None:
        return [Lesson(FEWER_TOOLS, "\n".join(surplus))]
    if not (_ABOUT_SCHEMAS.search(refusal.text) or "invalid_function_parameters" in refusal.code):
        return []
    names = "\n".join(_named(refusal, body.tools, functions))
    if not names:
        return []
    without = Lesson(WITHOUT_TOOLS, names)
    return [without] if last else [Lesson(LOOSE_TOOLS, names), without]


def without_any_tool(refusal: Refusal, body: ResponsesBody) -> list[Lesson]:
    """Return the repair for a refusal of tools as such; none if the caller wants one called."""
    if not body.tools or forces(body.tool_choice) or not TOOLS_REFUSED.search(refusal.text):
        return []
    return [Lesson(NO_TOOLS)]


def with_repaired_tools(sent: UpstreamRequest, lesson: Lesson) -> UpstreamRequest:
    """Return the request with other tools; the same object if the lesson changes none."""
    body, names = sent.body, frozenset(lesson.names)
    if lesson.what == NO_TOOLS:
        tools: tuple[JsonObject, ...] = ()
    elif lesson.what == LOOSE_TOOLS:
        tools = tuple(_loosened(tool) if tool.get("name") in names else tool for tool in body.tools)
    else:
        tools = tuple(tool for tool in body.tools if name_of(tool) not in names)
    if tools == body.tools:
        return sent
    return replace(sent, body=with_tools(body, tools))


def _surplus(refusal: Refusal, body: ResponsesBody) -> list[str] | None:
    """Return the names of the tools beyond the stated number; None if the refusal is about something else.

    The tool that the model must call is never one of them.
    """
    tools = body.tools
    too_long = refusal.code == "array_above_max_length" and refusal.param in ("", "tools")
    if not (too_long or _TOO_MANY.search(refusal.text)) or TOOLS_REFUSED.search(refusal.text):
        return None
    numbers = [number for number in map(int, _NUMBER.findall(refusal.text)) if 0 < number < len(tools)]
    most = next((number for number in numbers if number not in (400, 422)), 0)
    most = most or next((limit for limit in _USUAL_LIMITS if limit < len(tools)), 0)
    if not most:
        return None
    wanted = named_in(body.tool_choice)
    named = sorted((str(tool["name"]) for tool in tools if tool.get("name")), key=lambda name: name != wanted)
    return named[most:] or [name_of(tool) for tool in tools[most:] if name_of(tool) != wanted] or None


def _native(refusal: Refusal, tools: Sequence[JsonObject]) -> list[str]:
    """Return the tools other than functions that a refusal says the model does not take: by type, name or place."""
    others = [tool for tool in tools if tool.get("type") != "function"]
    if not others or not _NOT_TAKEN.search(refusal.text):
        return []
    said = f"{refusal.param} {refusal.exact}"
    places = {int(declared or listed) for declared, listed in _INDEX.findall(said.lower())}
    if places:
        return [name_of(tool) for place, tool in enumerate(tools) if place in places and tool in others]
    said = _ALTERNATIVES.sub("", said)
    words = ((name_of(tool), (str(tool["type"]), name_of(tool))) for tool in others)
    return [name for name, kinds in words if any(re.search(_typed(kind), said) for kind in kinds)]


def _typed(kind: str) -> str:
    """Return the pattern of a tool's type or name in a text: a plain word counts only beside `tool`, type or value."""
    word = re.escape(kind)
    if "_" in kind or ":" in kind:
        return rf"(?<![\w:-]){word}(?![\w-])"
    return rf"(?i:(?:tools?|types?|values?|tag):? {word}\b|\b{word} tools?\b)"


def _named(refusal: Refusal, tools: Sequence[JsonObject], functions: Sequence[JsonObject]) -> list[str]:
    """Return the functions that a refusal names: by name, else by their places."""
    said = f"{refusal.param} {refusal.exact}"
    found = [str(tool["name"]) for tool in functions if any(re.search(_mention(name), said) for name in _names(tool))]
    if found:
        return found
    places: dict[str, None] = {}
    for declared, listed in _INDEX.findall(said.lower()):
        choices = [tool for tool in functions if tool["type"] == "function"] if declared else tools
        place = int(declared or listed)
        if place < len(choices) and choices[place] in functions:
            places[str(choices[place]["name"])] = None
    return list(places)


def _names(tool: JsonObject) -> Iterator[str]:
    """Yield the name of a function, or those of a namespace and its functions."""
    yield str(tool["name"])
    if tool["type"] == "namespace":
        yield from (str(one["name"]) for one in tool["tools"])


def _mention(name: str) -> str:
    """Return the pattern of a name in a text: a short plain word counts only after "function" or "tool"."""
    alone = rf"(?<![\w-]){re.escape(name)}(?![\w-])"
    plain = len(name) < 4 or (name.isalpha() and name.islower())
    return rf"(?i:function|tool)s?:? (?i:named |name |call )?{alone}|default_api:{alone}" if plain else alone


def _is_strict(tool: JsonObject) -> bool:
    """Return whether a function, or any of a namespace, has the strict form."""
    return any(one.get("strict") for one in (tool, *(tool.get("tools") or ())))


def _loosened(tool: JsonObject) -> JsonObject:
    """Return a function, or every function of a namespace, in the loose form."""
    if tool["type"] != "namespace":
        return _loose(tool)
    return {**tool, "tools": [_loose(one) if one["type"] == "function" else one for one in tool["tools"]]}


def _loose(tool: JsonObject) -> JsonObject:
    """Return a tool without the strict form, its schema reduced to what every provider understands."""
    parameters = _reduced(tool.get("parameters"), _DEEPEST)
    return {**tool, "strict": False, "parameters": {"properties": {}, **parameters, "type": "object"}}


def _reduced(schema: object, deepest: int) -> dict[str, Any]:
    if not isinstance(schema, dict) or not deepest:
        return {}
    kept = {name: schema[name] for name in _KEPT if name in schema}
    kinds = kept.get("type") if isinstance(kept.get("type"), list) else [kept.get("type")]
    kind = next((kind for kind in kinds or () if kind in _TYPES), None)
    kept.pop("type", None)
    if kind:
        kept["type"] = kind
    if not isinstance(kept.get("description"), str):
        kept.pop("description", None)
    choices = kept.pop("enum", None)
    if kind in (None, "string") and isinstance(choices, list):
        texts = [choice for choice in choices if isinstance(choice, str) and choice]
        kept |= {"enum": texts, "type": "string"} if texts else {}
    properties = kept.pop("properties", None)
    if kind == "object" or isinstance(properties, dict):
        parts = properties if isinstance(properties, dict) else {}
        kept["type"], kept["properties"] = "object", {key: _reduced(part, deepest - 1) for key, part in parts.items()}
    required = kept.pop("required", None)
    if isinstance(required, list) and (names := [name for name in required if name in kept.get("properties", ())]):
        kept["required"] = names
    if "items" in kept or kind == "array":
        kept["items"] = _reduced(kept.get("items"), deepest - 1)
    return kept

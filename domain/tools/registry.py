"""The tools of one turn, from all sources: what upstream is offered, and which tool a call of the model means."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from domain.request.schemas import is_sound
from domain.tools.names import Key, named
from domain.tools.relaxing import DEFINITIONS, own
from domain.tools.results import clean
from domain.tools.strict import VALUE, strict
from ports.json_values import JsonObject
from ports.toolbox import ToolSpec

LARGEST = 256 * 1024
NO_ARGUMENTS: JsonObject = {"type": "object", "properties": {}}
_SAYING = frozenset({"$ref", "anyOf", "oneOf", "allOf", "items", "enum", "const", "not", "if"})
_BESIDE = frozenset({"$ref", "$defs", "definitions", "$schema", "$id", "title", "description"})


@dataclass(frozen=True, slots=True)
class Offered:
    """A tool of ours as it is offered.

    `original` is what arguments have to be valid by. `wrapped`: they come inside an object with the one key `value`.
    `strict`: nulls in them may stand for what was left out. `reason` says why it is not, empty if it need not be.
    """

    name: str
    spec: ToolSpec
    original: JsonObject
    strict: bool = False
    wrapped: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Registry:
    """The tools of one turn. `offered` in the flat form of `POST /responses`: ours by name, then those passed on."""

    offered: tuple[JsonObject, ...] = ()
    tools: Mapping[str, Offered] = field(default_factory=dict)

    def find(self, name: str) -> ToolSpec | None:
        """Return the tool of ours that a name from the model means."""
        tool = self.tools.get(name)
        return tool.spec if tool is not None else None

    def meaning(self, names: frozenset[str]) -> frozenset[str]:
        """Return under which names the model knows tools of ours that their sources call by these names."""
        return frozenset(name for name, tool in self.tools.items() if tool.spec.name in names)

    @property
    def runnable(self) -> frozenset[str]:
        """The names of calls that can be run here."""
        return frozenset(self.tools)

    @property
    def sequential(self) -> frozenset[str]:
        """The names of those that never run beside others."""
        return frozenset(name for name, tool in self.tools.items() if tool.spec.sequential)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why tools are not strict, or take no arguments, for the log: one line per tool."""
        return tuple(f"{name}: {tool.reason}" for name, tool in self.tools.items() if tool.reason)


def merged(specs: Iterable[ToolSpec], passed: Iterable[JsonObject] = (), *, strictly: bool = True) -> Registry:
    """Merge the tools of a toolbox with those `passed` on (the caller's, extra ones, server tools).

    Of two tools of one source and name the later counts; one without a name is left out. Tools passed on keep their
    names, since whoever handed them in knows them by these; ours give way. Sorted by name: the same tools make the
    same request, whatever order they came in, which prompt caches need.
    """
    passed = tuple(passed)
    by_key: dict[Key, ToolSpec] = {(spec.source, spec.name): spec for spec in specs if spec.name.strip()}
    names = named(by_key, {name for name in map(_name_of, passed) if name})
    tools: dict[str, Offered] = {}
    ours: list[JsonObject] = []
    for key in sorted(by_key, key=names.__getitem__):
        tool, parameters = _offered(names[key], by_key[key], strictly=strictly)
        tools[tool.name] = tool
        ours.append(_flat(tool, parameters))
    return Registry((*ours, *passed), tools)


def _offered(name: str, spec: ToolSpec, *, strictly: bool) -> tuple[Offered, JsonObject]:
    """Return a tool and the parameters upstream gets for it."""
    problem = _problem(spec.parameters)
    if problem:
        return Offered(name, spec, NO_ARGUMENTS, reason=f"{problem}; offered without arguments"), NO_ARGUMENTS
    original = _rooted(spec.parameters)
    wrapped = original.get("type") != "object"
    parameters = _wrapped(original) if wrapped else original
    if not strictly:
        return Offered(name, spec, original, wrapped=wrapped), parameters
    closed = strict(parameters)
    if closed.schema is None:
        return Offered(name, spec, original, wrapped=wrapped, reason=closed.reason), parameters
    return Offered(name, spec, original, strict=True, wrapped=wrapped), closed.schema


def _problem(parameters: JsonObject) -> str:
    """Say why a schema cannot be sent; empty if it can."""
    if not is_sound(parameters):
        return "the schema is unsound"
    try:
        text = json.dumps(parameters, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (TypeError, ValueError, RecursionError):
        return "the schema is no JSON"
    if len(text) > LARGEST:
        return "the schema is too large"
    moved = _rooted(parameters).get("type") != "object"
    return "its root refers to itself" if moved and '"$ref": "#"' in text else ""


def _rooted(parameters: JsonObject) -> JsonObject:
    """Return a schema with an object at its root where it means one: nothing said, or a reference to an object."""
    said = _SAYING & parameters.keys()
    if parameters.get("type") == "object" or not (said or "type" in parameters):
        return {**NO_ARGUMENTS, **parameters}
    target = own(parameters, parameters)
    if said != {"$ref"} or not parameters.keys() <= _BESIDE or target.get("type") != "object":
        return parameters
    return {**NO_ARGUMENTS, **target, **{key: parameters[key] for key in DEFINITIONS if key in parameters}}


def _wrapped(original: JsonObject) -> JsonObject:
    inner = {key: value for key, value in original.items() if key not in (*DEFINITIONS, "$schema", "$id")}
    definitions = {key: original[key] for key in DEFINITIONS if key in original}
    return {"type": "object", "properties": {VALUE: inner}, "required": [VALUE], **definitions}


def _flat(tool: Offered, parameters: JsonObject) -> JsonObject:
    flat = {"type": "function", "name": tool.name, "parameters": parameters, "strict": tool.strict}
    description = clean(tool.spec.description).strip()
    return {**flat, "description": description} if description else flat


def _name_of(tool: JsonObject) -> str:
    nested = tool.get("function")
    name = (nested if isinstance(nested, dict) else tool).get("name")
    return name if isinstance(name, str) and tool.get("type") == "function" else ""

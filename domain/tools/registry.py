"""The tools of one turn, from all sources: what upstream is offered, and which tool a call of the model means."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from domain.request.schema_bounds import is_bounded, size_of_schemas
from domain.request.schemas import is_sound
from domain.request.tool_specs import KnownTool
from domain.tools.names import Key, named
from domain.tools.relaxing import DEFINITIONS, STEPS, Root, resolved
from domain.tools.results import clean
from domain.tools.strict import VALUE, Strict, strict
from ports.json_values import JsonObject
from ports.offload import LARGE
from ports.toolbox import ToolSpec
from ports.work_budget import WorkBudget

LONGEST_KEPT = 16 * 1024
"""Characters of schema and description up to which what is made of them is kept; most tools have about a thousand."""
NO_ARGUMENTS: JsonObject = {"type": "object", "properties": {}}
_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
_SURROGATES = re.compile("[\ud800-\udfff]")
_SAYING = frozenset({"$ref", "anyOf", "oneOf", "allOf", "items", "enum", "const", "not", "if"})
_ENTANGLING = ('"$ref"', '"$dynamicRef"', '"unevaluated')
_BESIDE = frozenset({"$ref", "$defs", "definitions", "$schema", "$id", "title", "description"})


@dataclass(frozen=True, slots=True)
class Offered:
    """A tool of ours as it is offered.

    `original` is what arguments have to be valid by. `wrapped`: they come inside an object with the one key `value`.
    `strict`: nulls in them may stand for what was left out. `reason` says why it is not, empty if it need not be.
    `effort`: bytes of work, as for `Offload`, that one character of arguments may be; LARGE where nobody can tell.
    """

    name: str
    spec: ToolSpec
    original: JsonObject
    strict: bool = False
    wrapped: bool = False
    reason: str = ""
    effort: int = LARGE


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
        tool, flat = _offered(names[key], by_key[key], strictly=strictly)
        tools[tool.name] = tool
        ours.append(flat)
    return Registry((*ours, *passed), tools)


def _offered(name: str, spec: ToolSpec, *, strictly: bool) -> tuple[Offered, JsonObject]:
    """Return a tool and what upstream gets for it.

    Hosts name the same tools anew in every turn: what is worked out of equal texts is kept, and shared.
    """
    text, problem = _written(spec.parameters)
    work_out = _worked_out if len(text) + len(spec.description) <= LONGEST_KEPT else _worked_out.__wrapped__
    said = work_out(name, spec.description, text, problem, strictly)
    return Offered(name, spec, said.original, said.strict, said.wrapped, said.reason, said.effort), said.flat


@dataclass(frozen=True, slots=True)
class _Said:
    """What is told of a tool, whatever runs it."""

    flat: KnownTool
    original: JsonObject
    strict: bool = False
    wrapped: bool = False
    reason: str = ""
    effort: int = 64


def _written(parameters: JsonObject) -> tuple[str, str]:
    """Return a schema as JSON, and what is wrong if there is none."""
    if not is_bounded(parameters):
        return "", "the schema is too large or too deep"
    try:
        return _JSON.encode(parameters), ""
    except (TypeError, ValueError):
        return "", "the schema is no JSON"


@lru_cache(maxsize=512)
def _worked_out(name: str, description: str, text: str, problem: str, strictly: bool) -> _Said:
    """Work it out of texts, on a copy of the schema that nobody else can change."""
    given: JsonObject = json.loads(text or "{}")
    problem = problem or _problem(given, text)
    if problem:
        reason = f"{problem}; offered without arguments"
        return _Said(_flat(name, description, NO_ARGUMENTS), NO_ARGUMENTS, reason=reason)
    original = _rooted(given)
    wrapped = original.get("type") != "object"
    parameters = _wrapped(original) if wrapped else original
    closed, effort = strict(parameters) if strictly else Strict(None), _effort(given, text)
    if closed.schema is None:
        flat = _flat(name, description, parameters)
        return _Said(flat, original, wrapped=wrapped, reason=closed.reason, effort=effort)
    flat = _flat(name, description, closed.schema, is_strict=True)
    return _Said(flat, original, strict=True, wrapped=wrapped, effort=effort)


def _problem(parameters: JsonObject, text: str) -> str:
    """Say why a schema cannot be sent; empty if it can."""
    if not is_sound(parameters):
        return "the schema is unsound"
    if _SURROGATES.search(text):
        return "the schema is no text"
    moved = _rooted(parameters).get("type") != "object"
    return "its root refers to itself" if moved and '"$ref": "#"' in text else ""


def _effort(given: JsonObject, text: str) -> int:
    """Return how much one character of arguments may cost: without references, a look at each part of the schema."""
    return LARGE if any(key in text for key in _ENTANGLING) else 1 + size_of_schemas([given]) // 8


def _rooted(parameters: JsonObject) -> JsonObject:
    """Return a schema with an object at its root where it means one: nothing said, or a reference to an object."""
    said = _SAYING & parameters.keys()
    if parameters.get("type") == "object" or not (said or "type" in parameters):
        return {**NO_ARGUMENTS, **parameters}
    target = resolved(parameters, Root(parameters, WorkBudget(STEPS)))
    if said != {"$ref"} or not parameters.keys() <= _BESIDE or target.get("type") != "object":
        return parameters
    return {**NO_ARGUMENTS, **target, **{key: parameters[key] for key in DEFINITIONS if key in parameters}}


def _wrapped(original: JsonObject) -> JsonObject:
    inner = {key: value for key, value in original.items() if key not in (*DEFINITIONS, "$schema", "$id")}
    definitions = {key: original[key] for key in DEFINITIONS if key in original}
    return {"type": "object", "properties": {VALUE: inner}, "required": [VALUE], **definitions}


def _flat(name: str, description: str, parameters: JsonObject, *, is_strict: bool = False) -> KnownTool:
    flat = {"type": "function", "name": name, "parameters": parameters, "strict": is_strict}
    said = clean(description).strip()
    return KnownTool({**flat, "description": said} if said else flat)


def _name_of(tool: JsonObject) -> str:
    nested = tool.get("function")
    name = (nested if isinstance(nested, dict) else tool).get("name")
    return name if isinstance(name, str) and tool.get("type") == "function" else ""

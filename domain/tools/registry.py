"""The tools of one turn, from all sources: what upstream is offered, and which tool a call of the model names."""

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
"""Longest schema plus description, in characters, whose conversion is cached; most tools have about a thousand."""
NO_ARGUMENTS: JsonObject = {"type": "object", "properties": {}}
_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
_SURROGATES = re.compile("[\ud800-\udfff]")
_SAYING = frozenset({"$ref", "anyOf", "oneOf", "allOf", "items", "enum", "const", "not", "if"})
_ENTANGLING = ('"$ref"', '"$dynamicRef"', '"unevaluated')
_BESIDE = frozenset({"$ref", "$defs", "definitions", "$schema", "$id", "title", "description"})


@dataclass(frozen=True, slots=True)
class Offered:
    """A tool of the toolbox as offered to the model.

    `original` is the schema that arguments must match. `wrapped`: arguments arrive in an object with the one key
    `value`. `strict`: a null in the arguments may mean that the property was omitted. `reason` says why the tool is not
    strict; empty if strict mode was not asked for. `effort`: bytes of work, as for `Offload`, per character of the
    arguments; LARGE if unknown.
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
    """The tools of one turn. `offered` has the flat form of `POST /responses`: own tools by name, then passed ones."""

    offered: tuple[JsonObject, ...] = ()
    tools: Mapping[str, Offered] = field(default_factory=dict)

    def find(self, name: str) -> ToolSpec | None:
        """Return the tool that the model calls by this name; None if the toolbox has none."""
        tool = self.tools.get(name)
        return tool.spec if tool is not None else None

    def meaning(self, names: frozenset[str]) -> frozenset[str]:
        """Translate tool names of the sources into the names the model knows."""
        return frozenset(name for name, tool in self.tools.items() if tool.spec.name in names)

    @property
    def runnable(self) -> frozenset[str]:
        """The names of the tools that can run here."""
        return frozenset(self.tools)

    @property
    def passed(self) -> frozenset[str]:
        """The names of the function tools that do not run here."""
        return frozenset(filter(None, map(_name_of, self.offered))) - self.runnable

    @property
    def sequential(self) -> frozenset[str]:
        """The names of the tools that never run beside others."""
        return frozenset(name for name, tool in self.tools.items() if tool.spec.sequential)

    @property
    def reasons(self) -> tuple[str, ...]:
        """For the log, one line per tool: why it is not strict, or why it is offered without arguments."""
        return tuple(f"{name}: {tool.reason}" for name, tool in self.tools.items() if tool.reason)


def merged(specs: Iterable[ToolSpec], passed: Iterable[JsonObject] = (), *, strictly: bool = True) -> Registry:
    """Merge the tools of a toolbox with those `passed` on: the caller's tools, extra tools and server tools.

    If a source has two tools of one name, the later one wins; a tool without a name is dropped. Passed tools keep their
    names, because their owners know them by these; tools of the toolbox are renamed instead. The result is sorted by
    name, so the same tools make the same request in any order, as prompt caches need.
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
    """Return a tool and what upstream receives for it.

    Hosts send the same tools in every turn, so results are cached by text and shared.
    """
    text, problem = _written(spec.parameters)
    work_out = _worked_out if len(text) + len(spec.description) <= LONGEST_KEPT else _worked_out.__wrapped__
    said = work_out(name, spec.description, text, problem, strictly)
    return Offered(name, spec, said.original, said.strict, said.wrapped, said.reason, said.effort), said.flat


@dataclass(frozen=True, slots=True)
class _Said:
    """The offer of a tool, apart from what runs it."""

    flat: KnownTool
    original: JsonObject
    strict: bool = False
    wrapped: bool = False
    reason: str = ""
    effort: int = 64


def _written(parameters: JsonObject) -> tuple[str, str]:
    """Return a schema as JSON, and what is wrong with it (empty if nothing is)."""
    if not is_bounded(parameters):
        return "", "the schema is too large or too deep"
    try:
        return _JSON.encode(parameters), ""
    except (TypeError, ValueError):
        return "", "the schema is no JSON"


@lru_cache(maxsize=512)
def _worked_out(name: str, description: str, text: str, problem: str, strictly: bool) -> _Said:
    """Build the offer from texts, on a private copy of the schema."""
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
    """Return why a schema cannot be sent; empty if it can."""
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
    """Give a schema an object at its root if it is empty or refers to an object."""
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

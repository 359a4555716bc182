"""The tools of one turn, from all sources: what upstream is offered, and which tool a call of the model names."""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache

from domain.conversation.tool_names import legal
from domain.tools.dialects.root import flattened
from domain.tools.known_tool import KnownTool, Rank
from domain.tools.names import Key, named
from domain.tools.once import BUILTIN
from domain.tools.relaxing import DEFINITIONS, STEPS, Root, resolved
from domain.tools.results import clean
from domain.tools.schema_bounds import bounded, is_bounded, size_of_schemas
from domain.tools.schema_keywords import kinds_of, rebuilt
from domain.tools.sound_schema import sound
from domain.tools.strict import VALUE, Strict, strict
from ports.json_values import JsonObject
from ports.offload import LARGE
from ports.toolbox import ToolSpec
from ports.work_budget import WorkBudget

LONGEST_KEPT = 16 * 1024
"""Longest schema plus description, in characters, whose conversion is cached; most tools have about a thousand."""
NO_ARGUMENTS: JsonObject = {"type": "object", "properties": {}}
_SAYING = frozenset({"$ref", "anyOf", "oneOf", "allOf", "items", "enum", "const", "not", "if"})
_ENTANGLING = ('"$ref"', '"$dynamicRef"', '"unevaluated')
_DEFINING = frozenset({"$ref", "if", "patternProperties", "dependentSchemas"})
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


NO_NAMES = frozenset[str]()
"""One for all turns: each empty set that Python makes lives as long as the turn that holds it."""


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
        return frozenset(name for name, tool in self.tools.items() if tool.spec.name in names) or NO_NAMES

    @property
    def runnable(self) -> frozenset[str]:
        """The names of the tools that can run here."""
        return frozenset(self.tools) or NO_NAMES

    @property
    def passed(self) -> frozenset[str]:
        """The names of the functions and custom tools that do not run here."""
        return frozenset(filter(None, map(_name_of, self.offered))) - self.runnable if self.offered else NO_NAMES

    @property
    def sequential(self) -> frozenset[str]:
        """The names of the tools that never run beside others."""
        return frozenset(name for name, tool in self.tools.items() if tool.spec.sequential) or NO_NAMES

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
    names = named(by_key, {legal(name) for name in map(_name_of, passed) if name})
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
    rank = Rank.BUILT_IN if spec.source == BUILTIN else Rank.CHOSEN
    work_out = _worked_out if len(text) + len(spec.description) <= LONGEST_KEPT else _worked_out.__wrapped__
    said = work_out(name, spec.description, text, problem, strictly, rank)
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


def _written(parameters: object) -> tuple[str, str]:
    """Return a schema as JSON, and what is wrong with it (empty if nothing is). What is too large is cut off."""
    problem = ""
    if not is_bounded(parameters):
        parameters, problem = bounded(parameters), "parts of the schema are too large or too deep"
        if not is_bounded(parameters):
            return "", "the schema is too large or too deep; offered without arguments"
    with suppress(TypeError, ValueError, RecursionError):
        return _as_json(parameters), problem
    with suppress(TypeError, ValueError, RecursionError):
        return _as_json(bounded(parameters)), "parts of the schema are no JSON"
    return "", "the schema is no JSON; offered without arguments"


def _as_json(parameters: object) -> str:
    return json.dumps(parameters, ensure_ascii=True, default=lambda _: None)


@lru_cache(maxsize=512)
def _worked_out(name: str, description: str, text: str, problem: str, strictly: bool, rank: Rank) -> _Said:
    """Build the offer from texts, on a private copy of the schema."""
    if not text:
        return _Said(_flat(name, description, NO_ARGUMENTS, rank), NO_ARGUMENTS, reason=problem)
    given = json.loads(text)
    reading = sound(given)
    original = _rooted(reading.schema)
    wrapped = original.get("type") != "object"
    if wrapped:
        original = _without_root_references(original)
    odd = f"parts that are no schema: {', '.join(reading.odd)}" if reading.odd else ""
    parameters = _wrapped(original) if wrapped else original
    closed, effort = strict(parameters) if strictly else Strict(None), _effort(original, text)
    reason = "; ".join(part for part in (problem, odd, closed.reason) if part)
    flat = _flat(name, description, parameters, rank, closed.schema)
    return _Said(flat, original, strict=closed.schema is not None, wrapped=wrapped, reason=reason, effort=effort)


def _effort(given: JsonObject, text: str) -> int:
    """Return how much one character of arguments may cost: without references, a look at each part of the schema."""
    return LARGE if any(key in text for key in _ENTANGLING) else 1 + size_of_schemas([given]) // 8


def _rooted(parameters: JsonObject) -> JsonObject:
    """Give a schema an object at its root if it is empty, has properties or refers to an object."""
    said = _SAYING & parameters.keys()
    kinds = kinds_of(dict(parameters))
    if "object" in kinds or "properties" in parameters or not (said or kinds):
        return _with_known_required({**NO_ARGUMENTS, **parameters, "type": "object"})
    target = resolved(parameters, Root(parameters, WorkBudget(STEPS)))
    if said != {"$ref"} or not parameters.keys() <= _BESIDE or target.get("type") != "object":
        return parameters
    return {**NO_ARGUMENTS, **target, **{key: parameters[key] for key in DEFINITIONS if key in parameters}}


def _with_known_required(root: JsonObject) -> JsonObject:
    """Drop required names that nothing in a schema defines: no model could know them, and no tool takes them."""
    known = flattened(dict(root), dict(root))["properties"]
    if "required" not in root or _DEFINING & root.keys() or not known:
        return root
    return {**root, "required": [name for name in root["required"] if name in known]}


def _without_root_references(root: JsonObject) -> JsonObject:
    """Make the root a definition if the schema refers to it: wrapped, it is no root any more."""
    name = "root"
    while name in root.get("$defs", {}):
        name += "_"
    moved = rebuilt(dict(root), lambda node: {**node, "$ref": f"#/$defs/{name}"} if node.get("$ref") == "#" else node)
    if moved == root:
        return root
    inner = {key: value for key, value in moved.items() if key != "$defs"}
    return {"$ref": f"#/$defs/{name}", "$defs": {**moved.get("$defs", {}), name: inner}}


def _wrapped(original: JsonObject) -> JsonObject:
    inner = {key: value for key, value in original.items() if key not in (*DEFINITIONS, "$schema", "$id")}
    definitions = {key: original[key] for key in DEFINITIONS if key in original}
    return {"type": "object", "properties": {VALUE: inner}, "required": [VALUE], **definitions}


def _flat(
    name: str, description: str, parameters: JsonObject, rank: Rank, closed: JsonObject | None = None
) -> KnownTool:
    """Return a tool in flat form: strict if it has a closed schema, which it keeps beside the open one."""
    offered = parameters if closed is None else closed
    flat = {"type": "function", "name": name, "parameters": offered, "strict": closed is not None}
    said = clean(description).strip()
    return KnownTool({**flat, "description": said} if said else flat, parameters, rank)


def _name_of(tool: JsonObject) -> str:
    kind = tool.get("type")
    nested = tool.get(kind) if kind in ("function", "custom") else None
    name = (nested if isinstance(nested, dict) else tool).get("name")
    return name if isinstance(name, str) and kind in ("function", "custom") else ""

"""Convert JSON Schemas of tools to strict mode where that does not change what they mean.

Strict mode requires that every object is closed and lists all its properties as required. Optional properties become
nullable; `relaxed` removes those nulls again. Whatever the strict schema allows is then valid by the original schema.
A schema that cannot be converted this way is sent unchanged, with a reason. Source: OpenRouter API reference,
function tools.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from domain.tools.relaxing import Root, allows_null, definition_of, keys_of, relaxes, resolved, types_of, unwrapped
from domain.tools.schema_bounds import is_bounded
from ports.json_values import JsonObject
from ports.work_budget import BudgetSpent, WorkBudget

DEEPEST = 60
STEPS, STEPS_PER_CHARACTER, MOST_STEPS = 1_000, 2, 200_000
"""What the work on one schema may take."""
VALUE = "value"
Schema = dict[str, Any]
_KEPT = {
    "string": ("pattern",),
    "number": ("multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    "integer": ("multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    "array": ("minItems", "maxItems"),
}
_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})
_TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")
_WORDS = ("title", "description")
_MAY_GO: dict[str, Callable[[Any, Mapping[str, Any]], bool]] = {
    "minLength": lambda value, _: value == 0,
    "uniqueItems": lambda value, _: value is False,
    "minProperties": lambda value, node: value <= len(set(node.get("required", ()))),
    "maxProperties": lambda value, node: value >= len(node.get("properties", ())),
    "unevaluatedProperties": lambda value, _: value is False,
    "patternProperties": lambda value, _: value == {},
    "dependentRequired": lambda value, _: value == {},
    "dependentSchemas": lambda value, _: value == {},
}
"""Keywords that strict mode rejects, each with a test of whether dropping it loses nothing."""
_MUST_STAY = (
    *("maxLength", "contains", "prefixItems", "unevaluatedItems", "propertyNames", "not", "if", "then", "else"),
    *("$dynamicRef", "$anchor", "$dynamicAnchor", "$recursiveRef"),
)
_SHAPES = ("type", "enum", "const", "properties", "required", "additionalProperties", "items", "pattern")
_ASSERTING = frozenset((*_SHAPES, *_MAY_GO, *_MUST_STAY, *(key for keys in _KEPT.values() for key in keys)))


@dataclass(frozen=True, slots=True)
class Strict:
    """A schema for strict mode, or None and the `reason` why there is none."""

    schema: JsonObject | None
    reason: str = ""


class _Loose(Exception):
    """This schema has no strict form."""


def strict(schema: JsonObject) -> Strict:
    """Return the strict form of a schema whose root is an object. The last 128 are cached."""
    if not is_bounded(schema):
        return Strict(None, "the schema is too large or too deep")
    try:
        return _strict(json.dumps(schema, allow_nan=False))
    except (TypeError, ValueError):
        return Strict(None, "the schema is no JSON")


@lru_cache(maxsize=128)
def _strict(text: str) -> Strict:
    try:
        root = json.loads(text)
        budget = WorkBudget(min(STEPS + STEPS_PER_CHARACTER * len(text), MOST_STEPS))
        return Strict(_Strictening(root, budget).whole())
    except _Loose as loose:
        return Strict(None, str(loose))
    except BudgetSpent:
        return Strict(None, "the schema is too tangled")
    except (TypeError, ValueError, AttributeError, KeyError, RecursionError):
        return Strict(None, "the schema is malformed")


class _Strictening:
    """Converts one schema. References to the root or to definitions stay; the definitions become strict in place."""

    def __init__(self, root: Schema, budget: WorkBudget) -> None:
        self._root = Root(root, budget)
        self._wanted: list[str] = []
        self._done: dict[str, Schema] = {}

    def whole(self) -> Schema:
        root = {key: value for key, value in self._root.schema.items() if key != "$id"}
        if "$ref" in root:
            self._reference(root)
            self._wanted.clear()
            root = resolved(root, self._root)
        strict_root = self._node(root, DEEPEST, is_root=True)
        if strict_root.get("type") != "object":
            raise _Loose("the root is no object")
        while self._wanted:
            pointer = self._wanted.pop()
            if pointer not in self._done:
                self._done[pointer] = self._node(definition_of(pointer, self._root.schema), DEEPEST)
        if any(_leads_back(pointer, self._done, self._root.budget) for pointer in self._done):
            raise _Loose("a reference leads in a circle")
        for pointer, done in self._done.items():
            section, name = pointer.removeprefix("#/").split("/")
            strict_root.setdefault(section, {})[name.replace("~1", "/").replace("~0", "~")] = done
        return strict_root

    def _node(self, given: object, depth: int, *, is_root: bool = False) -> Schema:
        if not isinstance(given, dict):
            raise _Loose("a part may be anything" if given is True else "a part is no schema")
        if depth == 0:
            raise _Loose("it nests too deep")
        self._root.budget.spend(4 + len(given))
        node = unwrapped(given)
        for key in _MUST_STAY:
            if key in node:
                raise _Loose(f"{key} has no strict form")
        for key, may_go in _MAY_GO.items():
            if key in node and not may_go(node[key], node):
                raise _Loose(f"{key} has no strict form")
        if "$id" in node:
            raise _Loose("a part has an address of its own")
        if "$ref" in node:
            return self._reference(node)
        words = {key: node[key] for key in _WORDS if isinstance(node.get(key), str)}
        for key in ("anyOf", "oneOf", "allOf"):
            if key in node:
                return {**words, **self._choice(node, key, depth)}
        return {**words, **self._plain(node, depth, is_root=is_root)}

    def _reference(self, node: Schema) -> Schema:
        if _ASSERTING & node.keys() or {"anyOf", "oneOf", "allOf"} & node.keys():
            raise _Loose("a reference has company")
        pointer = node["$ref"]
        if pointer == "#":
            return {"$ref": pointer}
        if definition_of(pointer, self._root.schema) is None:
            raise _Loose("a reference leads elsewhere")
        self._wanted.append(pointer)
        return {"$ref": pointer}

    def _choice(self, node: Schema, key: str, depth: int) -> Schema:
        branches = node[key]
        combined = {"anyOf", "oneOf", "allOf"} & node.keys()
        if key == "allOf" or len(combined) > 1 or _ASSERTING & node.keys() or not branches:
            raise _Loose(f"{key} has no strict form here")
        kinds = [types_of(branch, self._root, implied=False) for branch in branches]
        for number, branch in enumerate(branches):
            self._root.budget.spend(len(branches))
            others = [other for position, other in enumerate(branches) if position != number]
            mixed = any(kinds[number] & kind for position, kind in enumerate(kinds) if position != number)
            if key == "oneOf" and mixed:
                raise _Loose("oneOf has no strict form here")
            if relaxes(branch, self._root) and not self._told_apart(branch, others):
                raise _Loose("the parts of a choice look alike")
        return {"anyOf": [self._node(branch, depth - 1) for branch in branches]}

    def _told_apart(self, branch: object, others: list[object]) -> bool:
        """Return whether type and keys are enough to recognise a value of this branch among the other branches."""
        kinds = types_of(branch, self._root)
        for other in others:
            common = kinds & types_of(other, self._root)
            if "array" in common:
                return False
            if "object" in common and keys_of(branch, self._root) == keys_of(other, self._root):
                return False
            if "object" in common and None in (keys_of(branch, self._root), keys_of(other, self._root)):
                return False
        return True

    def _plain(self, node: Schema, depth: int, *, is_root: bool) -> Schema:
        if "enum" in node or "const" in node:
            return _listed(node)
        kinds = _kinds(node, is_root=is_root)
        strict_node: Schema = {"type": kinds[0] if len(kinds) == 1 else kinds}
        for kind in kinds:
            strict_node |= {key: _bound(node[key]) for key in _KEPT.get(kind, ()) if key in node}
        if "string" in kinds and node.get("format") in _FORMATS:
            strict_node["format"] = node["format"]
        if "array" in kinds:
            if "items" not in node:
                raise _Loose("an array may hold anything")
            strict_node["items"] = self._node(node["items"], depth - 1)
        return strict_node | self._object(node, depth, is_root=is_root) if "object" in kinds else strict_node

    def _object(self, node: Schema, depth: int, *, is_root: bool) -> Schema:
        properties, required = node.get("properties") or {}, node.get("required", [])
        others = node.get("additionalProperties")
        if others is not None and others is not False:
            raise _Loose("an object takes any property")
        if not properties and others is None and not is_root:
            raise _Loose("an object may be anything")
        if not set(required) <= set(properties):
            raise _Loose("a required property has no schema")
        if any(self._null_differs(part) for name, part in properties.items() if name not in required):
            raise _Loose("null and left out differ")
        closed = {
            name: self._node(part, depth - 1) if name in required else _nullable(self._node(part, depth - 1))
            for name, part in properties.items()
        }
        return {"properties": closed, "required": list(closed), "additionalProperties": False}

    def _null_differs(self, part: object) -> bool:
        """Return whether null is a value of its own of an optional property: strict mode could not leave it out."""
        return not (isinstance(part, dict) and part.get("default", "") is None) and allows_null(part, self._root)


def _leads_back(pointer: str, definitions: Mapping[str, Schema], budget: WorkBudget) -> bool:
    """Return whether a definition refers back to itself without anything in between."""
    seen: set[str] = set()
    waiting: list[Any] = [definitions[pointer]]
    while waiting:
        node = waiting.pop()
        budget.spend()
        target = node.get("$ref")
        if target == pointer:
            return True
        waiting += node.get("anyOf", ())
        if target in definitions and target not in seen:
            seen.add(target)
            waiting.append(definitions[target])
    return False


def _kinds(node: Schema, *, is_root: bool) -> list[str]:
    """Return the types of a node; without `type` its keywords decide, and nothing is guessed."""
    given = node.get("type")
    if given is None:
        implied = [kind for kind, key in (("object", "properties"), ("array", "items")) if key in node]
        if is_root and not implied and not _ASSERTING & node.keys():
            implied = ["object"]
        if len(implied) != 1:
            raise _Loose("a part has no type")
        return implied
    kinds = [given] if isinstance(given, str) else list(dict.fromkeys(given))
    if not kinds or any(kind not in _TYPES for kind in kinds):
        raise _Loose("a type is unknown")
    return kinds


def _listed(node: Schema) -> Schema:
    """Return a node that lists its values; null becomes a branch of its own, which no later step removes."""
    if "properties" in node or "items" in node:
        raise _Loose("listed values have parts")
    if "enum" in node and "const" in node:
        raise _Loose("values are listed twice")
    values = node["enum"] if "enum" in node else [node["const"]]
    if any(isinstance(value, dict | list) for value in values):
        raise _Loose("listed values have parts")
    allowed = set(_kinds(node, is_root=False)) if "type" in node else set(_TYPES)
    kept = [value for value in values if allowed & _kinds_of(value)]
    spoken = [value for value in kept if value is not None]
    kinds = sorted({next(iter(sorted(allowed & _kinds_of(value)))) for value in spoken})
    if not kept:
        raise _Loose("no value is listed")
    if any(key in node for keys in _KEPT.values() for key in keys):
        raise _Loose("listed values have bounds")
    branches: list[Schema] = [{"type": kinds[0] if len(kinds) == 1 else kinds, "enum": spoken}] if spoken else []
    branches += [{"type": "null"}] if None in kept else []
    return branches[0] if len(branches) == 1 else {"anyOf": branches}


def _kinds_of(value: object) -> set[str]:
    if value is None:
        return {"null"}
    if isinstance(value, bool):
        return {"boolean"}
    if isinstance(value, str):
        return {"string"}
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return {"integer", "number"} if whole else {"number"}


def _bound(value: object) -> object:
    if isinstance(value, str) or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    raise _Loose("a bound is malformed")


def _nullable(node: Schema) -> Schema:
    """Allow null in a strict node."""
    kind = node.get("type")
    if kind is not None and "enum" not in node:
        kinds = [kind] if isinstance(kind, str) else kind
        return node if "null" in kinds else {**node, "type": [*kinds, "null"]}
    if "anyOf" in node:
        branches = node["anyOf"]
        return node if {"type": "null"} in branches else {**node, "anyOf": [*branches, {"type": "null"}]}
    words = {key: node[key] for key in _WORDS if key in node}
    bare = {key: value for key, value in node.items() if key not in words}
    return {**words, "anyOf": [bare, {"type": "null"}]}

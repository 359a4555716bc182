"""Arguments of a strict call -> arguments by the original schema: nulls that mean "omitted" are removed.

Strict mode makes a model write every property; a property it would have omitted becomes null. This module reads from
a schema where that is so, for both directions. Where the original itself allows null, null keeps its meaning.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ports.json_values import JsonObject
from ports.work_budget import BudgetSpent, WorkBudget

DEFINITIONS = ("$defs", "definitions")
STEPS = 100_000
"""Parts of a schema that are looked at for one value."""
_HOPS = 32
_ALL = frozenset({"string", "number", "integer", "boolean", "object", "array", "null"})


@dataclass(frozen=True, slots=True)
class Root:
    """The schema that references lead into, and the budget of whatever reads it. Readers raise BudgetSpent."""

    schema: Mapping[str, Any]
    budget: WorkBudget


def relaxed(arguments: JsonObject, original: JsonObject) -> JsonObject:
    """Return arguments without the nulls of properties that the original schema does not require, at every depth.

    If that would take too long, return the arguments unchanged.
    """
    try:
        result: JsonObject = _relaxed(arguments, original, Root(original, WorkBudget(STEPS)))
    except (BudgetSpent, RecursionError):
        return arguments
    return result


def _relaxed(value: Any, schema: object, root: Root) -> Any:
    root.budget.spend()
    if isinstance(value, list):
        lists = (node for node in alternatives(schema, root) if "array" in _types(node, implied=True))
        items = next(lists, {}).get("items")
        return [_relaxed(entry, items, root) for entry in value] if isinstance(items, dict) else value
    if not isinstance(value, Mapping):
        return value
    part = _branch(value, schema, root)
    properties = part.get("properties") if part is not None else None
    if part is None or not isinstance(properties, dict):
        return value
    required = part.get("required")
    needed = set(map(str, required)) if isinstance(required, list) else set()
    return {
        key: _relaxed(entry, properties.get(key), root)
        for key, entry in value.items()
        if entry is not None or key in needed or key not in properties or allows_null(properties[key], root)
    }


def relaxes(schema: object, root: Root) -> bool:
    """Return whether `relaxed` may change a value of this schema; a reference counts as yes."""
    if not isinstance(schema, dict):
        return False
    root.budget.spend(1 + len(schema))
    node = unwrapped(schema)
    if "$ref" in node:
        target = resolved(node, root)
        return "$ref" in target or bool({"properties", "items", "anyOf", "oneOf", "allOf"} & target.keys())
    properties, required = node.get("properties"), node.get("required")
    if isinstance(properties, dict):
        needed = set(map(str, required)) if isinstance(required, list) else set()
        if set(properties) - needed or any(relaxes(part, root) for part in properties.values()):
            return True
    branches = [branch for key in ("anyOf", "oneOf", "allOf") for branch in _list(node.get(key))]
    return any(relaxes(part, root) for part in (node.get("items"), *branches))


def allows_null(schema: object, root: Root) -> bool:
    """Return whether a schema names null as a value: by its type, its listed values or a branch."""
    for node in alternatives(schema, root):
        listed = node.get("enum", [node["const"]] if "const" in node else None)
        if isinstance(listed, list) and None in listed:
            return True
        if listed is None and "type" in node and "null" in _types(node, implied=False):
            return True
    return False


def types_of(schema: object, root: Root, *, implied: bool = True) -> frozenset[str]:
    """Return the types of values that a schema may allow; an integer is a number.

    `implied`: also count a type that only `properties` or `items` imply, although values of other types are valid.
    """
    return frozenset().union(*(_types(node, implied=implied) for node in alternatives(schema, root)))


def alternatives(schema: object, root: Root) -> list[dict[str, Any]]:
    """Return the schemas a schema lets a value choose from, with references followed; itself if there is no choice."""
    found: list[dict[str, Any]] = []
    seen: set[str] = set()
    waiting = [schema]
    while waiting:
        given = waiting.pop()
        root.budget.spend()
        if not isinstance(given, dict):
            found += [{}] if given is not False else []
            continue
        mark = str(given["$ref"]) if "$ref" in given else f"at {id(given)}"
        if mark in seen:
            continue
        seen.add(mark)
        node = resolved(given, root)
        branches = [*_list(node.get("anyOf")), *_list(node.get("oneOf"))]
        waiting += reversed(branches)
        found += [] if branches else [node]
    return found


def _types(node: Mapping[str, Any], *, implied: bool) -> frozenset[str]:
    given = node.get("type")
    if "$ref" in node or given is None:
        found = {kind for kind, key in (("object", "properties"), ("array", "items")) if key in node}
        return frozenset(found) if implied and len(found) == 1 and "$ref" not in node else _ALL
    kinds = {given} if isinstance(given, str) else set(map(str, _list(given)))
    return frozenset(kinds | {"number", "integer"} if kinds & {"number", "integer"} else kinds)


def keys_of(schema: object, root: Root) -> frozenset[str] | None:
    """Return the property names of an object's schema; None if they depend on a choice."""
    node = resolved(schema, root) if isinstance(schema, dict) else {}
    properties = node.get("properties", {})
    root.budget.spend(len(properties) // 8 if isinstance(properties, dict) else 0)
    if not isinstance(properties, dict) or {"$ref", "anyOf", "oneOf", "allOf"} & node.keys():
        return None
    return frozenset(map(str, properties))


def resolved(schema: Mapping[str, Any], root: Root) -> dict[str, Any]:
    """Follow references to the schema they name; return a reference that leads nowhere or in a circle unchanged."""
    root.budget.spend(1 + len(schema) // 8)
    node = unwrapped(schema)
    for _ in range(_HOPS):
        if "$ref" not in node:
            return node
        target = definition_of(node["$ref"], root.schema)
        if target is None:
            return node
        root.budget.spend(1 + len(target) // 8)
        node = unwrapped(target)
    return node


def unwrapped(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Replace a schema that only holds one `allOf` branch by that branch; keep its title and description."""
    node = dict(schema)
    while isinstance(node.get("allOf"), list) and len(node["allOf"]) == 1 and isinstance(node["allOf"][0], dict):
        inner = node["allOf"][0]
        around = {key: value for key, value in node.items() if key in ("title", "description", "default", "examples")}
        if len(around) + 1 < len(node):
            break
        node = {**around, **inner}
    return node


def definition_of(pointer: object, root: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the schema a reference to the root or to a definition names; None for any other reference."""
    if pointer == "#":
        return dict(root)
    if not isinstance(pointer, str) or not pointer.startswith("#/") or "%" in pointer:
        return None
    section, _, name = pointer.removeprefix("#/").partition("/")
    definitions = root.get(section) if section in DEFINITIONS and "/" not in name else None
    found = definitions.get(name.replace("~1", "/").replace("~0", "~")) if isinstance(definitions, dict) else None
    return found if isinstance(found, dict) else None


def _branch(value: Mapping[str, Any], schema: object, root: Root) -> dict[str, Any] | None:
    """Return the object schema that `value` was written for: of several, the one with the same keys."""
    nodes = alternatives(schema, root)
    objects = [node for node in nodes if "object" in _types(node, implied=True)]
    if len(nodes) == 1:
        return objects[0] if objects else None
    for node in objects:
        properties = node.get("properties") or ()
        root.budget.spend(1 + len(properties) // 8)
        if len(properties) == len(value) and set(properties) == set(value):
            return node
    return None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []

"""Arguments of a strict call → arguments by the original schema: nulls that stand for "left out" are taken away.

Strict mode makes a model write every property; one it could have left out is then null. What a schema says about that
is read here, for both directions.
"""

from collections.abc import Mapping
from typing import Any

from ports.json_values import JsonObject

DEFINITIONS = ("$defs", "definitions")
_HOPS = 32
_ALL = frozenset({"string", "number", "integer", "boolean", "object", "array", "null"})


def relaxed(arguments: JsonObject, original: JsonObject) -> JsonObject:
    """Return arguments without the nulls of properties the original schema does not require, at every depth.

    A schema that cannot be followed, because its references lead in a circle, changes nothing.
    """
    try:
        result: JsonObject = _relaxed(arguments, original, original)
    except RecursionError:
        return arguments
    return result


def _relaxed(value: Any, schema: object, root: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        part = _of_kind("array", schema, root)
        items = part.get("items") if part is not None else None
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
        if entry is not None or key in needed or key not in properties
    }


def relaxes(schema: object, root: Mapping[str, Any]) -> bool:
    """Tell whether `relaxed` may change a value of this schema; a reference counts as if it may."""
    if not isinstance(schema, dict):
        return False
    node = unwrapped(schema)
    if "$ref" in node:
        target = own(node, root)
        return "$ref" in target or bool({"properties", "items", "anyOf", "oneOf", "allOf"} & target.keys())
    properties, required = node.get("properties"), node.get("required")
    if isinstance(properties, dict):
        needed = set(map(str, required)) if isinstance(required, list) else set()
        if set(properties) - needed or any(relaxes(part, root) for part in properties.values()):
            return True
    branches = [branch for key in ("anyOf", "oneOf", "allOf") for branch in _list(node.get(key))]
    return any(relaxes(part, root) for part in (node.get("items"), *branches))


def types_of(schema: object, root: Mapping[str, Any], *, told: bool = True) -> frozenset[str]:
    """Return the types of values a schema may allow; an integer is a number.

    `told`: a type that is only told by `properties` or `items` counts too, though values of others are valid.
    """
    node = own(schema, root) if isinstance(schema, dict) else None
    if node is None or "$ref" in node:
        return _ALL
    for key in ("anyOf", "oneOf"):
        if key in node:
            return frozenset().union(*(types_of(branch, root, told=told) for branch in _list(node[key])))
    given = node.get("type")
    if given is None:
        found = {kind for kind, key in (("object", "properties"), ("array", "items")) if key in node}
        return frozenset(found) if told and len(found) == 1 else _ALL
    kinds = {given} if isinstance(given, str) else set(map(str, _list(given)))
    return frozenset(kinds | {"number", "integer"} if kinds & {"number", "integer"} else kinds)


def keys_of(schema: object, root: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the properties of an object's schema; None if there is no single answer."""
    node = own(schema, root) if isinstance(schema, dict) else {}
    properties = node.get("properties", {})
    if not isinstance(properties, dict) or {"$ref", "anyOf", "oneOf", "allOf"} & node.keys():
        return None
    return frozenset(map(str, properties))


def own(schema: Mapping[str, Any], root: Mapping[str, Any]) -> dict[str, Any]:
    """Follow references until a schema of its own is found; one that leads nowhere or in a circle is returned."""
    node = unwrapped(schema)
    for _ in range(_HOPS):
        if "$ref" not in node:
            return node
        target = definition_of(node["$ref"], root)
        if target is None:
            return node
        node = unwrapped(target)
    return node


def unwrapped(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema whose only content is one `allOf` as that one, with the words that stood around it."""
    node = dict(schema)
    while isinstance(node.get("allOf"), list) and len(node["allOf"]) == 1 and isinstance(node["allOf"][0], dict):
        inner = node["allOf"][0]
        around = {key: value for key, value in node.items() if key in ("title", "description", "default", "examples")}
        if len(around) + 1 < len(node):
            break
        node = {**around, **inner}
    return node


def definition_of(pointer: object, root: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what a reference to the root or to one of its definitions means; None for any other."""
    if pointer == "#":
        return dict(root)
    if not isinstance(pointer, str) or not pointer.startswith("#/") or "%" in pointer:
        return None
    place, _, name = pointer.removeprefix("#/").partition("/")
    definitions = root.get(place) if place in DEFINITIONS and "/" not in name else None
    found = definitions.get(name.replace("~1", "/").replace("~0", "~")) if isinstance(definitions, dict) else None
    return found if isinstance(found, dict) else None


def _branch(value: Mapping[str, Any], schema: object, root: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the object's schema that `value` was written by: the one of a choice that has the same keys."""
    node = own(schema, root) if isinstance(schema, dict) else None
    if node is None:
        return None
    found = [_branch(value, branch, root) for key in ("anyOf", "oneOf") for branch in _list(node.get(key))]
    fitting = [part for part in found if part is not None and set(part.get("properties", ())) == set(value)]
    if "anyOf" in node or "oneOf" in node:
        return fitting[0] if fitting else None
    return node if "object" in types_of(node, root) else None


def _of_kind(kind: str, schema: object, root: Mapping[str, Any]) -> dict[str, Any] | None:
    node = own(schema, root) if isinstance(schema, dict) else None
    if node is None or kind not in types_of(node, root):
        return None
    branches = [branch for key in ("anyOf", "oneOf") for branch in _list(node.get(key))]
    found = (_of_kind(kind, branch, root) for branch in branches)
    return next((part for part in found if part is not None), None) if branches else node


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []

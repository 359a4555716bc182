"""Values that a schema refuses although their meaning is certain -> values of the type that the schema asks for.

A text of a number, a truth value, a list or an object; a single value where a list is needed. Nothing else is
converted, and nothing that the schema accepts.
"""

import re
from typing import Any

from domain.conversation.lenient_json import LONGEST_LITERAL, UnreadableJson, read_json
from domain.tools.relaxing import STEPS, Root, alternatives, types_of
from ports.json_values import JsonObject
from ports.work_budget import BudgetSpent, WorkBudget

_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,300})(?:\.\d{1,300})?(?:[eE][+-]?\d{1,2})?", re.ASCII)
_TRUTHS = {"true": True, "false": False}


def coerced(arguments: JsonObject, original: JsonObject) -> JsonObject:
    """Return arguments with such values converted at every depth; unchanged if that would take too long."""
    try:
        result = _coerced(arguments, original, Root(original, WorkBudget(STEPS)))
    except (BudgetSpent, RecursionError):
        return arguments
    return result if isinstance(result, dict) else arguments


def _coerced(value: Any, schema: object, root: Root) -> Any:
    root.budget.spend()
    kinds = types_of(schema, root)
    value = _of_type(value, kinds)
    if value is not None and not isinstance(value, list) and "array" in kinds and kinds <= {"array", "null"}:
        value = [value]
    if isinstance(value, dict):
        return _members(value, schema, root)
    if isinstance(value, list):
        items = next((node.get("items") for node in alternatives(schema, root) if "items" in node), None)
        return [_coerced(entry, items, root) for entry in value] if isinstance(items, dict) else value
    return value


def _members(value: dict[str, Any], schema: object, root: Root) -> dict[str, Any]:
    nodes = [node for node in alternatives(schema, root) if isinstance(node.get("properties"), dict)]
    if len(nodes) != 1:
        return value
    properties = nodes[0]["properties"]
    return {key: _coerced(entry, properties[key], root) if key in properties else entry for key, entry in value.items()}


def _of_type(value: Any, kinds: frozenset[str]) -> Any:
    if not isinstance(value, str) or "string" in kinds or len(value) > LONGEST_LITERAL:
        return value
    return _of_text(value, kinds)


def _of_text(text: str, kinds: frozenset[str]) -> Any:
    bare = text.strip()
    if "null" in kinds and bare in ("null", ""):
        return None
    if "boolean" in kinds and bare.lower() in _TRUTHS:
        return _TRUTHS[bare.lower()]
    if "number" in kinds and _NUMBER.fullmatch(bare):
        return float(bare) if set(bare) & set(".eE") else int(bare)
    if bare[:1] in ("{", "["):
        try:
            read = read_json(bare)
        except UnreadableJson:
            return text
        if (isinstance(read, dict) and "object" in kinds) or (isinstance(read, list) and "array" in kinds):
            return read
    return text

"""What OpenAI refuses in function tools, strict or not.

Sources: OpenAI's guides to function calling and structured outputs (supported schemas, October 2026); wording of
public error reports.
"""

import re
from typing import Any

from entrypoints.simulator.payload import Json
from entrypoints.simulator.refusals.makers.draft import violations
from entrypoints.simulator.refusals.makers.walk import Path, schemas_in
from entrypoints.simulator.refusals.verdicts import Provider

MOST_TOOLS, DEEPEST, MOST_PROPERTIES, MOST_LISTED, MOST_CHARACTERS = 128, 10, 5_000, 1_000, 120_000
LONG_LIST, MOST_LONG = 250, 15_000
_NAME = re.compile(r"[a-zA-Z0-9_-]+")
_LOOKAROUND = re.compile(r"\(\?<?[=!]")
_TOP = frozenset({"oneOf", "anyOf", "allOf", "enum", "const", "not"})
_NOT_STRICT = (
    *("allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties"),
    *("minLength", "maxLength", "uniqueItems", "contains", "propertyNames", "prefixItems", "unevaluatedProperties"),
)


def check(tools: list[Json], provider: Provider) -> None:
    """Raise Refusal for the first tool that OpenAI refuses."""
    if len(tools) > MOST_TOOLS:
        provider.refuse(
            f"Invalid 'tools': array too long. Expected an array with maximum length {MOST_TOOLS}, "
            f"but got an array with length {len(tools)} instead.",
            param="tools",
            code="array_above_max_length",
        )
    for place, tool in enumerate(tools):
        _name(tool["name"], place, provider)
        said = _complaint(tool["parameters"]) or (_strict(tool["parameters"]) if tool["strict"] else "")
        if said.startswith("Invalid JSON schema"):
            provider.refuse(said)
        if said:
            provider.refuse(
                f"Invalid schema for function '{tool['name']}': {said}",
                param=f"tools[{place}].parameters",
                code="invalid_function_parameters",
            )


def _name(name: str, place: int, provider: Provider) -> None:
    if len(name) > 64:
        provider.refuse(
            f"Invalid 'tools[{place}].name': string too long. Expected a string with maximum length 64, "
            f"but got a string with length {len(name)} instead.",
            param=f"tools[{place}].name",
            code="string_above_max_length",
        )
    if not _NAME.fullmatch(name):
        provider.refuse(
            f"Invalid 'tools[{place}].name': string does not match pattern. "
            "Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
            param=f"tools[{place}].name",
            code="invalid_value",
        )


def _complaint(root: Any) -> str:
    if not isinstance(root, dict) or root.get("type") != "object":
        return f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{_kind(root)}\"'."
    if _TOP & root.keys():
        return "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level."
    if "properties" not in root:
        return "In context=(), object schema missing properties."
    for path, key in violations(root):
        return f"In context={path!r}, {key or 'schema'} is not valid under any of the given schemas."
    for path, schema in schemas_in(root):
        if not isinstance(schema, dict):
            continue
        if _LOOKAROUND.search(str(schema.get("pattern", ""))):
            return f"Invalid JSON schema: regex lookaround is not supported. Found at $.{'.'.join(path)}.pattern."
        if "array" in _kinds(schema) and "items" not in schema:
            return f"In context={path!r}, array schema missing items."
    return ""


def _strict(root: Json) -> str:
    properties = listed = characters = 0
    for path, schema in schemas_in(root):
        where = f"In context={path!r}, "
        if schema is False and path[-1:] == ("additionalProperties",):
            continue
        if not isinstance(schema, dict):
            return f"{where}schema must be an object."
        wrong = next((key for key in _NOT_STRICT if key in schema), None)
        if wrong:
            return f"{where}'{wrong}' is not permitted."
        if not {"type", "$ref", "anyOf", "enum", "const"} & schema.keys():
            return f"{where}schema must have a 'type' key."
        inner = schema.get("properties", {})
        if "object" in _kinds(schema):
            if schema.get("additionalProperties") is not False:
                return f"{where}'additionalProperties' is required to be supplied and to be false."
            missing = sorted(set(inner) ^ set(schema.get("required", ())))
            if missing:
                return (
                    f"{where}'required' is required to be supplied and to be an array including every key in "
                    f"properties. Missing '{missing[0]}'."
                )
        values = schema.get("enum", [schema["const"]] if "const" in schema else [])
        lengths = sum(len(value) for value in values if isinstance(value, str))
        if len(values) > LONG_LIST and lengths > MOST_LONG:
            return f"{where}enum has too many characters: expected at most {MOST_LONG}, but received {lengths}."
        properties, listed = properties + len(inner), listed + len(values)
        characters += lengths + sum(map(len, inner)) + sum(map(len, schema.get("$defs", {})))
    return _sizes(properties, listed, characters, _depth(root, root, ()))


def _sizes(properties: int, listed: int, characters: int, depth: int) -> str:
    if properties > MOST_PROPERTIES:
        return f"Expected at most {MOST_PROPERTIES} object properties in total, but received {properties}."
    if listed > MOST_LISTED:
        return f"Expected at most {MOST_LISTED} enum values in total within a single schema, but received {listed}."
    if characters > MOST_CHARACTERS:
        return f"Expected at most {MOST_CHARACTERS} characters of names and values, but received {characters}."
    return f"{depth} levels of nesting exceeds limit of {DEEPEST}." if depth > DEEPEST else ""


def _depth(schema: Any, root: Json, open_: Path) -> int:
    """Return how many objects and arrays a value of this schema may be inside; a recursive reference counts once."""
    if not isinstance(schema, dict):
        return 0
    reference = schema.get("$ref")
    if isinstance(reference, str):
        section, _, name = reference.removeprefix("#/").partition("/")
        known = reference in open_ or reference == "#"
        return 0 if known else _depth(root.get(section, {}).get(name), root, (*open_, reference))
    branches = [_depth(branch, root, open_) for branch in schema.get("anyOf", ())]
    inner = [_depth(part, root, open_) for part in (*schema.get("properties", {}).values(), schema.get("items"))]
    deeper = 1 if {"object", "array"} & _kinds(schema) else 0
    return max([0, *branches, *(depth + deeper for depth in inner)]) or deeper


def _kinds(schema: Json) -> set[str]:
    kind = schema.get("type")
    return {kind} if isinstance(kind, str) else set(kind or ())


def _kind(root: Any) -> Any:
    return root.get("type") if isinstance(root, dict) else None

"""What Google refuses in function declarations.

Sources: Google's references of Schema (Gemini API and Vertex AI, 2026), a subset of OpenAPI 3.0; wording of public
error reports.
"""

import re
from typing import Any

from entrypoints.simulator.payload import Json
from entrypoints.simulator.refusals.verdicts import Provider

MOST_TOOLS, DEEPEST = 512, 32
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.-]{0,63}")
_FIELDS = frozenset(
    [
        *("type", "format", "title", "description", "nullable", "enum", "items", "minItems", "maxItems", "properties"),
        *("required", "minProperties", "maxProperties", "minimum", "maximum", "minLength", "maxLength", "pattern"),
        *("example", "anyOf", "propertyOrdering", "default"),
    ]
)
_TYPES = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})
_FORMATS = {"string": {"enum", "date-time"}, "number": {"float", "double"}, "integer": {"int32", "int64"}}


def check(tools: list[Json], provider: Provider) -> None:
    """Raise Refusal for the first tool that Google refuses."""
    if len(tools) > MOST_TOOLS:
        _refuse(provider, f"tools[0].function_declarations: [FIELD_INVALID] At most {MOST_TOOLS} function declarations")
    for place, tool in enumerate(tools):
        where = f"GenerateContentRequest.tools[0].function_declarations[{place}]"
        if not _NAME.fullmatch(tool["name"]):
            _refuse(
                provider,
                f"{where}.name: Invalid function name. Must start with a letter or an underscore. Must be alphameric "
                "(a-z, A-Z, 0-9), underscores (_), dots (.) or dashes (-), with a maximum length of 64.",
            )
        if tool["strict"]:
            _refuse(provider, f"{where}: strict function declarations are not supported.")
        parameters = tool["parameters"]
        if not isinstance(parameters, dict) or parameters.get("type") != "object":
            _refuse(provider, f"{where}.parameters: schema should be of type OBJECT")
        said = _complaint(parameters, f"{where}.parameters", 1)
        if said:
            _refuse(provider, said)


def _complaint(schema: Any, where: str, depth: int) -> str:
    if depth > DEEPEST:
        return "A FunctionDeclaration in the request exceeds the maximum allowed nesting depth."
    if not isinstance(schema, dict):
        return f"Invalid value at '{where}' (type.googleapis.com/google.ai.generativelanguage.Schema), {schema!r}"
    unknown = sorted(schema.keys() - _FIELDS)
    if unknown:
        return f"Invalid JSON payload received. Unknown name \"{unknown[0]}\" at '{where}': Cannot find field."
    if "anyOf" in schema:
        return _choice(schema, where, depth)
    kind = schema.get("type")
    if isinstance(kind, list):
        return (
            f"Invalid JSON payload received. Unknown name \"type\" at '{where}': "
            "Proto field is not repeating, cannot start list."
        )
    if kind not in _TYPES:
        return f"Unable to submit request because `{where}` schema didn't specify the schema type field."
    return _fields(schema, kind, where) or _inner(schema, kind, where, depth)


def _choice(schema: Json, where: str, depth: int) -> str:
    if len(schema) > 1:
        return (
            f"{where} schema specified other fields alongside any_of. When using any_of, it must be the only field set."
        )
    branches = schema["anyOf"]
    if not isinstance(branches, list) or not branches:
        return f"{where}.any_of: missing field."
    said = (_complaint(branch, f"{where}.any_of[{place}]", depth + 1) for place, branch in enumerate(branches))
    return next((one for one in said if one), "")


def _fields(schema: Json, kind: str, where: str) -> str:
    for place, value in enumerate(schema.get("enum", ())):
        if not isinstance(value, str):
            return f"Invalid value at '{where}.enum[{place}]' (TYPE_STRING), {value!r}"
        if not value:
            return f"{where}.enum[{place}]: cannot be empty"
    if "enum" in schema and (kind != "string" or not schema["enum"]):
        return f"{where}.enum: only allowed for STRING type"
    wanted = _FORMATS.get(kind, set())
    if "format" in schema and schema["format"] not in wanted:
        return f"{where}.format: only {' and '.join(map(repr, sorted(wanted)))} are supported for {kind.upper()} type"
    if not isinstance(schema.get("nullable", False), bool):
        return f"Invalid value at '{where}.nullable' (TYPE_BOOL), {schema['nullable']!r}"
    if not isinstance(schema.get("description", ""), str):
        return f"Invalid value at '{where}.description' (TYPE_STRING), {schema['description']!r}"
    return ""


def _inner(schema: Json, kind: str, where: str, depth: int) -> str:
    if kind == "array":
        if "items" not in schema:
            return f"* {where}.items: missing field."
        return _complaint(schema["items"], f"{where}.items", depth + 1)
    properties = schema.get("properties", {})
    if not isinstance(properties, dict):
        return f"Invalid value at '{where}.properties'"
    for place, name in enumerate(schema.get("required", ())):
        if name not in properties:
            return f"* {where}.required[{place}]: property is not defined"
    said = (_complaint(part, f"{where}.properties[{name}]", depth + 1) for name, part in properties.items())
    return next((one for one in said if one), "")


def _refuse(provider: Provider, message: str) -> None:
    provider.refuse(message, code="INVALID_ARGUMENT")

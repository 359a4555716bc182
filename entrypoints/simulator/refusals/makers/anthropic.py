"""What Anthropic refuses in tools, strict or not.

Sources: Anthropic's pages on tool use, strict tool use and the limitations of JSON Schema (2026); wording of public
error reports.
"""

import re
from typing import Any

from entrypoints.simulator.payload import Json
from entrypoints.simulator.refusals.makers.draft import violations
from entrypoints.simulator.refusals.makers.walk import leads_back, schemas_in
from entrypoints.simulator.refusals.verdicts import Provider

MOST_STRICT, MOST_OPTIONAL, MOST_UNIONS = 20, 24, 16
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_KEY = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
_NUMERIC = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_TEXTUAL = ("minLength", "maxLength")
_UNSUPPORTED = ("oneOf", "not", "if", "then", "else", "patternProperties", "prefixItems", "uniqueItems", "maxItems")


def check(tools: list[Json], provider: Provider) -> None:
    """Raise Refusal for the first tool that Anthropic refuses."""
    strict = [tool for tool in tools if tool["strict"]]
    for place, tool in enumerate(tools):
        where = f"tools.{place}.custom"
        if not _NAME.fullmatch(tool["name"]):
            provider.refuse(f"{where}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
        said = _complaint(tool["parameters"])
        if said:
            provider.refuse(f"{where}.input_schema{said}")
        said = _strict(tool["parameters"]) if tool["strict"] else ""
        if said:
            provider.refuse(f"{where}: {said}")
    if len(strict) > MOST_STRICT:
        provider.refuse(f"Too many strict tools ({len(strict)}). The maximum number of strict tools is {MOST_STRICT}.")
    _totals(strict, provider)


def _totals(strict: list[Json], provider: Provider) -> None:
    unions = optional = 0
    for tool in strict:
        for schema in (found for _, found in schemas_in(tool["parameters"]) if isinstance(found, dict)):
            unions += "anyOf" in schema or isinstance(schema.get("type"), list)
            optional += len(set(schema.get("properties", ())) - set(schema.get("required", ())))
    if unions > MOST_UNIONS:
        provider.refuse(
            f"Schemas contains too many parameters with union types ({unions} parameters with type arrays or anyOf). "
            f"This causes exponential compilation cost. Reduce the number of nullable or union-typed parameters "
            f"(limit: {MOST_UNIONS} parameters with unions)."
        )
    if optional > MOST_OPTIONAL:
        provider.refuse(
            f"Schemas contains too many optional parameters ({optional}), which would make grammar compilation "
            f"inefficient. Reduce the number of optional parameters in your tool schemas (limit: {MOST_OPTIONAL})."
        )


def _complaint(root: Any) -> str:
    if not isinstance(root, dict) or root.get("type") != "object":
        return ".type: Input should be 'object'"
    if {"oneOf", "allOf", "anyOf"} & root.keys():
        return ": input_schema does not support oneOf, allOf, or anyOf at the top level"
    if any(True for _ in violations(root)):
        return (
            ": JSON schema is invalid. It must match JSON Schema draft 2020-12 "
            "(https://json-schema.org/draft/2020-12). Learn more about tool use at https://docs.claude.com/en/docs/tool-use."
        )
    if not all(_KEY.fullmatch(key) for key in root.get("properties", {})):
        return ".properties: Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'"
    return ""


def _strict(root: Json) -> str:
    if leads_back(root):
        return "Recursive schemas are not supported"
    for path, schema in schemas_in(root):
        if schema is False and path[-1:] == ("additionalProperties",):
            continue
        if not isinstance(schema, dict):
            return "Boolean schemas are not supported"
        kind = schema.get("type")
        wrong = [key for key in (*_NUMERIC, *_TEXTUAL, *_UNSUPPORTED) if key in schema]
        if wrong:
            return f"For '{kind}' type, properties {', '.join(wrong)} are not supported"
        if schema.get("minItems", 0) > 1:
            return "For 'array' type, 'minItems' values other than 0 or 1 are not supported"
        if kind == "object" and schema.get("additionalProperties") is not False:
            return "For 'object' type, 'additionalProperties' must be explicitly set to false"
        if any(mark in str(schema.get("pattern", "")) for mark in ("(?=", "(?!", "(?<", "\\b", "\\1")):
            return "Regex lookaround, word boundaries and backreferences are not supported"
    return ""

"""Judges a request by the closed JSON schema in `request_schema.json`: no unlisted keys, no null anywhere."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

SCHEMA: dict[str, Any] = json.loads(Path(__file__).with_name("request_schema.json").read_text(encoding="utf-8"))
DEFINITIONS = {f"#/$defs/{name}": schema for name, schema in SCHEMA["$defs"].items()}
KIND = {"type", "const", "enum"}
SHOWN = 200

Errors = Iterator[ValidationError]


def judge(body: dict[str, Any], model_entry: dict[str, Any] | None) -> list[str]:
    """Return one complaint per place that violates the schema; the catalog entry is not used."""
    try:
        return [f"{error.json_path}: {error.message[:SHOWN]}" for error in VALIDATOR.iter_errors(body)]
    except RecursionError:
        return ["nested too deeply"]


def _ref(validator: Any, ref: str, instance: Any, schema: Any) -> Errors:
    """Follow a reference within the file without the library's general resolver, which takes most of the time."""
    yield from validator.descend(instance, DEFINITIONS[ref])


def _any_of(validator: Any, branches: list[Any], instance: Any, schema: Any) -> Errors:
    """Try the branches selected by `x-dispatch`; return the errors of the nearest branch of the right kind."""
    nearest: list[ValidationError] = []
    for at in _candidates(schema.get("x-dispatch"), instance, len(branches)):
        errors = list(validator.descend(instance, branches[at]))
        if not errors:
            return
        other_kind = any(error.validator in KIND and not error.relative_path for error in errors)
        if not other_kind and (not nearest or len(errors) < len(nearest)):
            nearest = errors
    yield from nearest or [ValidationError(f"fits no alternative: {str(instance)[:SHOWN]}")]


def _candidates(table: dict[str, Any] | None, instance: Any, count: int) -> list[int]:
    """Return the positions of the branches that can match."""
    if table is None or not isinstance(instance, dict):
        return list(range(count))
    if table["key"] not in instance:
        return [*table["absent"], *table["rest"]]
    told = instance[table["key"]]
    return [*table["cases"].get(told, []), *table["rest"]] if isinstance(told, str) else table["rest"]


def _properties(validator: Any, properties: dict[str, Any], instance: Any, schema: Any) -> Errors:
    if isinstance(instance, dict):
        for key, value in instance.items():
            if key in properties:
                yield from validator.descend(value, properties[key], path=key, schema_path=key)


def _additional(validator: Any, additional: Any, instance: Any, schema: Any) -> Errors:
    """Do the same as the library for schemas without `patternProperties`, which this file does not use."""
    if not isinstance(instance, dict):
        return
    listed = schema.get("properties", {})
    for key, value in instance.items():
        if key not in listed:
            if additional is False:
                yield ValidationError(f"unknown key {key!r:.{SHOWN}}")
            else:
                yield from validator.descend(value, additional, path=key)


FASTER = {"$ref": _ref, "anyOf": _any_of, "properties": _properties, "additionalProperties": _additional}
VALIDATOR = extend(Draft202012Validator, FASTER)(SCHEMA)

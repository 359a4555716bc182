"""Arguments against a schema, with the library jsonschema."""

import json
from collections import OrderedDict
from itertools import islice
from threading import Lock

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from referencing import Registry

from ports.json_values import JsonObject

KEPT = 256
READ = 50
"""Errors among which the one that is told is chosen."""
LONGEST = 300


class JsonSchemaChecker:
    """Implements Checker. Remote references are never fetched; the newest 256 validators are kept. Any thread.

    A schema nothing can be checked by (malformed, references that lead nowhere or in a circle, patterns of another
    dialect) lets everything pass: the tool itself has the last word.
    """

    def __init__(self) -> None:
        self._validators: OrderedDict[str, Draft202012Validator | None] = OrderedDict()
        self._lock = Lock()

    def __call__(self, schema: JsonObject, arguments: JsonObject) -> str:
        """Say in one line what is wrong with the arguments; empty if nothing is."""
        validator = self._validator(schema)
        if validator is None:
            return ""
        try:
            return _told(best_match(islice(validator.iter_errors(arguments), READ)))
        except Exception:  # noqa: BLE001 - the library raises what its parts raise: bad patterns, numbers, references
            return ""

    def _validator(self, schema: JsonObject) -> "Draft202012Validator | None":
        try:
            key = json.dumps(schema)
        except (TypeError, ValueError, RecursionError):
            return None
        with self._lock:
            if key in self._validators:
                self._validators.move_to_end(key)
                return self._validators[key]
        made = _made(schema)
        with self._lock:
            self._validators[key] = made
            while len(self._validators) > KEPT:
                self._validators.popitem(last=False)
        return made


def _made(schema: JsonObject) -> "Draft202012Validator | None":
    try:
        Draft202012Validator.check_schema(schema)
    except (SchemaError, RecursionError):
        return None
    return Draft202012Validator(dict(schema), registry=Registry())


def _told(error: ValidationError | None) -> str:
    if error is None:
        return ""
    place = "/".join(str(step) for step in error.absolute_path)
    told = f"{place}: {error.message}" if place else str(error.message)
    line = " ".join(told.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}\u2026"

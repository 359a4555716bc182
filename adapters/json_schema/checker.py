"""Validates tool arguments against a schema with the library jsonschema."""

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
"""At most this many errors are read; the best match among them is returned."""
LONGEST = 300


class JsonSchemaChecker:
    """Implements Checker. Remote references are never fetched; the newest 256 validators are cached. Any thread.

    An unusable schema (malformed, references that do not resolve or are circular, patterns of another dialect)
    accepts everything: the tool itself validates its arguments.
    """

    def __init__(self) -> None:
        self._validators: OrderedDict[str, Draft202012Validator | None] = OrderedDict()
        self._lock = Lock()

    def __call__(self, schema: JsonObject, arguments: JsonObject) -> str:
        """Return a one-line error if the arguments violate the schema, otherwise ""."""
        validator = self._validator(schema)
        if validator is None:
            return ""
        try:
            return _one_line(best_match(islice(validator.iter_errors(arguments), READ)))
        except Exception:  # noqa: BLE001 - raised by parts of the library: bad patterns, references
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


def _one_line(error: ValidationError | None) -> str:
    if error is None:
        return ""
    path = "/".join(str(step) for step in error.absolute_path)
    message = f"{path}: {error.message}" if path else str(error.message)
    line = " ".join(message.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}\u2026"

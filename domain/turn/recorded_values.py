"""Write what a turn was fed as JSON values, and read it back: the same module in both directions.

A dataclass becomes an object with its name under `$` beside its fields, so that a record stays readable. Only the
classes of this list are ever made, so that nothing in a file can name other code.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from types import ModuleType

from domain.catalog import offer, prompt_window
from domain.conversation import left_out, media_kinds
from domain.egress import base_url
from domain.faults import causes, facts, fault, retry
from domain.tools import plan as call_plan
from domain.turn import events, fitting, plan, recorded, statuses, steps
from ports import answer_facts, problem_details, response_events, responses, toolbox, usage
from ports.json_values import JsonObject

TAG = "$"
MODULES: tuple[ModuleType, ...] = (
    *(response_events, problem_details, responses, toolbox, usage, answer_facts),
    *(events, plan, statuses, steps, recorded, fitting),
    *(fault, facts, causes, retry, prompt_window, offer, left_out, media_kinds, base_url, call_plan),
)
NEVER = frozenset({"Route", "UpstreamCall", "Offer"})
"""Classes of these modules that no record contains: they hold keys, or nothing that a turn is fed."""
DEEPEST = 100
"""Levels of nested values; what is deeper cannot be recorded."""


class UnreadableRecord(Exception):
    """A file is no record, or one of another version."""


def encoded(value: object) -> object:
    """Return a value as JSON. Raises UnreadableRecord for what no record can contain."""
    return _encoded(value, DEEPEST)


def decoded(value: object) -> object:
    """Return the value that was encoded. Raises UnreadableRecord."""
    try:
        return _decoded(value, DEEPEST)
    except (TypeError, ValueError, ArithmeticError, KeyError, AttributeError) as error:
        raise UnreadableRecord(type(error).__name__) from error


def _encoded(value: object, depth: int) -> object:
    kind: type = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if kind is float:
        return value if math.isfinite(value) else {TAG: "float", "is": repr(value)}  # type: ignore[arg-type]
    if depth <= 0:
        raise UnreadableRecord("too deep")
    if kind is dict:
        return _mapping(value, depth - 1)  # type: ignore[arg-type]
    if kind is list:
        return [_encoded(one, depth - 1) for one in value]  # type: ignore[attr-defined]
    names = _fields(kind)
    if names is not None:
        return {TAG: kind.__name__} | {name: _encoded(getattr(value, name), depth - 1) for name in names}
    return _tagged(value, depth - 1)


def _tagged(value: object, depth: int) -> object:
    """Return what JSON has no form for, under the name of its type."""
    match value:
        case tuple():
            return {TAG: "tuple", "is": [_encoded(one, depth) for one in value]}
        case frozenset():
            return {TAG: "set", "is": [_encoded(one, depth) for one in sorted(value)]}
        case Enum():
            return {TAG: "enum", "of": type(value).__name__, "is": value.name}
        case Decimal():
            return {TAG: "decimal", "is": str(value)}
        case datetime():
            return {TAG: "date", "is": value.isoformat()}
        case bytes():
            return {TAG: "bytes", "is": value.decode("latin-1")}  # readable, so that secrets in it are found
        case responses.ResponsesError():
            held = {name: _encoded(part, depth) for name, part in vars(value).items()}
            return {TAG: "error", "of": type(value).__name__, "says": str(value), "with": held}
        case Mapping():
            return _mapping(value, depth)
    raise UnreadableRecord(f"{type(value).__name__} cannot be recorded")


def _mapping(value: Mapping[object, object], depth: int) -> object:
    if TAG not in value and all(name.__class__ is str for name in value):
        return {name: _encoded(one, depth) for name, one in value.items()}
    return {TAG: "map", "is": [[_encoded(name, depth), _encoded(one, depth)] for name, one in value.items()]}


@cache
def _fields(kind: type) -> tuple[str, ...] | None:
    """Return the names of the fields of a class that may be recorded; None for all others."""
    if not is_dataclass(kind) or recordable_classes().get(kind.__name__) is not kind:
        return None
    left_out = ("weights",) if kind is fitting.Fit else ()
    return tuple(part.name for part in fields(kind) if part.name not in left_out)


def _decoded(value: object, depth: int) -> object:
    if depth <= 0:
        raise UnreadableRecord("too deep")
    if isinstance(value, list):
        return [_decoded(one, depth - 1) for one in value]
    if not isinstance(value, dict):
        return value
    if TAG not in value:
        return {name: _decoded(one, depth - 1) for name, one in value.items()}
    return _untagged(value, depth - 1)


def _untagged(value: JsonObject, depth: int) -> object:
    name, held = value[TAG], value.get("is")
    if name in _PLAIN:
        return _PLAIN[name](_text(held))
    if name in ("tuple", "set", "map"):
        if not isinstance(held, list):
            raise UnreadableRecord("a list is missing")
        listed = [_decoded(one, depth) for one in held]
        return tuple(listed) if name == "tuple" else frozenset(listed) if name == "set" else dict(listed)  # type: ignore[arg-type]
    if name == "enum":
        return _class(value.get("of"), Enum)[_text(held)]  # type: ignore[index]
    if name == "error":
        return _error(value, depth)
    kind = _class(name, object)
    known = _fields(kind) or ()
    return kind(**{part: _decoded(one, depth) for part, one in value.items() if part in known})


def _error(value: JsonObject, depth: int) -> responses.ResponsesError:
    kind = _class(value.get("of"), responses.ResponsesError)
    error: responses.ResponsesError = kind.__new__(kind, _text(value.get("says")))  # type: ignore[assignment]
    held = _decoded(value.get("with"), depth)
    for name, part in held.items() if isinstance(held, dict) else ():
        setattr(error, name, part)
    return error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise UnreadableRecord("a text is missing")
    return value


_PLAIN: dict[object, Callable[[str], object]] = {
    "float": float,
    "decimal": Decimal,
    "date": datetime.fromisoformat,
    "bytes": lambda text: text.encode("latin-1"),
}


def _class(name: object, base: type) -> type:
    kind = recordable_classes().get(name) if isinstance(name, str) else None
    if kind is None or not issubclass(kind, base):
        raise UnreadableRecord(f"{str(name)[:80]} is unknown")
    return kind


@cache
def recordable_classes() -> dict[str, type]:
    """Return the classes that records may contain, by name."""
    found: dict[str, type] = {}
    for module in MODULES:
        for name, kind in vars(module).items():
            if isinstance(kind, type) and kind.__module__ == module.__name__ and _is_value(kind) and name not in NEVER:
                if name in found:
                    raise UnreadableRecord(f"{name} is ambiguous")
                found[name] = kind
    return found


def _is_value(kind: type) -> bool:
    return is_dataclass(kind) or issubclass(kind, Enum | responses.ResponsesError)

"""Small checks of JSON values that report issues in the format of upstream's schemas.

A check returns a list of issues whose `path` is relative to the checked value; an empty list means that it is valid.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from entrypoints.simulator.payload import Json

Check = Callable[[Any], list[Json]]


class _Missing:
    """Represents the value of a missing key."""


MISSING = _Missing()


def kind_of(value: object) -> str:
    """Return the name of a value's JSON type."""
    if value is MISSING:
        return "undefined"
    if value is None:
        return "null"
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (bool, "boolean"),
        ((int, float), "number"),
        (str, "string"),
        (list, "array"),
    )
    return next((name for types, name in kinds if isinstance(value, types)), "object")


def wrong_type(expected: str, value: object) -> list[Json]:
    """Report a value of an unexpected type."""
    message = f"Invalid input: expected {expected}, received {kind_of(value)}"
    return [{"expected": expected, "code": "invalid_type", "path": [], "message": message}]


def custom(message: str) -> list[Json]:
    """Report an issue that is not about a type."""
    return [{"code": "custom", "path": [], "message": message}]


def under(key: str | int, issues: list[Json]) -> list[Json]:
    """Return the issues with `key` put before their paths."""
    return [{**issue, "path": [key, *issue["path"]]} for issue in issues]


def text(*, shortest: int = 0, longest: int | None = None) -> Check:
    """Accept strings whose length is within bounds."""

    def check(value: Any) -> list[Json]:
        if not isinstance(value, str):
            return wrong_type("string", value)
        return _sized("string", len(value), shortest, longest, "characters")

    return check


def _sized(origin: str, size: int, least: int, most: int | None, unit: str) -> list[Json]:
    if size < least:
        message = f"Too small: expected {origin} to have >={least} {unit}"
        return [{"origin": origin, "code": "too_small", "minimum": least, "path": [], "message": message}]
    if most is not None and size > most:
        message = f"Too big: expected {origin} to have <={most} {unit}"
        return [{"origin": origin, "code": "too_big", "maximum": most, "path": [], "message": message}]
    return []


def number(low: float | None = None, high: float | None = None) -> Check:
    """Accept numbers within bounds."""
    return _bounded("number", low, high)


def integer(low: int | None = None, high: int | None = None) -> Check:
    """Accept integers within bounds; `5.0` counts as one, because JSON has no integer type."""
    return _bounded("int", low, high)


def _bounded(expected: str, low: float | None, high: float | None) -> Check:
    def check(value: Any) -> list[Json]:
        if not isinstance(value, int | float) or isinstance(value, bool):
            return wrong_type("number", value)
        if expected == "int" and value != int(value):
            return wrong_type("int", value)
        if low is not None and value < low:
            message = f"Too small: expected number to be >={low}"
            return [{"origin": expected, "code": "too_small", "minimum": low, "path": [], "message": message}]
        if high is not None and value > high:
            message = f"Too big: expected number to be <={high}"
            return [{"origin": expected, "code": "too_big", "maximum": high, "path": [], "message": message}]
        return []

    return check


def boolean(value: Any) -> list[Json]:
    """Accept true and false."""
    return [] if isinstance(value, bool) else wrong_type("boolean", value)


def anything(value: Any) -> list[Json]:
    """Accept any value except a missing key."""
    return wrong_type("value", value) if value is MISSING else []


def absent(value: Any) -> list[Json]:
    """Accept only null, for fields that upstream defines but does not support."""
    return [] if value is None else wrong_type("undefined", value)


def one_of(*values: str | bool) -> Check:
    """Accept the given literals."""
    quoted = [f'"{value}"' if isinstance(value, str) else str(value).lower() for value in values]
    said = quoted[0] if len(quoted) == 1 else f"one of {'|'.join(quoted)}"
    word = "input" if len(quoted) == 1 else "option"

    def check(value: Any) -> list[Json]:
        if any(value is allowed or (isinstance(value, str) and value == allowed) for allowed in values):
            return []
        message = f"Invalid {word}: expected {said}"
        return [{"code": "invalid_value", "values": list(values), "path": [], "message": message}]

    return check


def nullable(check: Check) -> Check:
    """Accept null, and what `check` accepts."""
    return lambda value: [] if value is None else check(value)


def listed(check: Check, *, least: int = 0, most: int | None = None) -> Check:
    """Accept arrays of valid entries."""

    def check_list(value: Any) -> list[Json]:
        if not isinstance(value, list):
            return wrong_type("array", value)
        issues = _sized("array", len(value), least, most, "items")
        return issues + [issue for i, entry in enumerate(value) for issue in under(i, check(entry))]

    return check_list


def mapped(check: Check) -> Check:
    """Accept objects with any keys and valid values."""

    def check_map(value: Any) -> list[Json]:
        if not isinstance(value, dict):
            return wrong_type("record", value)
        return [issue for key, entry in value.items() for issue in under(key, check(entry))]

    return check_map


def fields(
    required: Mapping[str, Check], optional: Mapping[str, Check] | None = None, *, closed: bool = False
) -> Check:
    """Accept objects with these keys; unknown keys are allowed unless `closed`."""
    optional = optional or {}

    def check(value: Any) -> list[Json]:
        if not isinstance(value, dict):
            return wrong_type("object", value)
        issues = [i for name, rule in required.items() for i in under(name, rule(value.get(name, MISSING)))]
        issues += [i for name, rule in optional.items() if name in value for i in under(name, rule(value[name]))]
        unknown = [name for name in value if name not in required and name not in optional] if closed else []
        if unknown:
            message = f"Unrecognized key{'s' if len(unknown) > 1 else ''}: {', '.join(map(repr, unknown))}"
            issues.append({"code": "unrecognized_keys", "keys": unknown, "path": [], "message": message})
        return issues

    return check


def either(*checks: Check) -> Check:
    """Accept what one of the checks accepts; otherwise report the issues of all."""
    return tagged([(None, check) for check in checks])


def tagged(alternatives: Sequence[tuple[str | None, Check]]) -> Check:
    """Accept what one alternative accepts; alternatives whose tag equals the value's `type` are tried first."""

    def check(value: Any) -> list[Json]:
        tag = value.get("type") if isinstance(value, dict) else None
        if any(name is not None and name == tag and not rule(value) for name, rule in alternatives):
            return []
        failures = list[list[Json]]()
        for _, rule in alternatives:
            failure = rule(value)
            if not failure:
                return []
            failures.append(failure)
        return [{"code": "invalid_union", "errors": failures, "path": [], "message": "Invalid input"}]

    return check

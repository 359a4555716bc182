"""Read the arguments a model wrote: return what the tool is called with, or one line that says what is wrong."""

import ast
import json
import math
import re
import warnings
from typing import Any, NoReturn

from domain.tools.registry import Offered
from domain.tools.relaxing import relaxed
from domain.tools.strict import VALUE
from ports.json_values import JsonObject
from ports.toolbox import Checker

LONGEST = 1_000_000
LONGEST_LITERAL = 64 * 1024
LONGEST_NUMBER = 14_000
"""Bits: Python writes no longer number as text."""
DEEPEST = 64
_SURROGATES = re.compile("[\ud800-\udfff]")


class InvalidArguments(Exception):
    """The tool cannot be called with these arguments; `reason` is one line for the model."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"invalid arguments: {reason}")
        self.reason = reason


def arguments_of(text: str, tool: Offered, check: Checker) -> JsonObject:
    """Return what `tool` is called with. Raises InvalidArguments.

    `text` holds an object, as JSON or as a Python literal. If the schema is wrapped, the value is unwrapped; a value
    that is not an object is passed to the tool under the key `value`. Arguments are checked against the original
    schema, never against the strict one.
    """
    arguments = decoded(text)
    if tool.wrapped:
        value = arguments.get(VALUE, arguments) if len(arguments) == 1 else arguments
        return _checked(value, tool, check) if isinstance(value, dict) else _checked_alone(value, tool, check)
    return _checked(arguments, tool, check)


def decoded(text: str) -> dict[str, Any]:
    """Return the object that a text holds; a blank text means an object without keys. Raises InvalidArguments."""
    if len(text) > LONGEST:
        raise InvalidArguments(f"{len(text):,} characters are too many, {LONGEST:,} are allowed")
    if not text.strip():
        return {}
    try:
        value = json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise InvalidArguments("they nest too deep") from None
    except ValueError as error:
        value = _literal(text, error)
    if not isinstance(value, dict):
        raise InvalidArguments(f"an object is needed, this is {_kind(value)}")
    return _plain_object(value, DEEPEST)


def _checked(arguments: JsonObject, tool: Offered, check: Checker) -> JsonObject:
    """Try the arguments with and without optional nulls: strict schemas require those nulls, and models add others."""
    loose = relaxed(arguments, tool.original)
    first, second = (loose, arguments) if tool.strict else (arguments, loose)
    problem = check(tool.original, first)
    if not problem:
        return first
    if second != first and not check(tool.original, second):
        return second
    raise InvalidArguments(problem)


def _checked_alone(value: object, tool: Offered, check: Checker) -> JsonObject:
    kept = {key: tool.original[key] for key in ("$defs", "definitions") if key in tool.original}
    whole = {"type": "object", "properties": {VALUE: tool.original}, **kept}
    problem = check(whole, {VALUE: value})
    if problem:
        raise InvalidArguments(problem)
    return {VALUE: value}


def _literal(text: str, error: ValueError) -> object:
    """Parse an object written as a Python literal, as some models do."""
    shown = error.args[0] if isinstance(error, json.JSONDecodeError) else "a number is out of range"
    wrong = InvalidArguments(f"this is no JSON object: {str(shown)[:120]}")
    if len(text) > LONGEST_LITERAL or not text.lstrip().startswith("{"):
        raise wrong
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.literal_eval(text.strip())
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise wrong from None


def _plain(value: object, depth: int) -> object:
    """Return a value as plain JSON; lone surrogates in its texts are replaced."""
    if depth == 0:
        raise InvalidArguments("they nest too deep")
    if isinstance(value, str):
        return _SURROGATES.sub("\ufffd", value)
    if isinstance(value, int) and value.bit_length() > LONGEST_NUMBER:
        raise InvalidArguments("a number is out of range")
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, dict):
        return _plain_object(value, depth)
    if isinstance(value, list | tuple):
        return [_plain(entry, depth - 1) for entry in value]
    raise InvalidArguments(f"JSON has no {_kind(value)}")


def _plain_object(value: dict[Any, Any], depth: int) -> dict[str, Any]:
    if not all(isinstance(key, str) for key in value):
        raise InvalidArguments("keys have to be texts")
    return {_SURROGATES.sub("\ufffd", key): _plain(entry, depth - 1) for key, entry in value.items()}


def _kind(value: object) -> str:
    kinds = {list: "list", str: "text", int: "number", float: "number that is not finite", bool: "truth value"}
    return "null" if value is None else kinds.get(type(value), type(value).__name__)


def _refuse(constant: str) -> NoReturn:
    raise InvalidArguments(f"JSON has no number {constant}")

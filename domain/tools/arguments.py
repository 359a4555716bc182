"""Read the arguments a model wrote: return what the tool is called with, or one line that says what is wrong."""

import json
import math
from dataclasses import dataclass
from typing import Any

from domain.conversation.arguments import object_text
from domain.conversation.lenient_json import UnreadableJson, read_json
from domain.conversation.surrogates import without_surrogates
from domain.tools.coercion import coerced
from domain.tools.registry import Offered
from domain.tools.relaxing import relaxed
from domain.tools.strict import VALUE
from ports.json_values import JsonObject
from ports.toolbox import Checker

LONGEST = 1_000_000
LONGEST_NUMBER = 14_000
"""Bits: Python writes no longer number as text."""
DEEPEST = 64


class InvalidArguments(Exception):
    """The tool cannot be called with these arguments; `reason` is one line for the model."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"invalid arguments: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Accepted:
    """Arguments a tool can be called with.

    `written`: the JSON text of the call as it is stored and sent back, empty if the model's own text is that already.
    """

    arguments: JsonObject
    written: str = ""


def arguments_of(text: str, tool: Offered, check: Checker) -> JsonObject:
    """Return what `tool` is called with; see `accepted`. Raises InvalidArguments."""
    return accepted(text, tool, check).arguments


def accepted(text: str, tool: Offered, check: Checker) -> Accepted:
    """Return what `tool` is called with, and the call's text if the model's has to be rewritten.

    Raises InvalidArguments. `text` means an object, see `lenient_json`. If the schema is wrapped, the value is
    unwrapped; a value that is not an object is passed to the tool under the key `value`. Arguments are checked against
    the original schema, never against the strict one. If they fail, values whose meaning is certain are converted
    (see `coercion`), and they are checked once more.
    """
    arguments = decoded(text)
    wrapped = tool.wrapped and len(arguments) == 1 and VALUE in arguments
    value: object = arguments[VALUE] if wrapped else arguments
    called: JsonObject
    meant: object
    if isinstance(value, dict):
        called, meant = _checked(value, tool, check)
    else:
        called, meant = _checked_alone(value, tool, check)
    if meant is not value:
        return Accepted(called, _text({VALUE: meant} if wrapped else meant))
    sent_back = object_text(text)
    return Accepted(called, "" if sent_back == text else sent_back)


def decoded(text: str) -> dict[str, Any]:
    """Return the object that a text holds; no value means an object without keys. Raises InvalidArguments."""
    if len(text) > LONGEST:
        raise InvalidArguments(f"{len(text):,} characters are too many, {LONGEST:,} are allowed")
    try:
        value = read_json(text)
    except UnreadableJson as problem:
        raise InvalidArguments(problem.reason) from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidArguments(f"an object is needed, this is {_kind(value)}")
    return _plain_object(value, DEEPEST)


def _checked(arguments: JsonObject, tool: Offered, check: Checker) -> tuple[JsonObject, JsonObject]:
    """Return what the tool is called with, and the arguments as the model meant them (the same object if unchanged).

    Try the arguments with and without optional nulls: strict schemas require those nulls, and models add others. Then
    try them with values converted.
    """
    loose = relaxed(arguments, tool.original)
    first, second = (loose, arguments) if tool.strict else (arguments, loose)
    problem = check(tool.original, first)
    if not problem:
        return first, arguments
    if second != first and not check(tool.original, second):
        return second, arguments
    meant = coerced(arguments, tool.original)
    if meant != arguments:
        loose = relaxed(meant, tool.original)
        for called in (loose, meant) if tool.strict else (meant, loose):
            if not check(tool.original, called):
                return called, meant
    raise InvalidArguments(problem)


def _checked_alone(value: object, tool: Offered, check: Checker) -> tuple[JsonObject, object]:
    kept = {key: tool.original[key] for key in ("$defs", "definitions") if key in tool.original}
    whole = {"type": "object", "properties": {VALUE: tool.original}, **kept}
    problem = check(whole, {VALUE: value})
    if not problem:
        return {VALUE: value}, value
    meant = coerced({VALUE: value}, whole)
    if meant[VALUE] == value or check(whole, meant):
        raise InvalidArguments(problem)
    return meant, meant[VALUE]


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _plain(value: object, depth: int) -> object:
    """Return a value as plain JSON; lone surrogates in its texts are replaced."""
    if depth == 0:
        raise InvalidArguments("they nest too deep")
    if isinstance(value, str):
        return without_surrogates(value)
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
    return {without_surrogates(key): _plain(entry, depth - 1) for key, entry in value.items()}


def _kind(value: object) -> str:
    kinds = {list: "list", str: "text", int: "number", float: "number that is not finite", bool: "truth value"}
    return "null" if value is None else kinds.get(type(value), type(value).__name__)

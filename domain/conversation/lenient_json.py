"""Read arguments as models write them: the value where the meaning is certain, else one line that says what is wrong.

Beyond JSON it reads: JSON in a JSON text, fenced JSON, Python literals, names without quotes, surplus commas and
brackets, control tokens and tags around the value. Escapes in texts follow the rules of JSON alone; a text that breaks
them is refused, because its letters would change.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import NoReturn

LONGEST_LITERAL = 64 * 1024
"""Characters of a text that is read although it is not JSON."""
_NESTED = 3
"""How often JSON may stand in a JSON text."""
_FENCE = "```"
_OPENED = re.compile(_FENCE + r"[\w-]*\s")
_TAG = r"<\|[^<>|]{1,40}\|>|</?[A-Za-z_][\w:-]{0,40}>"
_LONGEST_TAG = 44
_BEFORE, _ENDING = re.compile(rf"(?:\s|\ufeff|{_TAG})+"), re.compile(_TAG)
_PIECE = re.compile(
    r'"(?:[^"\\]|\\.)*(?:"|(?P<open>\\?\Z))'
    r"|'(?:[^'\\]|\\.)*(?:'|(?P<begun>\\?\Z))"
    r"|[A-Za-z_$][\w$-]*(?=(?P<key>\s*:)?)"
    r"|,(?=\s*[}\])])|[()]",
    re.DOTALL,
)
"""A text without its end reaches to the end of all: a search that begins again at each quote takes seconds."""
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "/": "/", "\\": "\\", '"': '"', "'": "'"}
_PATH = re.compile(r"(?<![A-Za-z\\])[A-Za-z]:\\(?![\\'\"])")
_CONSTANTS = {"True": "true", "False": "false", "None": "null"}
_HARMLESS = re.compile(r"[^{\[\"':=\\\d]*")
_BACKSLASH = "a backslash in a JSON text has to be doubled"


class UnreadableJson(ValueError):
    """The text has no certain meaning; `reason` is one line for the model."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_json(text: str) -> object:
    """Return the value of a text; None for a text that means no value. Raises UnreadableJson.

    Numbers are finite; lone surrogates stay.
    """
    return _read(text, _NESTED)


def strict_json(text: str) -> object:
    """Return the value of JSON with finite numbers only. Raises ValueError, of which UnreadableJson is one."""
    try:
        return _DECODER.decode(text)
    except RecursionError:
        raise UnreadableJson("they nest too deep") from None


def _read(text: str, nested: int) -> object:
    if not text.strip():
        return None
    try:
        value = strict_json(text)
    except UnreadableJson:
        raise
    except ValueError as error:
        if len(text) > LONGEST_LITERAL:
            raise _no_json(error) from None
        value = _understood(text, error)
    return _read(value, nested - 1) if nested and isinstance(value, str) and _holds_json(value) else value


def _holds_json(value: str) -> bool:
    bare = value.strip()
    return bare in ("", "null") or bare[0] in '{["`'


def _understood(text: str, error: ValueError) -> object:
    """Read a text that is not JSON; raise `error` in our words if it has no certain meaning."""
    bare = _bare(text)
    if not bare:
        return None
    if bare.startswith('{\\"'):  # escaped once too often, and its quotes are lost
        try:
            return strict_json(f'"{bare}"')
        except ValueError:
            raise _no_json(error) from None
    try:
        for candidate in _readings(bare):
            value, rest = _first_value(candidate)
            if not rest or (isinstance(value, dict) and (_HARMLESS.fullmatch(rest) or rest == candidate[: -len(rest)])):
                return value
    except RecursionError:
        raise UnreadableJson("they nest too deep") from None
    raise _no_json(error)


def _readings(bare: str) -> Iterator[str]:
    yield bare
    yield _as_json(bare)


def _first_value(text: str) -> tuple[object, str]:
    """Return the value that a text begins with, and what follows it; without a value, the whole text follows."""
    try:
        value, end = _DECODER.raw_decode(text)
    except UnreadableJson:
        raise
    except ValueError:
        return None, text
    return value, text[end:].strip()


def _bare(text: str) -> str:
    """Return a text without the tokens, tags and fences around it."""
    before = _BEFORE.match(text)
    text = text[before.end() :] if before else text
    text = text[: _end(text)]
    opened = _OPENED.match(text) if text.endswith(_FENCE) else None
    return text[opened.end() : -len(_FENCE)].strip() if opened and opened.end() <= len(text) - len(_FENCE) else text


def _end(text: str) -> int:
    """Return where the tokens, tags and blanks at the end of a text begin. Takes time in proportion to them."""
    end = len(text)
    while end:
        if text[end - 1].isspace() or text[end - 1] == "\ufeff":
            end -= 1
            continue
        begin = text.rfind("<", max(0, end - _LONGEST_TAG), end)
        if begin < 0 or not _ENDING.fullmatch(text, begin, end):
            break
        end = begin
    return end


def _as_json(text: str) -> str:
    """Rewrite a literal of Python or JavaScript as JSON. Raises UnreadableJson for a text with odd escapes."""
    return _PIECE.sub(_rewritten, text)


def _rewritten(found: re.Match[str]) -> str:
    piece = found[0]
    if found["open"] is not None or found["begun"] is not None:
        return piece
    if piece[0] in "\"'":
        return _quoted(piece[1:-1])
    if piece in "()":
        return "[" if piece == "(" else "]"
    if piece == ",":
        return ""
    return json.dumps(piece) if found["key"] else _CONSTANTS.get(piece, piece)


def _quoted(inner: str) -> str:
    if "\\" not in inner:
        return json.dumps(inner, ensure_ascii=False)
    if _PATH.search(inner):
        raise UnreadableJson(_BACKSLASH)
    return json.dumps(_ESCAPE.sub(_escaped, inner), ensure_ascii=False)


def _escaped(found: re.Match[str]) -> str:
    escape = found[1]
    if escape in _ESCAPES:
        return _ESCAPES[escape]
    if escape[0] == "u" and len(escape) > 1:
        return chr(int(escape[1:], 16))
    raise UnreadableJson(_BACKSLASH)


def _no_json(error: ValueError) -> UnreadableJson:
    shown = error.args[0] if isinstance(error, json.JSONDecodeError) else "a number is out of range"
    return UnreadableJson(f"this is no JSON object: {str(shown)[:120]}")


def _refused(constant: str) -> NoReturn:
    raise UnreadableJson(f"JSON has no number {constant}")


def _finite(written: str) -> float:
    number = float(written)
    if not math.isfinite(number):
        raise UnreadableJson("JSON has no number that is not finite")
    return number


_DECODER = json.JSONDecoder(parse_constant=_refused, parse_float=_finite)

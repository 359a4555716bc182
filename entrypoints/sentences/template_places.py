"""Write a filled-in template as Markdown or as plain text: each value is escaped once, for the place it stands in.

A value never becomes a heading, list, link, picture or HTML, whatever the template does around it. HTML of the template
itself is shown as text. Where it is not certain that a place is code, its value is escaped as text.
"""

import re
from collections.abc import Callable
from functools import lru_cache

from entrypoints.sentences.escaping import in_code, in_fence, inert
from entrypoints.sentences.template import (
    LINKABLE,
    LONGEST_TEXT,
    Line,
    Slot,
    Template,
    TooLong,
    Value,
    Values,
    fill,
    parse,
)

KEPT = 32
"""Parsed templates kept."""
_PLACE = "\x00"
_FENCE = re.compile(r"(`{3,}(?=[^`]*$)|~{3,})")
"""At the beginning of a line: an indented one may belong to a list, and end with it."""
_ANY_FENCE = re.compile(r"`{3,}|~{3,}")
_TICKS = re.compile(r"`+")
_HTML = re.compile(r"<(?=[A-Za-z/!?\x00])(?!https?://[^\s<>\x00]*>)")
_BACKSLASH = re.compile(r"(?<!\\)((?:\\\\)*)\\(?=\x00)")
_ADDRESS = re.compile(
    r"(?=://[^\s/\x00]{0,250}\x00|@[^\s\x00]{0,250}\x00)|(?<=\x00)(?=:?/|@)|(?<=\bwww)(?=\.[^\s/\x00]{0,250}\x00)",
    re.IGNORECASE,
)
_BLANKS = re.compile(r"\n{3,}")
_MARKS = re.compile(r"^\s*(?:#{1,6}\s+|[-*+]\s+|>\s?)+|\*\*|__|`")
_RULE = re.compile(r"\s*(?:[-*_=]\s*){3,}|\s*(?:`{3,}|~{3,}).*")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")

known = lru_cache(KEPT)(parse)
"""`parse` with a memory. Raises TemplateError."""


def as_markdown(template: Template, values: Values) -> str:
    """Return a card. Raises TooLong."""
    return _BLANKS.sub("\n\n", "\n".join(fill(template, values, _MarkdownWriter(values)))).strip()


def as_plain(template: Template, values: Values) -> list[str]:
    """Return the lines of a card as plain text, without signs of Markdown and blank lines. Raises TooLong."""
    return fill(template, values, lambda line: _plain(line, values) or None)


def joined(value: Value) -> str:
    """Return a value as one line."""
    return value if isinstance(value, str) else "; ".join(value)


def _plain(line: Line, values: Values) -> str:
    literal = _literal(line)
    if not literal or _RULE.fullmatch(literal):
        return ""
    return _filled(
        _ESCAPED.sub(r"\1", _MARKS.sub("", literal)), line, lambda slot, _: joined(values[slot.name])
    ).strip()


class _MarkdownWriter:
    """Writes one line after the other; knows whether the next one stands in a fence of code."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self._fence = ""
        self._certain = True  # of where fences begin and end
        self._paired = True  # every backtick of this paragraph, so far

    def __call__(self, line: Line) -> str:
        if line == [""] and not self._fence:
            self._paired = True
            return ""
        literal = _literal(line)
        if self._fence:
            if re.fullmatch(rf" {{0,3}}{re.escape(self._fence[0])}{{{len(self._fence)},}}\s*", literal):
                self._fence = ""
            return _filled(literal, line, self._fenced)
        opened = _FENCE.match(literal)
        if opened and self._certain and len(line) == 1:
            self._fence = opened[1]
            return literal
        spans = self._spans(literal)
        fixed, outside = _outside(literal, spans)
        return _filled(fixed, line, lambda slot, at: self._written(slot, at, literal, outside))

    def _spans(self, literal: str) -> list[tuple[int, int]]:
        """Return where spans of code begin and end in a line; none from where that is not certain on."""
        if not literal.strip():
            self._paired = True
            return []
        if _ANY_FENCE.search(literal):
            self._certain = False
        if "|" in literal or "\\`" in literal or ("<" in literal and "`" in literal):
            self._paired = False  # cells of a table end code, too
        if not (self._certain and self._paired):
            return []
        spans, ticks = [], [(found.start(), found.end()) for found in _TICKS.finditer(literal)]
        while ticks:
            begin, end = ticks.pop(0)
            other = next((n for n, (a, b) in enumerate(ticks) if b - a == end - begin), None)
            if other is None:
                self._paired = False
                return []
            spans.append((end, ticks[other][0]))
            del ticks[: other + 1]
        return spans

    def _fenced(self, slot: Slot, _: int) -> str:
        value = self._values[slot.name]
        return in_fence(value if isinstance(value, str) else "\n".join(value))

    def _written(self, slot: Slot, at: int, literal: str, outside: Callable[[int], bool]) -> str:
        value = self._values[slot.name]
        if slot.name in LINKABLE:
            return joined(value)
        if not outside(at):
            return in_code(joined(value))
        if isinstance(value, str):
            return self._text(value)
        if literal.strip() == _PLACE:
            return "\n".join(f"- {self._text(one)}" for one in value)
        return "; ".join(map(self._text, value))

    def _text(self, value: str) -> str:
        """Escape a value as text; where code may have begun before it, a backtick would end that, escaped or not."""
        return inert(value if self._certain and self._paired else in_code(value))


def _outside(literal: str, spans: list[tuple[int, int]]) -> tuple[str, Callable[[int], bool]]:
    """Return a line whose own signs cannot act together with a value, and a test whether place `n` is no code."""
    pieces, at = [], 0
    for begin, end in spans:
        pieces += [_fixed(literal[at:begin]), literal[begin:end]]
        at = end
    pieces.append(_fixed(literal[at:]))
    places = [n for n, letter in enumerate(literal) if letter == _PLACE]
    inside = {n for n, place in enumerate(places) if any(begin <= place < end for begin, end in spans)}
    return "".join(pieces), lambda place: place not in inside


def _fixed(text: str) -> str:
    text = text.replace(f"]{_PLACE}", f"]\u200b{_PLACE}")
    return _ADDRESS.sub(r"\\", _BACKSLASH.sub(r"\1\\\\", _HTML.sub(r"\\<", text)))


def _literal(line: Line) -> str:
    return "".join(piece if isinstance(piece, str) else _PLACE for piece in line)


def _filled(literal: str, line: Line, write: Callable[[Slot, int], str]) -> str:
    """Put values into their places. Raises TooLong before the text grows beyond all bounds."""
    slots = [piece for piece in line if isinstance(piece, Slot)]
    if not slots:
        return literal
    first, *others = literal.split(_PLACE)
    written, length = [first], 0
    for at, (slot, other) in enumerate(zip(slots, others, strict=True)):
        value = write(slot, at)
        length += len(value)
        if length > LONGEST_TEXT:
            raise TooLong
        written += [value, other]
    return "".join(written)

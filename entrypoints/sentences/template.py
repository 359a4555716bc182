"""The language of card templates: `{name}`, and `{{#if name}} ... {{/if}}`, which nests and spans lines.

A template is parsed once. Filling it in yields lines; a line with a variable that has no value is left out. Values are
never read as a template. How a line is written is decided elsewhere (`template_places`).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

LONGEST_TEMPLATE = 16_384
"""Bytes."""
DEEPEST = 20
"""Blocks inside each other."""
LONGEST_TEXT = 32_768
"""Characters of a filled-in template."""
LINKABLE = frozenset({"error_id", "timestamp", "status_code", "support_email", "support_url"})
"""Variables that may stand in the address of a link: we make or check their values."""

Value = str | tuple[str, ...]
"""A text of one line, or a list of such; empty means that there is none."""
Values = Mapping[str, Value]

_TOKEN = re.compile(
    r"(?P<indent>^[ \t]*)?(?P<block>\{\{[^{}\n]{0,100}\}\})(?P<end>[ \t]*(?:\n|\Z))?|\{(?P<name>\w+)\}", re.M | re.A
)
_IF = re.compile(r"\{\{\s*#if\s+(\w+)\s*\}\}", re.ASCII)
_END_IF = re.compile(r"\{\{\s*/if\s*\}\}")
_FENCE_LINE = re.compile(r"^[^\S\n]*(?:[>*+-][^\S\n]*)*(?:`{3,}|~{3,})[^\n]*\{\w+\}", re.MULTILINE)
_DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]+\]:[^\n]*?\{(\w+)\}", re.MULTILINE)
_NAME = re.compile(r"\{(\w+)\}", re.ASCII)


class TemplateError(Exception):
    """The text is no template; the message says where and why."""


class TooLong(Exception):
    """A filled-in template is longer than LONGEST_TEXT."""


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a variable."""

    name: str


@dataclass(frozen=True, slots=True)
class Block:
    """Parts that are shown only if the variable `name` has a value."""

    name: str
    parts: "tuple[str | Slot | Block, ...]"


Line = list[str | Slot]


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template; made by `parse`."""

    parts: tuple[str | Slot | Block, ...] = field(repr=False)

    def lines(self, values: Values) -> Iterator[Line]:
        """Yield the lines whose variables all have values, each as its pieces."""
        line: Line = []
        for part in _shown(self.parts, values):
            if isinstance(part, Slot):
                line.append(part)
                continue
            first, *others = part.split("\n")
            line.append(first)
            for other in others:
                yield from _kept(line, values)
                line = [other]
        yield from _kept(line, values)


def parse(text: str, variables: frozenset[str]) -> Template:
    """Parse a template that may name these variables. Raises TemplateError."""
    if len(text.encode("utf-8", "replace")) > LONGEST_TEMPLATE:
        raise TemplateError(f"it is longer than {LONGEST_TEMPLATE:,} bytes")
    text = text.replace("\r\n", "\n").replace("\x00", "")
    _check_links(text)
    open_blocks: list[tuple[str, int]] = []
    parts: list[list[str | Slot | Block]] = [[]]
    at = 0
    for found in _TOKEN.finditer(text):
        alone = found["indent"] is not None and found["end"] is not None
        parts[-1].append(text[at : found.start() if alone or found["name"] else found.start("block")])
        at = found.end() if alone or found["name"] else found.end("block")
        where = f"line {text.count(chr(10), 0, found.start()) + 1}"
        if found["name"]:
            parts[-1].append(Slot(_known(found["name"], variables, where)))
        elif opened := _IF.fullmatch(found["block"]):
            if len(open_blocks) >= DEEPEST:
                raise TemplateError(f"{where}: more than {DEEPEST} blocks are inside each other")
            open_blocks.append((_known(opened[1], variables, where), text.count("\n", 0, found.start()) + 1))
            parts.append([])
        elif _END_IF.fullmatch(found["block"]):
            if not open_blocks:
                raise TemplateError(f"{where}: {{{{/if}}}} closes nothing")
            inside = tuple(parts.pop())
            parts[-1].append(Block(open_blocks.pop()[0], inside))
        else:
            raise TemplateError(f"{where}: {found['block'][:40]} is neither {{{{#if name}}}} nor {{{{/if}}}}")
    if open_blocks:
        raise TemplateError(f"line {open_blocks[-1][1]}: {{{{#if {open_blocks[-1][0]}}}}} is never closed")
    parts[-1].append(text[at:])
    return Template(tuple(parts[0]))


def fill(template: Template, values: Values, write: Callable[[Line], str | None]) -> list[str]:
    """Return the lines of a filled-in template, as `write` writes each; None leaves it out. Raises TooLong."""
    written: list[str] = []
    length = 0
    for line in template.lines(values):
        said = write(line)
        if said is None:
            continue
        length += len(said) + 1
        if length > LONGEST_TEXT:
            raise TooLong
        written.append(said)
    return written


def _known(name: str, variables: frozenset[str], where: str) -> str:
    if name not in variables:
        raise TemplateError(f"{where}: there is no variable {{{name[:60]}}}")
    return name


def _check_links(text: str) -> None:
    """Raise TemplateError for a foreign value where it would be more than text."""
    if found := _FENCE_LINE.search(text):
        raise TemplateError(
            f"line {_line_of(text, found.start())}: a variable cannot stand beside the signs of a fence"
        )
    if found := _DEFINITION.search(text):
        _check_address(found[1], text, found.start())
    end = 0
    for begin in re.finditer(r"\]\(", text):
        if begin.end() < end:
            continue  # inside the address before it
        address = _address(text, begin.end())
        end = begin.end() + len(address)
        for name in _NAME.findall(address):
            _check_address(name, text, begin.start())


def _check_address(name: str, text: str, at: int) -> None:
    if name not in LINKABLE:
        allowed = ", ".join(sorted(LINKABLE))
        raise TemplateError(f"line {_line_of(text, at)}: {{{name[:60]}}} cannot stand in an address; {allowed} can")


def _line_of(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _address(text: str, start: int) -> str:
    """Return the text from `start` to the parenthesis that closes it, at most to the end of the paragraph."""
    depth = 1
    for at in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0 or text.startswith("\n\n", at):
            return text[start:at]
    return text[start:]


def _shown(parts: tuple[str | Slot | Block, ...], values: Values) -> Iterator[str | Slot]:
    for part in parts:
        if not isinstance(part, Block):
            yield part
        elif values.get(part.name):
            yield from _shown(part.parts, values)


def _kept(line: Line, values: Values) -> Iterator[Line]:
    if all(values.get(piece.name) for piece in line if isinstance(piece, Slot)):
        yield line

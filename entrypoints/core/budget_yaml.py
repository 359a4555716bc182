"""The entries of a YAML list with the lines they stand in. Only plain values are read: no tags, no objects."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

LONGEST_VALUE = 8_000
NOT_PLAIN = "is not a plain value"
SCALAR, LIST, MAPPING = "scalar", "sequence", "mapping"


@dataclass(slots=True)
class Entry:
    """One entry of the list: the fields as texts, and the lines they stand in, counted from 1."""

    line: int
    values: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    mistake: tuple[int, str, str] | None = None


class Unreadable(Exception):
    """The text is no list of entries; `remark` completes "line N"."""

    def __init__(self, line: int, remark: str) -> None:
        super().__init__(remark)
        self.line, self.remark = line, remark


def entries_of(text: str, lists: Collection[str]) -> Iterator[Entry]:
    """Yield the entries of the list; an entry that cannot be read says why. Raises Unreadable.

    The fields named in `lists` may have a list of values.

    An alias refers to what was read already: nothing is multiplied. Raises ImportError without PyYAML, which every
    host brings.
    """
    yaml: Any = import_module("yaml")
    try:
        root = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise Unreadable(mark.line + 1 if mark is not None else 1, "is not valid YAML") from None
    except RecursionError:
        raise Unreadable(1, "is nested too deeply") from None
    except ValueError:
        raise Unreadable(1, "is not readable text") from None
    if root is None:
        return
    if root.id != LIST:
        raise Unreadable(_line(root), "is not a list: every budget begins with a dash")
    for node in root.value:
        yield _entry(node, lists)


def _entry(node: Any, lists: Collection[str]) -> Entry:
    entry = Entry(_line(node))
    if node.id != MAPPING:
        entry.mistake = (entry.line, "", "is not a budget with fields such as who and period")
        return entry
    for key, value in node.value:
        name = str(key.value).strip().lower() if key.id == SCALAR else ""
        wrong = "is set twice" if name in entry.values else _flaw(value, is_list=name in lists)
        if wrong or not name:
            entry.mistake = entry.mistake or (_line(key), name, wrong or NOT_PLAIN)
            entry.lines.setdefault(name, _line(key))
            continue
        if known := _text(value):
            entry.values[name] = known
        entry.lines[name] = _line(key)
    return entry


def _flaw(node: Any, *, is_list: bool) -> str:
    """Return why a value cannot be used, "" if it can."""
    if node.id == LIST and not is_list:
        return "is a list, but takes one value"
    parts = node.value if node.id == LIST else [node]
    if not all(part.id == SCALAR for part in parts):
        return NOT_PLAIN
    size = sum(len(part.value) for part in parts)  # an alias may repeat a long value often
    return f"is longer than {LONGEST_VALUE} characters" if size > LONGEST_VALUE else ""


def _text(node: Any) -> str:
    """Return a value without a flaw as text, a list of values joined by commas."""
    parts = node.value if node.id == LIST else [node]
    text = ", ".join(str(part.value).strip() for part in parts)
    return "" if node.id == SCALAR and text.lower() in ("~", "null") and node.style is None else text


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1

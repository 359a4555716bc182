"""Parse the ADVANCED box: one text of `NAME=value` lines for the settings that have no field of their own.

A value of several lines stands between `NAME=<<END` and a line `END`, or any other word.
"""

import re
from collections.abc import Iterator

from entrypoints.settings import ADVANCED, SETTINGS
from entrypoints.settings_rows import SettingProblem

_LONGEST = 65_536  # characters that are read
_ADVANCED_NAMES = frozenset(row.name for row in SETTINGS if row.rule.advanced)
_OPENED = re.compile(r"<<\s*([A-Za-z_][A-Za-z0-9_]{0,31})")
_FORM_NAMES = frozenset(row.name for row in SETTINGS if not row.rule.advanced and not row.rule.personal)


def read_advanced(text: object) -> tuple[dict[str, str], list[SettingProblem]]:
    """Return the values by name, and one problem per unusable line; a problem never contains the value.

    Names may be in lower case; of two equal names the last one counts. Anything but a text is read as empty.
    """
    values: dict[str, str] = {}
    problems: list[SettingProblem] = []
    if not isinstance(text, str):
        return values, problems
    if len(text) > _LONGEST:
        problems.append(_problem("", f"only the first {_LONGEST} characters are read"))
    lines = iter(enumerate(text[:_LONGEST].splitlines(), start=1))
    for number, line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.partition("=")
        name, value = name.strip().upper(), value.strip()
        remark = _remark(name, equals, values)
        if opened := _OPENED.fullmatch(value):
            several = _several(lines, opened[1])
            remark = remark if several is not None else f"opens {value}, but no line {opened[1]} follows"
            value = several or ""
        if remark:
            problems.append(_problem(f"line {number}", remark))
        if name in _ADVANCED_NAMES and equals:
            values[name] = value
    return values, problems


def _several(lines: Iterator[tuple[int, str]], end: str) -> str | None:
    """Return the lines up to the one that is `end`; None if there is none, and then none is left."""
    taken: list[str] = []
    for _, line in lines:
        if line.strip() == end:
            return "\n".join(taken)
        taken.append(line)
    return None


def _remark(name: str, equals: str, seen: dict[str, str]) -> str:
    if not equals:
        return "is not of the form NAME=value"
    if name in _FORM_NAMES:
        return f"sets {name}, which has a field of its own; the field is used"
    if name not in _ADVANCED_NAMES:
        return "does not name a setting"
    return f"sets {name} a second time; the last line is used" if name in seen else ""


def _problem(where: str, remark: str) -> SettingProblem:
    return SettingProblem(ADVANCED, where, "", f"{ADVANCED}: {where + ' ' if where else ''}{remark}.")

"""Parse the ADVANCED box: one text of `NAME=value` lines for the settings that have no field of their own."""

from entrypoints.settings import ADVANCED, SETTINGS
from entrypoints.settings_rows import SettingProblem

_LONGEST = 65_536  # characters that are read
_ADVANCED_NAMES = frozenset(row.name for row in SETTINGS if row.rule.advanced)
_FORM_NAMES = frozenset(row.name for row in SETTINGS if not row.rule.advanced)


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
    for number, line in enumerate(text[:_LONGEST].splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.partition("=")
        name = name.strip().upper()
        remark = _remark(name, equals, values)
        if remark:
            problems.append(_problem(f"line {number}", remark))
        if name in _ADVANCED_NAMES and equals:
            values[name] = value.strip()
    return values, problems


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

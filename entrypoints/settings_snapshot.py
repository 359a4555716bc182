"""Read stored settings into one `Settings` value: never raises, names everything it could not take as given."""

from collections.abc import Mapping
from typing import Any

from entrypoints.settings import ADVANCED, SETTINGS, Settings
from entrypoints.settings_advanced import read_advanced
from entrypoints.settings_coerce import Unusable, coerce, is_empty
from entrypoints.settings_rows import Secret, Setting, SettingProblem
from entrypoints.settings_secret import NO_SECRET, StoreSecret, is_encrypted, opened

_REFUSED = "_refused"  # the attribute in which a valves object keeps stored values its own types could not hold
_INHERIT = "inherit"
_LOCKED = "LOCKED_USER_SETTINGS"
_LONGEST_SHOWN = 80


def snapshot(
    valves: object, user_valves: object, environ: Mapping[str, str], secret: StoreSecret = NO_SECRET
) -> tuple[Settings, tuple[SettingProblem, ...]]:
    """Return the settings of one call and a remark for each value that is not used as it stands.

    `valves` and `user_valves` are mappings or objects with one entry or attribute per NAME; None and missing ones
    are fine. A line of the ADVANCED box goes before an entry of the same name, a stored value before the environment,
    a person's own value before all of them, where the row allows it and the operator has not locked it. Numbers out of
    range are clamped, anything else unusable gives the value that would hold without it. Only a stored secret that
    `secret` does not open gives none at all, not even the environment's: another account might pay unnoticed.
    """
    lines, problems = read_advanced(_read(valves, ADVANCED))
    values: dict[str, Any] = {}  # typed by the table, row by row
    locked = _names(lines.get(_LOCKED) or _read(valves, _LOCKED))
    for row in SETTINGS:
        raw = lines.get(row.name)
        value = _admin_value(row, _read(valves, row.name) if raw is None else raw, environ, secret, problems)
        if row.rule.user and row.name not in locked:
            value = _user_value(row, _read(user_valves, row.name), value, problems)
        values[row.attribute] = value
    return Settings(**values), tuple(problems)


def _names(listed: object) -> frozenset[str]:
    return frozenset(name.strip().upper() for name in listed.split(",")) if isinstance(listed, str) else frozenset()


def _read(source: object, name: str) -> object:
    if isinstance(source, Mapping):
        return source.get(name)
    refused = getattr(source, _REFUSED, None)
    if isinstance(refused, Mapping) and name in refused:
        return refused[name]
    return getattr(source, name, None)


def _admin_value(
    row: Setting, raw: object, environ: Mapping[str, str], secret: StoreSecret, problems: list[SettingProblem]
) -> object:
    if row.kind == "secret" and isinstance(raw, str) and is_encrypted(raw):
        raw = opened(raw, secret)
        if raw is None:
            problems.append(_unreadable(row, secret))
            return Secret(unreadable=True)
    fallback = row.default
    from_environment = environ.get(row.rule.env) if row.rule.env else None
    if not is_empty(from_environment):
        fallback = _taken(row, from_environment, fallback, problems, f"{row.name} (from {row.rule.env})")
    return fallback if is_empty(raw) else _taken(row, raw, fallback, problems, row.name)


def _unreadable(row: Setting, secret: StoreSecret) -> SettingProblem:
    cause = f"was saved under another {secret.name}" if secret else f"was saved under a {secret.name} that is gone"
    return SettingProblem(row.name, "", "", f"{row.name} {cause}: enter it again. Until then nothing is used.")


def _user_value(row: Setting, raw: object, admin: object, problems: list[SettingProblem]) -> object:
    if is_empty(raw) or (isinstance(raw, str) and raw.strip().lower() == _INHERIT):
        return admin
    return _taken(row, raw, admin, problems, f"{row.name} (a person's own)")


def _taken(row: Setting, raw: object, fallback: object, problems: list[SettingProblem], label: str) -> object:
    try:
        value, remark = coerce(row, raw)
    except Unusable as unusable:
        value, remark = fallback, unusable.remark
    if remark:
        given, used = _shown(row, raw), _shown(row, value)
        text = f"{label}: {given or 'the value'} {remark}; {used or 'nothing'} is used."
        problems.append(SettingProblem(row.name, given, used, text))
    return value


def _shown(row: Setting, value: object) -> str:
    if row.kind == "secret":
        return str(value if isinstance(value, Secret) else Secret(value if isinstance(value, str) else ""))
    try:
        text = repr(value)
    except ValueError:  # a number of thousands of digits
        return "a huge number"
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "\u2026"

"""Read the stored settings into one `Settings` value; never raises, and reports each value it could not use."""

from collections.abc import Mapping
from typing import Any

from domain.redaction.known import known, secrets_in_url
from entrypoints.settings import ADVANCED, SETTINGS, Settings
from entrypoints.settings_advanced import read_advanced
from entrypoints.settings_coerce import Unusable, coerce, is_empty
from entrypoints.settings_rows import Secret, Setting, SettingProblem
from entrypoints.settings_secret import NO_SECRET, SHORT, StoreSecret, decrypted, is_encrypted, is_short

_REFUSED = "_refused"  # attribute of a valves object: the stored values that its own field types rejected
_INHERIT = "inherit"
_LOCKED = "LOCKED_USER_SETTINGS"
_PRIVACY, _PRIVACY_ALLOWED = "REQUEST_ZDR", "allow_user_zdr_override"
_OWN_KEY, _OWN_KEY_ALLOWED = "OWN_API_KEY", "allow_user_keys"
_PASSPHRASE = "ARTIFACT_ENCRYPTION_KEY"  # noqa: S105 - a name
_LONGEST_SHOWN = 80


def snapshot(
    valves: object, user_valves: object, environ: Mapping[str, str], secret: StoreSecret = NO_SECRET
) -> tuple[Settings, tuple[SettingProblem, ...]]:
    """Return the settings of one call, and a problem for each value that is not used as it is.

    `valves` and `user_valves` are mappings or objects with one entry or attribute per NAME; both may be None, and
    entries may be missing. Precedence, highest first: a person's own value (if the row allows it and the operator has
    not locked it), a line of the ADVANCED box, a stored value, the environment, the default. Numbers out of range are
    clamped; any other unusable value is ignored, so the next one in this order is used. The exception is a stored
    secret that cannot be decrypted: the setting is then empty, since a key from the environment might charge another
    account unnoticed.
    """
    lines, problems = read_advanced(_read(valves, ADVANCED))
    values: dict[str, Any] = {}  # typed by the table, row by row
    locked = _names(lines.get(_LOCKED) or _read(valves, _LOCKED))
    for row in SETTINGS:
        if row.rule.personal:
            allowed = row.name not in locked and (row.name != _OWN_KEY or values[_OWN_KEY_ALLOWED])
            values[row.attribute] = _own_secret(row, _read(user_valves, row.name), secret) if allowed else row.default
            continue
        raw = lines.get(row.name)
        value = _admin_value(row, _read(valves, row.name) if raw is None else raw, environ, secret, problems)
        if row.rule.user and row.name not in locked and (row.name != _PRIVACY or values[_PRIVACY_ALLOWED]):
            value = _user_value(row, _read(user_valves, row.name), value, problems)
        values[row.attribute] = value
    settings = Settings(**values)
    if is_short(settings.artifact_encryption_key.reveal()):
        problems.append(SettingProblem(_PASSPHRASE, "", "", f"{_PASSPHRASE} {SHORT}"))
    return settings, tuple(problems)


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
        raw = decrypted(raw, secret)
        if raw is None:
            problems.append(_unreadable(row, secret))
            return Secret(unreadable=True)
    fallback = row.default
    from_environment = environ.get(row.rule.env) if row.rule.env else None
    if not is_empty(from_environment):
        fallback = _coerced(row, from_environment, fallback, problems, f"{row.name} (from {row.rule.env})")
    return fallback if is_empty(raw) else _coerced(row, raw, fallback, problems, row.name)


def _unreadable(row: Setting, secret: StoreSecret) -> SettingProblem:
    cause = f"another {secret.name}" if secret else f"a {secret.name} that is no longer set"
    text = f"{row.name} was encrypted with {cause} and cannot be read: enter it again. Until then it counts as empty."
    return SettingProblem(row.name, "", "", text)


def _user_value(row: Setting, raw: object, admin: object, problems: list[SettingProblem]) -> object:
    if is_empty(raw) or (isinstance(raw, str) and raw.strip().lower() == _INHERIT):
        return admin
    value = _coerced(row, raw, admin, problems, f"{row.name} (set by a person)")
    order = row.rule.strictest_first
    return value if not order or order.index(value) <= order.index(admin) else admin


def _own_secret(row: Setting, raw: object, secret: StoreSecret) -> Secret:
    """Return a person's own secret; unreadable if something is stored that cannot be used.

    Nothing else is used in its place. The person is told when they use it; no problem is reported, because the log and
    administrators need not know even a part of it.
    """
    if is_empty(raw):
        return Secret()
    clear = decrypted(raw, secret) if isinstance(raw, str) and is_encrypted(raw) else raw
    try:
        value = Secret() if clear is None else coerce(row, clear)[0]
    except Unusable:
        value = Secret()
    return value if isinstance(value, Secret) and value else Secret(unreadable=True)


def _coerced(row: Setting, raw: object, fallback: object, problems: list[SettingProblem], label: str) -> object:
    mended = row.rule.mend is not None and row.rule.mend.harmless
    try:
        value, remark = coerce(row, raw)
    except Unusable as unusable:
        value, remark, mended = fallback, unusable.remark, False
    if remark:
        given, used = _masked(row, raw), _masked(row, value)
        text = f"{label}: {given or 'the value'} {remark}; {used or 'nothing'} is used."
        problems.append(SettingProblem(row.name, given, used, text, mended))
    return value


def _masked(row: Setting, value: object) -> str:
    if row.kind == "secret":
        return str(value if isinstance(value, Secret) else Secret(value if isinstance(value, str) else ""))
    try:
        text = repr(value)
    except ValueError:  # a number with thousands of digits
        return "a huge number"
    text = known(secrets_in_url(text)).mask(text.encode("utf-8", "replace").decode())
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "\u2026"

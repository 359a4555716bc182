"""The settings of a call, parsed again only after their sources change."""

from collections.abc import Callable, Mapping

from entrypoints.openwebui.host_secret import HOST_SECRET, host_secret, secret_of_host
from entrypoints.settings import ADVANCED, SETTINGS, Settings
from entrypoints.settings_advanced import read_advanced
from entrypoints.settings_rows import SettingProblem
from entrypoints.settings_secret import is_encrypted
from entrypoints.settings_snapshot import snapshot

KEPT = 256
"""Parsed settings kept: one for all people without choices of their own, one per other combination."""

_VARIABLES = tuple(row.rule.env for row in SETTINGS if row.rule.env)
_SECRETS = tuple(row.name for row in SETTINGS if row.kind == "secret" and not row.rule.personal)
_PERSONAL = tuple(row.name for row in SETTINGS if row.kind == "secret" and row.rule.personal)
_REFUSED = "_refused"

Reading = tuple[Settings, tuple[SettingProblem, ...]]


class SettingsMemory:
    """Reads settings as `snapshot` does and caches them. All fields of both forms and the environment variables are
    compared by value, so a change takes effect with the next call. If the host has no usable secret, one problem is
    reported for secrets stored in clear text. Not thread-safe.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ, self._variables = environ, _reader_of(environ)
        self._known: dict[object, Reading] = {}
        self._clear_text_told = False

    def read(self, valves: object, user_valves: object) -> Reading:
        """Return the settings of one call, and a problem for each value that cannot be used as stored."""
        try:
            key = (_values(valves), _values(user_valves), self._variables(), secret_of_host())
            known = self._known.get(key)
        except TypeError:  # a stored value cannot be compared
            return snapshot(valves, user_valves, self._environ, host_secret(self._environ))
        if known is None:
            secret = host_secret(self._environ)
            if len(self._known) >= KEPT:
                self._known.clear()
            known = self._known[key] = snapshot(valves, user_valves, self._environ, secret)
            return known[0], (*known[1], *self._clear_text(valves, user_valves))
        return known

    def _clear_text(self, valves: object, user_valves: object) -> tuple[SettingProblem, ...]:
        if self._clear_text_told or host_secret(self._environ):
            return ()
        lines, _ = read_advanced(getattr(valves, ADVANCED, None))
        stored = {name: lines.get(name) or getattr(valves, name, None) for name in _SECRETS}
        stored |= {name: getattr(user_valves, name, None) for name in _PERSONAL}
        names = [name for name, value in stored.items() if value and not is_encrypted(value)]
        if not names:
            return ()
        self._clear_text_told = True
        listed = " and ".join(names)
        text = f"{HOST_SECRET} is missing, public or shorter than 16 characters: {listed} cannot be stored encrypted."
        return (SettingProblem(HOST_SECRET, "", "", text),)


def _reader_of(environ: Mapping[str, str]) -> Callable[[], object]:
    """Return what reads the variables that settings may come from, as values that only tell a change.

    `os.environ` encodes each name and decodes each value at each look; what it stores is read where it can be.
    """
    names, stored, encode = (
        (*_VARIABLES, HOST_SECRET),
        getattr(environ, "_data", None),
        getattr(environ, "encodekey", 0),
    )
    if isinstance(stored, dict) and callable(encode):
        encoded = tuple(map(encode, names))
        return lambda: tuple(map(stored.get, encoded))
    return lambda: tuple(map(environ.get, names))


def _values(form: object) -> object:
    """Return the fields of a form with their types as a hashable value. Raises TypeError if that is impossible."""
    if form is None:
        return None
    if getattr(form, _REFUSED, None):
        raise TypeError
    fields = vars(form)
    return type(form), tuple(fields), tuple(fields.values()), tuple(map(type, fields.values()))

"""The settings of a call, judged again only when something they come from has changed."""

from collections.abc import Mapping

from entrypoints.openwebui.host_secret import HOST_SECRET, host_secret
from entrypoints.settings import ADVANCED, SETTINGS, Settings
from entrypoints.settings_advanced import read_advanced
from entrypoints.settings_rows import SettingProblem
from entrypoints.settings_secret import is_encrypted
from entrypoints.settings_snapshot import snapshot

KEPT = 256
"""Readings kept: one for all who changed nothing for themselves, one for each other choice."""

_VARIABLES = tuple(row.rule.env for row in SETTINGS if row.rule.env)
_SECRETS = tuple(row.name for row in SETTINGS if row.kind == "secret")
_REFUSED = "_refused"

Reading = tuple[Settings, tuple[SettingProblem, ...]]


class SettingsMemory:
    """Reads settings as `snapshot` does. All fields of both forms and the variables of the environment are compared
    by value, so a change counts with the next call. Secrets that a host without a usable secret of its own stores in
    clear text are remarked once. Not thread-safe.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._known: dict[object, Reading] = {}
        self._clear_text_told = False

    def read(self, valves: object, user_valves: object) -> Reading:
        """Return the settings of one call and a remark for each value that is not used as it stands."""
        secret = host_secret(self._environ)
        try:
            variables = tuple(map(self._environ.get, _VARIABLES))
            key = (_values(valves), _values(user_valves), variables, secret)
            known = self._known.get(key)
        except TypeError:  # something stored cannot be compared
            return snapshot(valves, user_valves, self._environ, secret)
        if known is None:
            if len(self._known) >= KEPT:
                self._known.clear()
            known = self._known[key] = snapshot(valves, user_valves, self._environ, secret)
            return known[0], (*known[1], *self._clear_text(valves))
        return known

    def _clear_text(self, valves: object) -> tuple[SettingProblem, ...]:
        if self._clear_text_told or host_secret(self._environ):
            return ()
        lines, _ = read_advanced(getattr(valves, ADVANCED, None))
        stored = {name: lines.get(name) or getattr(valves, name, None) for name in _SECRETS}
        names = [name for name, value in stored.items() if value and not is_encrypted(value)]
        if not names:
            return ()
        self._clear_text_told = True
        listed = " and ".join(names)
        text = f"{HOST_SECRET} is missing, public or shorter than 16 characters: {listed} cannot be stored encrypted."
        return (SettingProblem(HOST_SECRET, "", "", text),)


def _values(form: object) -> object:
    """Return the fields of a form with their types in a shape that can be compared. Raises TypeError for others."""
    if form is None:
        return None
    if getattr(form, _REFUSED, None):
        raise TypeError
    fields = vars(form)
    return type(form), tuple(fields), tuple(fields.values()), tuple(map(type, fields.values()))

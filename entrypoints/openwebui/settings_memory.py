"""The settings of a call, judged again only when something they come from has changed."""

from collections.abc import Mapping

from entrypoints.settings import SETTINGS, Settings
from entrypoints.settings_rows import SettingProblem
from entrypoints.settings_snapshot import snapshot

KEPT = 256
"""Readings kept: one for all who changed nothing for themselves, one for each other choice."""

_VARIABLES = tuple(row.rule.env for row in SETTINGS if row.rule.env)
_REFUSED = "_refused"

Reading = tuple[Settings, tuple[SettingProblem, ...]]


class SettingsMemory:
    """Reads settings as `snapshot` does. All fields of both forms and the variables of the environment are compared
    by value, so a change counts with the next call. Not thread-safe.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._known: dict[object, Reading] = {}

    def read(self, valves: object, user_valves: object) -> Reading:
        """Return the settings of one call and a remark for each value that is not used as it stands."""
        try:
            key = (_values(valves), _values(user_valves), tuple(map(self._environ.get, _VARIABLES)))
            known = self._known.get(key)
        except TypeError:  # something stored cannot be compared
            return snapshot(valves, user_valves, self._environ)
        if known is None:
            if len(self._known) >= KEPT:
                self._known.clear()
            known = self._known[key] = snapshot(valves, user_valves, self._environ)
        return known


def _values(form: object) -> object:
    """Return the fields of a form with their types in a shape that can be compared. Raises TypeError for others."""
    if form is None:
        return None
    if getattr(form, _REFUSED, None):
        raise TypeError
    fields = vars(form)
    return type(form), tuple(fields), tuple(fields.values()), tuple(map(type, fields.values()))

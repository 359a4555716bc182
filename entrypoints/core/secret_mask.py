"""The redactor of one core: it masks what looks like a secret, and every secret value the process knows of."""

from collections.abc import Iterator, Mapping

from domain.redaction.known import KnownSecrets, known, secrets_in_environment, secrets_in_url
from entrypoints.settings import SETTINGS, Settings
from entrypoints.settings_rows import Secret
from entrypoints.settings_secret import passphrases


class SecretMask:
    """A `Redactor`. It knows the secrets of the environment, of `urls` and of all settings it has followed.

    Values stay known after a setting has changed: turns under way still use them. People's own secrets are known to
    their own turns only (`TurnMask`): an ordinary word that a person enters as a key changes nobody else's texts.
    """

    def __init__(self, environment: Mapping[str, str], *urls: str) -> None:
        given = [*secrets_in_environment(environment), *(value for url in urls for value in secrets_in_url(url))]
        self._known: KnownSecrets = known(given)
        self._followed: Settings | None = None

    def follow(self, settings: Settings) -> None:
        """Add the secrets of the newest settings."""
        if settings is not self._followed:
            self._followed = settings
            self._known = known(secrets_of(settings), self._known)

    def __call__(self, text: str) -> str:
        """Return `text` with every secret masked."""
        return self._known.mask(text)

    def suspects(self, text: str) -> bool:
        """Return whether a secret may have to be masked in `text`, or in a part of it."""
        return self._known.suspects(text)


def secrets_of(settings: Settings) -> Iterator[str]:
    """Yield the operator's secret values: keys, passphrases, and the passwords in URLs."""
    for row in SETTINGS:
        if row.rule.personal:
            continue
        value = getattr(settings, row.attribute)
        if isinstance(value, Secret):
            yield from passphrases(value)
            yield from secrets_in_url(value.reveal())
        elif isinstance(value, str):
            yield from secrets_in_url(value)

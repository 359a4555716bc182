"""Stored secrets: `encrypted:` and a token made with a secret of the store, opened here.

A form of the entrypoint makes the tokens and hands the secret in; both ends agree on the prefix and on the key.
"""

import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256

from entrypoints.settings_rows import Secret

try:
    from cryptography.fernet import Fernet, InvalidToken
except ImportError:  # then nothing stored can be opened, and nothing is ever stored encrypted
    Fernet = None  # type: ignore[assignment,misc]

PREFIX = "encrypted:"


@dataclass(frozen=True, slots=True)
class StoreSecret:
    """The secret that stored values are encrypted with: how administrators know it, and its text, empty if none."""

    name: str = "key"
    value: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        return bool(self.value)


NO_SECRET = StoreSecret()


def is_encrypted(stored: object) -> bool:
    """Tell whether a stored value is a token."""
    return isinstance(stored, str) and stored.strip().startswith(PREFIX)


def opened(stored: str, secret: StoreSecret) -> str | None:
    """Return the clear text of a token, None if `secret` does not open it."""
    if not secret or Fernet is None:
        return None
    key = urlsafe_b64encode(sha256(secret.value.encode("utf-8", "surrogatepass")).digest())
    token = stored.strip().removeprefix(PREFIX).encode("ascii", "replace")
    try:
        return Fernet(key).decrypt(token).decode("utf-8", "surrogatepass")
    except (InvalidToken, UnicodeDecodeError):
        return None


def passphrases(listed: Secret) -> tuple[str, ...]:
    """Return the passphrases of a list by commas or lines; the whole counts as one too, it may hold a comma itself."""
    whole = listed.reveal().strip()
    parts = [part.strip() for part in re.split(r"[,\r\n]", whole)]
    return tuple(dict.fromkeys(part for part in [*parts, whole] if part))

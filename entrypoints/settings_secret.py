"""Decrypt the secrets that a store holds: `encrypted:` and a Fernet token made with a secret of the store.

The entrypoint's form encrypts them, and the entrypoint passes the secret; both sides agree on the prefix and the key.
"""

import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256

from entrypoints.settings_rows import Secret

try:
    from cryptography.fernet import Fernet, InvalidToken
except ImportError:  # then secrets are never encrypted, and encrypted ones cannot be decrypted
    Fernet = None  # type: ignore[assignment,misc]

PREFIX = "encrypted:"
SHORTEST_PASSPHRASE = 16  # characters
SHORT = (
    f"has fewer than {SHORTEST_PASSPHRASE} characters and is refused: chats are kept in memory only. If stored data is "
    "encrypted with it already, it is still used. Set a longer one, and add this one to ARTIFACT_PREVIOUS_KEYS."
)
"""Completes a sentence that begins with the name of the setting."""


@dataclass(frozen=True, slots=True)
class StoreSecret:
    """The secret that stored values are encrypted with: how administrators know it, and its text, empty if none."""

    name: str = "key"
    value: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        return bool(self.value)


NO_SECRET = StoreSecret()


def is_encrypted(stored: object) -> bool:
    """Return whether a stored value is encrypted."""
    return isinstance(stored, str) and stored.strip().startswith(PREFIX)


def decrypted(stored: str, secret: StoreSecret) -> str | None:
    """Decrypt a stored value; return None if `secret` is not its key."""
    if not secret or Fernet is None:
        return None
    key = urlsafe_b64encode(sha256(secret.value.encode("utf-8", "surrogatepass")).digest())
    token = stored.strip().removeprefix(PREFIX).encode("ascii", "replace")
    try:
        return Fernet(key).decrypt(token).decode("utf-8", "surrogatepass")
    except (InvalidToken, UnicodeDecodeError):
        return None


def is_short(passphrase: str) -> bool:
    """Return whether there is a passphrase, and it is too short to be set anew."""
    return 0 < len(passphrase.strip()) < SHORTEST_PASSPHRASE


def passphrases(listed: Secret) -> tuple[str, ...]:
    """Split a list at commas and line breaks; the whole text is added, since a passphrase may contain a comma."""
    whole = listed.reveal().strip()
    parts = [part.strip() for part in re.split(r"[,\r\n]", whole)]
    return tuple(dict.fromkeys(part for part in [*parts, whole] if part))

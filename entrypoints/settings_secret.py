"""Decrypt the secrets that the host stores: `encrypted:` and a Fernet token made with the host's own secret.

The form in the function's shell encrypts them; both sides agree on the prefix, the key and what counts as a secret.
"""

import re
import sys
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256

from entrypoints.settings_rows import Secret

try:
    from cryptography.fernet import Fernet, InvalidToken
except ImportError:  # then secrets are never encrypted, and encrypted ones cannot be decrypted
    Fernet = None  # type: ignore[assignment,misc]

PREFIX = "encrypted:"
HOST_SECRET = "WEBUI_SECRET_KEY"  # noqa: S105 - a name
_PUBLIC = "t0p-s3cr3t"
_SHORTEST = 16  # characters


def host_secret(environ: Mapping[str, str]) -> str:
    """Return the host's secret from the environment or from the host; empty if it is missing, too short or the public
    default.
    """
    for secret in (environ.get(HOST_SECRET), getattr(sys.modules.get("open_webui.env"), HOST_SECRET, None)):
        if isinstance(secret, str) and len(secret) >= _SHORTEST and secret != _PUBLIC:
            return secret
    return ""


def is_encrypted(stored: object) -> bool:
    """Return whether a stored value is encrypted."""
    return isinstance(stored, str) and stored.strip().startswith(PREFIX)


def decrypted(stored: str, secret: str) -> str | None:
    """Decrypt a stored value; return None if `secret` is not its key."""
    if not secret or Fernet is None:
        return None
    key = urlsafe_b64encode(sha256(secret.encode("utf-8", "surrogatepass")).digest())
    token = stored.strip().removeprefix(PREFIX).encode("ascii", "replace")
    try:
        return Fernet(key).decrypt(token).decode("utf-8", "surrogatepass")
    except (InvalidToken, UnicodeDecodeError):
        return None


def passphrases(listed: Secret) -> tuple[str, ...]:
    """Split a list at commas and line breaks; the whole text is added, since a passphrase may contain a comma."""
    whole = listed.reveal().strip()
    parts = [part.strip() for part in re.split(r"[,\r\n]", whole)]
    return tuple(dict.fromkeys(part for part in [*parts, whole] if part))

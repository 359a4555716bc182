"""Encryption keys: where each comes from, and the id under which rows refer to it."""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

KEY_BYTES = 32
_SALT = b"openrouter-pipe artifact key 1"
_COST, _BLOCK, _LANES = 2**15, 8, 1  # 32 MiB and about 100 ms
_ID_PURPOSE = b"openrouter-pipe artifact key id"
_LOOKUP_PURPOSE = b"openrouter-pipe lookup key 1"
_ID_DIGITS = 16
_MOST_KEPT = 64

_derived: dict[bytes, bytes] = {}  # by the passphrase's digest: derived once per process; stores no passphrase


@dataclass(frozen=True, slots=True)
class Key:
    """One key ready for use: `fernet` seals, `lookup` keys digests where there is no key file for that.

    `id` is computed from the key and reveals neither the key nor the passphrase.
    """

    id: str
    fernet: Fernet = field(repr=False, compare=False)
    lookup: bytes = field(repr=False, compare=False)


def key_of_bytes(raw: bytes) -> Key:
    """Make a key from 32 bytes. Raises ValueError for any other length."""
    if len(raw) != KEY_BYTES:
        raise ValueError(f"a key must have {KEY_BYTES} bytes")
    digest = hashlib.sha256(_ID_PURPOSE + raw).hexdigest()
    return Key(digest[:_ID_DIGITS], Fernet(urlsafe_b64encode(raw)), lookup_key(raw))


def lookup_key(raw: bytes) -> bytes:
    """Derive from a key's bytes the key of digests that are looked up."""
    return hashlib.sha256(_LOOKUP_PURPOSE + raw).digest()


def key_of_passphrase(passphrase: str) -> Key:
    """Derive a key with scrypt. Slow the first time (about 100 ms): call it in a thread.

    The salt is part of the program: workers and replicas that share only the passphrase must derive the same key before
    they can read stored data. An individual salt would make equal passphrases give different keys; the cost of each
    guess and long passphrases protect instead.
    """
    secret = passphrase.encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(secret).digest()
    raw = _derived.get(digest)
    if raw is None:
        raw = Scrypt(salt=_SALT, length=KEY_BYTES, n=_COST, r=_BLOCK, p=_LANES).derive(secret)
        if len(_derived) >= _MOST_KEPT:
            _derived.clear()
        _derived[digest] = raw
    return key_of_bytes(raw)


def encoded(raw: bytes) -> bytes:
    """Return a key's bytes as the text stored in a key file."""
    return urlsafe_b64encode(raw)


def decoded(text: bytes) -> bytes:
    """Return the bytes of a key stored as text. Raises ValueError for anything but 32 bytes in URL-safe base64."""
    raw = urlsafe_b64decode(text)
    if len(raw) != KEY_BYTES or urlsafe_b64encode(raw) != text:
        raise ValueError("not a key")
    return raw

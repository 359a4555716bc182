"""The cipher: one byte of flags, then the bytes, compressed if that helps and encrypted if there is a key."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.fernet import InvalidToken

from adapters.vault.compression import compressed, decompressed
from adapters.vault.keys import Key, key_of_bytes, key_of_passphrase, lookup_key
from ports.cipher import CannotOpen, Sealed

COMPRESSED, ENCRYPTED = 1, 2
CODEC, BOUND = 1, 2
"""The format, and the one in which a digest of what the bytes are bound to is encrypted before them."""
_BOND_BYTES = 32
_LOOKUP_DIGITS = 32
LARGEST = 64 * 1024 * 1024
"""Most bytes of a decompressed payload; larger inputs are not compressed."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The source of all keys. `newest` is the passphrase that seals; if it is empty, `file_key` seals (32 bytes of the
    key file). All keys open, those of `older` passphrases too. `lookup` (32 bytes of a key file of its own, or of the
    store) keys the digests that are looked up: it survives a change of the others. Digests keyed by one of the others,
    from before there was a `lookup`, are found too.
    """

    newest: str = field(default="", repr=False)
    older: tuple[str, ...] = field(default=(), repr=False)
    file_key: bytes | None = field(default=None, repr=False)
    lookup: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class VaultOptions:
    """`encrypt_all`: encrypt everything, not only secrets. `compress` applies to inputs of at least `min_bytes`."""

    encrypt_all: bool = True
    compress: bool = True
    min_bytes: int = 0


def make_vault(ring: KeyRing, options: VaultOptions) -> "Vault":
    """Derive the keys and build the vault. About 100 ms for each new passphrase: run it in a thread."""
    file_keys = [key_of_bytes(ring.file_key)] if ring.file_key else []
    newest = [key_of_passphrase(ring.newest)] if ring.newest else []
    older = [key_of_passphrase(passphrase) for passphrase in ring.older if passphrase]
    sealing = [*newest, *file_keys][:1]
    keys = [*newest, *file_keys, *older]
    lasting = [lookup_key(ring.lookup)] if ring.lookup else []
    lookups = [*lasting, *(key.lookup for key in keys)]
    return Vault(sealing[0] if sealing else None, keys, options, lookups)


class Vault:
    """Seals with one key or none, opens with any of `keys`. Immutable, safe in any thread.

    The flags are encrypted together with the bytes, and a row's key id shows whether it is encrypted: a flag changed in
    storage is detected.
    """

    def __init__(
        self, sealing: Key | None, keys: Sequence[Key], options: VaultOptions, lookups: Sequence[bytes] = ()
    ) -> None:
        self._sealing, self._options, self._lookups = sealing, options, tuple(lookups)
        self._keys = {key.id: key for key in keys}

    @property
    def key_id(self) -> str:
        """The id of the key that seals; empty if nothing is encrypted."""
        return self._sealing.id if self._sealing else ""

    def seal(self, plain: bytes, *, secret: bool, bound: str = "") -> Sealed:
        """Compress and encrypt as the options and keys allow; only what is encrypted can be bound."""
        options, flags, body = self._options, 0, plain
        if options.compress and options.min_bytes <= len(plain) <= LARGEST:
            frame = compressed(plain)
            if frame is not None:
                flags, body = COMPRESSED, frame
        if self._sealing is None or not (secret or options.encrypt_all):
            return Sealed(bytes((flags,)) + body, "", CODEC, len(plain))
        header = bytes((flags | ENCRYPTED,))
        bond, codec = (_bond(bound), BOUND) if bound else (b"", CODEC)
        token = self._sealing.fernet.encrypt(header + bond + body)
        return Sealed(header + token, self._sealing.id, codec, len(plain))

    def lookups(self, digest: str) -> tuple[str, ...]:
        """Return the digest keyed with each key for lookups, then the digest."""
        message = digest.encode()
        keyed = (hmac.digest(key, message, "sha256").hex()[:_LOOKUP_DIGITS] for key in self._lookups)
        return (*keyed, digest)

    def open(self, sealed: Sealed, *, bound: str = "") -> bytes:
        """Return the original bytes. Raises CannotOpen."""
        if sealed.codec not in (CODEC, BOUND) or not sealed.payload or sealed.payload[0] & ~(COMPRESSED | ENCRYPTED):
            raise CannotOpen("unknown flags" if sealed.payload else "damaged")
        flags, body = sealed.payload[0], sealed.payload[1:]
        if bool(flags & ENCRYPTED) != bool(sealed.key_id):
            raise CannotOpen("damaged")
        if flags & ENCRYPTED:
            body = self._decrypted(sealed.key_id, flags, body)
            if sealed.codec == BOUND:
                body = _unbound(body, bound)
        elif sealed.codec == BOUND:
            raise CannotOpen("damaged")
        if flags & COMPRESSED:
            if sealed.size > LARGEST:
                raise CannotOpen("too large")
            body = decompressed(body, sealed.size)
        if len(body) != sealed.size:
            raise CannotOpen("damaged")
        return body

    def _decrypted(self, key_id: str, flags: int, token: bytes) -> bytes:
        key = self._keys.get(key_id)
        if key is None:
            raise CannotOpen("unknown key")
        try:
            plain = key.fernet.decrypt(token)
        except InvalidToken:
            raise CannotOpen("wrong key or damaged") from None
        if plain[:1] != bytes((flags,)):
            raise CannotOpen("damaged")
        return plain[1:]


def _bond(bound: str) -> bytes:
    return sha256(bound.encode("utf-8", "surrogatepass")).digest()


def _unbound(body: bytes, bound: str) -> bytes:
    """Return what follows the bond. Raises CannotOpen if it is another's."""
    if not hmac.compare_digest(body[:_BOND_BYTES], _bond(bound)):
        raise CannotOpen("bound to another row")
    return body[_BOND_BYTES:]

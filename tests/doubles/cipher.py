"""Readable seals, so that a test can see which key was used."""

from ports.cipher import CannotOpen, Sealed


class NamedKeyCipher:
    """Implements Cipher: prefixes the bytes with the name `newest`; opens `newest`, `older` and clear bytes."""

    def __init__(self, newest: str = "", *older: str, encrypt_all: bool = True) -> None:
        self._newest, self._known, self._encrypt_all = newest, {newest, *older, ""}, encrypt_all

    @property
    def key_id(self) -> str:
        return self._newest

    def seal(self, plain: bytes, *, secret: bool, bound: str = "") -> Sealed:
        """Prefix the bytes with the name of the key."""
        key_id = self._newest if secret or self._encrypt_all else ""
        return Sealed(key_id.encode() + b":" + plain, key_id, 1, len(plain))

    def lookups(self, digest: str) -> tuple[str, ...]:
        """Key nothing."""
        return (digest,)

    def open(self, sealed: Sealed, *, bound: str = "") -> bytes:
        """Strip the name."""
        if sealed.key_id not in self._known:
            raise CannotOpen("unknown key")
        name, _, plain = sealed.payload.partition(b":")
        if name != sealed.key_id.encode():
            raise CannotOpen("damaged")
        return plain

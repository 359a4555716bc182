"""Sealing: compression and encryption of bytes behind one pair of functions."""

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Sealed:
    """Bytes as stored: `payload` begins with one byte of flags. `key_id` names the key; empty if not encrypted.

    `codec` is the version of the format; `size` counts the bytes before sealing.
    """

    payload: bytes = field(repr=False)
    key_id: str = ""
    codec: int = 1
    size: int = 0


class CannotOpen(Exception):
    """The bytes cannot be read.

    `reason`: unknown key, wrong key, damaged, unknown flags, missing library, bound to another row.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"sealed bytes cannot be opened: {reason}")
        self.reason = reason


@runtime_checkable
class Cipher(Protocol):
    """Seals with the newest key, opens with any key it has. Pure computation: callers offload large inputs."""

    @property
    def key_id(self) -> str:
        """The id of the key that seals; empty if nothing is encrypted."""
        ...

    def seal(self, plain: bytes, *, secret: bool, bound: str = "") -> Sealed:
        """Seal bytes. If there is a key, `secret` bytes are always encrypted, others only if all are to be.

        Encrypted bytes open only where the same `bound` is given: it names whose they are and where they belong.
        """
        ...

    def open(self, sealed: Sealed, *, bound: str = "") -> bytes:
        """Return the original bytes. Raises CannotOpen, also for bytes that are bound to something else.

        Bytes sealed before there were bonds open whatever `bound` is.
        """
        ...

    def lookups(self, digest: str) -> tuple[str, ...]:
        """Return the forms, in hex, under which a digest of words may be stored; write the first, look for all.

        With a key a stored form tells nothing about the words to somebody without it. The digest itself comes last:
        older rows have it.
        """
        ...

"""Sealing bytes: compression and encryption behind one pair of functions."""

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Sealed:
    """Bytes as stored: `payload` begins with one byte of flags. `key_id` names the key, empty for clear text.

    `codec` is the version of the envelope; `size` counts the bytes before sealing.
    """

    payload: bytes = field(repr=False)
    key_id: str = ""
    codec: int = 1
    size: int = 0


class CannotOpen(Exception):
    """The bytes cannot be read. `reason`: unknown key, wrong key, damaged, unknown flags, missing library."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"sealed bytes cannot be opened: {reason}")
        self.reason = reason


@runtime_checkable
class Cipher(Protocol):
    """Seals with the newest key, opens with any key it has. Pure computing: callers offload large inputs."""

    @property
    def key_id(self) -> str:
        """The key new seals are made with; empty if nothing is encrypted."""
        ...

    def seal(self, plain: bytes, *, secret: bool) -> Sealed:
        """Seal bytes; `secret` ones are encrypted whenever there is a key, others only if everything is to be."""
        ...

    def open(self, sealed: Sealed) -> bytes:
        """Return the bytes as they were. Raises CannotOpen."""
        ...

"""Identifiers and randomness from the operating system."""

from random import SystemRandom
from secrets import randbits, token_hex
from time import time_ns

try:
    from ulid import ULID
except ImportError:
    ULID = None  # type: ignore[assignment, misc]

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class SystemIds:
    """Implements Ids; python-ulid makes the ULIDs where it is installed."""

    def __init__(self) -> None:
        self._chance = SystemRandom()

    def new_id(self) -> str:
        """Return a new ULID."""
        return plain_ulid() if ULID is None else str(ULID())

    def new_error_id(self) -> str:
        """Return 16 hexadecimal characters that cannot be guessed."""
        return token_hex(8)

    def jitter(self) -> float:
        """Return a random number in [0, 1)."""
        return self._chance.random()


def plain_ulid() -> str:
    """Make a ULID: 48 bits of milliseconds since 1970, 80 random bits. Source: the ULID specification."""
    number = time_ns() // 1_000_000 << 80 | randbits(80)
    return "".join(CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))

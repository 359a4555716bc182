"""Predictable identifiers."""


class FakeIds:
    """Implements Ids: ids in sequence, a constant jitter."""

    def __init__(self, jitter: float = 0.5) -> None:
        self._made = 0
        self._jitter = jitter

    def new_id(self) -> str:
        """Return 26 characters."""
        self._made += 1
        return f"{self._made:026d}"

    def new_error_id(self) -> str:
        """Return 16 hexadecimal characters."""
        self._made += 1
        return f"{self._made:016x}"

    def jitter(self) -> float:
        """Return the number passed to the constructor."""
        return self._jitter

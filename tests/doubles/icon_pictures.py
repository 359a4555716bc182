"""Pictures that a test redraws beforehand."""

from collections.abc import Mapping


class ScriptedPictures:
    """Implements IconPictures; `drawn` by the bytes that were given, everything else cannot be redrawn."""

    def __init__(self, drawn: Mapping[bytes, bytes] | None = None) -> None:
        self._drawn = drawn or {}
        self.asked: list[int] = []

    async def png(self, content: bytes, pixels: int) -> bytes:
        """Return the picture for these bytes."""
        self.asked.append(pixels)
        return self._drawn.get(content, b"")

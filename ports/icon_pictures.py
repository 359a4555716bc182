"""Icons as small pictures."""

from typing import Protocol, runtime_checkable


@runtime_checkable
class IconPictures(Protocol):
    """Redraws pictures, with libraries that may be missing. Safe to use from many tasks of one event loop."""

    async def png(self, content: bytes, pixels: int) -> bytes:
        """Return a picture, also a simple SVG, as PNG of at most `pixels` a side.

        "" for bytes that are none, or too much work, or whose library is missing. Raises nothing but cancellation; does
        not block the event loop.
        """
        ...

"""The value of a very long line while it arrives.

It is collected in pages of its own, which go back to the operating system at once: pieces on the heap would leave holes
as large as the event, and the process would keep them.
"""

import mmap

_PRIVATE = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}


class LongLine:
    """At most `limit` bytes; pages are used as they are written."""

    def __init__(self, limit: int) -> None:
        self._pages = mmap.mmap(-1, max(1, limit), **_PRIVATE)

    def write(self, piece: bytes) -> None:
        """Add a piece. Raises ValueError beyond the limit."""
        self._pages.write(piece)

    def take(self) -> bytes:
        """Return the whole value, once: the pages are gone."""
        with self._pages as pages:
            return pages[: pages.tell()]

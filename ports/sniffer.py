"""What kind of file some bytes are."""

from typing import Protocol, runtime_checkable


@runtime_checkable
class Sniffer(Protocol):
    """Recognises kinds by their bytes. Pure and safe in any thread."""

    def mime(self, content: bytes, name: str) -> str:
        """Return the MIME type of a file of which `content` is the beginning, "" if it is not recognised.

        `name` may decide between kinds that begin alike; it never stands for the bytes. Raises nothing.
        """
        ...

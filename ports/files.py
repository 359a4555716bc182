"""Files that a host stores for people: what they attach, and what models and tools make for them."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, runtime_checkable


class FileFlaw(Enum):
    """Why a file cannot be read."""

    MISSING = "missing"
    """The host has no such file, or no longer."""
    FORBIDDEN = "forbidden"
    """The person of this turn may not read it."""
    TOO_LARGE = "too_large"
    """It has more bytes than the reader takes."""
    UNREADABLE = "unreadable"
    """The host's storage failed, or took too long."""


class FileUnavailable(Exception):
    """The file cannot be read: `flaw` says why; `detail` is for the log. `size` in bytes, None if unknown."""

    def __init__(self, flaw: FileFlaw, detail: str = "", *, size: int | None = None) -> None:
        super().__init__(f"file {flaw.value}: {detail}" if detail else f"file {flaw.value}")
        self.flaw, self.detail, self.size = flaw, detail, size


class FileNotSaved(Exception):
    """The host did not store the file. `reason` is for the log and contains no content."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"file not saved: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What the host notes about a file; none of it is proved by the bytes. `size` in bytes, None if unknown."""

    file_id: str
    name: str = ""
    mime: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as it was read. `content` has `len(content)` bytes, whatever `facts.size` says."""

    facts: FileFacts
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to store: `name` with its ending, `mime` as judged by the bytes; `content` is not empty."""

    name: str
    mime: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SavedFile:
    """A stored file: `url` is the path at which the host's own pages show it, to whoever may read it."""

    file_id: str
    url: str


@runtime_checkable
class Files(Protocol):
    """The host's files, as the person of one turn may read and store them (law 12: an id alone is no permission).

    Safe to use from many tasks of one event loop. Methods raise nothing but the errors they name and CancelledError.
    """

    def id_of(self, address: str) -> str:
        """Return the id of the host's own file that an address names, "" for every other address. Pure.

        Own are a bare id, the host's path of a file, and that path below the host's own origin; never such a path
        below another origin.
        """
        ...

    async def ceiling(self) -> int | None:
        """Return the most bytes that the host accepts for one file; None if it says none. Raises nothing."""
        ...

    async def facts(self, file_id: str) -> FileFacts:
        """Return what the host notes about a file. Raises FileUnavailable; access is checked here too."""
        ...

    async def read(self, file_id: str, limit: int) -> StoredFile:
        """Return a file of at most `limit` bytes. Raises FileUnavailable.

        The size is checked before reading where the host knows it, and while reading: never more than `limit` bytes
        and one piece are held.
        """
        ...

    async def save(self, file: NewFile) -> SavedFile:
        """Store a file for the person of this turn, or for the service account if there is none.

        Raises FileNotSaved. Storing the same bytes again makes a second file: the core remembers what it stored.
        """
        ...

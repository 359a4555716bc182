"""Files of several people in memory."""

from collections import OrderedDict
from dataclasses import dataclass, field, replace

from ports.file_addresses import file_address, file_id_of
from ports.files import FileFacts, FileFlaw, FileNotSaved, FileUnavailable, NewFile, SavedFile, StoredFile

ROOM = 256 * 1024 * 1024
"""Bytes of all files together; beyond it the oldest go."""
MOST_FILES = 10_000
NOBODY = ""


@dataclass(slots=True)
class _Kept:
    owner: str
    facts: FileFacts
    content: bytes = field(repr=False)
    readers: set[str] = field(default_factory=set)
    flaw: FileFlaw | None = None


class MemoryShelf:
    """What everybody stored; `ceiling` is the limit for one file in bytes, `own` are origins of the host."""

    def __init__(
        self, *, room: int = ROOM, ceiling: int | None = None, own: frozenset[str] = frozenset(), full: bool = False
    ) -> None:
        self.ceiling, self.own, self.full = ceiling, own, full
        self._room, self._held, self._made = room, 0, 0
        self._files: OrderedDict[str, _Kept] = OrderedDict()

    def put(self, owner: str, file: NewFile) -> str:
        """Store a file and return its id. Raises FileNotSaved if it is empty or larger than everything may be."""
        if self.full or not file.content or len(file.content) > min(self._room, self.ceiling or self._room):
            raise FileNotSaved("it does not fit")
        self._made += 1
        file_id = f"00000000-0000-4000-8000-{self._made:012x}"
        facts = FileFacts(file_id, file.name, file.mime, len(file.content))
        self._files[file_id] = _Kept(owner, facts, file.content)
        self._held += len(file.content)
        while self._held > self._room or len(self._files) > MOST_FILES:
            self._held -= len(self._files.popitem(last=False)[1].content)
        return file_id

    def share(self, file_id: str, reader: str) -> None:
        """Let another person read a file."""
        self._files[file_id].readers.add(reader)

    def spoil(self, file_id: str, flaw: FileFlaw) -> None:
        """Make a file fail with `flaw` for those who may read it."""
        self._files[file_id].flaw = flaw

    def forget_size(self, file_id: str) -> None:
        """Make the size of a file unknown."""
        kept = self._files[file_id]
        kept.facts = replace(kept.facts, size=None)

    def readable(self, file_id: str, person: str) -> _Kept:
        """Return a file for a person. Raises FileUnavailable."""
        if person == NOBODY:
            raise FileUnavailable(FileFlaw.FORBIDDEN)
        kept = self._files.get(file_id)
        if kept is None:
            raise FileUnavailable(FileFlaw.MISSING)
        if person != kept.owner and person not in kept.readers:
            raise FileUnavailable(FileFlaw.FORBIDDEN)
        return kept


class MemoryFiles:
    """Implements Files for one person of a shelf; "" is nobody, who may store but not read."""

    def __init__(self, shelf: MemoryShelf, person: str) -> None:
        self._shelf, self._person = shelf, person

    def id_of(self, address: str) -> str:
        """Return the id of a file of the shelf's host."""
        return file_id_of(address, self._shelf.own)

    async def ceiling(self) -> int | None:
        """Return the shelf's limit."""
        return self._shelf.ceiling

    async def facts(self, file_id: str) -> FileFacts:
        """Return what was noted when the file was stored."""
        return self._shelf.readable(file_id, self._person).facts

    async def read(self, file_id: str, limit: int) -> StoredFile:
        """Return a file, unless it is too large or spoiled."""
        kept = self._shelf.readable(file_id, self._person)
        if len(kept.content) > limit:
            raise FileUnavailable(FileFlaw.TOO_LARGE, size=kept.facts.size)
        if kept.flaw is not None:
            raise FileUnavailable(kept.flaw)
        return StoredFile(kept.facts, kept.content)

    async def save(self, file: NewFile) -> SavedFile:
        """Store a file for the person."""
        file_id = self._shelf.put(self._person, file)
        return SavedFile(file_id, file_address(file_id))

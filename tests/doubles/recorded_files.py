"""A host's files for tests of what is stored: it accepts files, rejects them, or never answers."""

import asyncio

from ports.files import FileFacts, FileFlaw, FileNotSaved, FileUnavailable, NewFile, SavedFile, StoredFile


class RecordedFiles:
    """Implements Files: `saved` lists what was stored, `tries` counts attempts.

    `failing` is raised instead; `hanging`: nothing is ever answered; `gate`: answers wait until it is set.
    """

    def __init__(
        self, failing: Exception | None = None, *, hanging: bool = False, gate: asyncio.Event | None = None
    ) -> None:
        self.failing, self.hanging, self.gate = failing, hanging, gate
        self.saved: list[NewFile] = []
        self.tries = self.stopped = 0

    def id_of(self, address: str) -> str:
        """Return "": nothing is of this host."""
        del address
        return ""

    async def ceiling(self) -> int | None:
        """Return no limit."""
        return None

    async def facts(self, file_id: str) -> FileFacts:
        """Know no file."""
        raise FileUnavailable(FileFlaw.MISSING, file_id)

    async def read(self, file_id: str, limit: int) -> StoredFile:
        """Know no file."""
        raise FileUnavailable(FileFlaw.MISSING, f"{file_id} {limit}")

    async def save(self, file: NewFile) -> SavedFile:
        """Store a file under a number."""
        self.tries += 1
        try:
            if self.hanging:
                await asyncio.get_running_loop().create_future()
            if self.gate is not None:
                await self.gate.wait()
        except asyncio.CancelledError:
            self.stopped += 1
            raise
        if self.failing is not None:
            raise self.failing
        self.saved.append(file)
        return SavedFile(f"f{len(self.saved)}", f"/api/v1/files/f{len(self.saved)}/content")


REJECTED = FileNotSaved("too large for this host")

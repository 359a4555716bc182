"""The stores of one core: opened when turns need them, with the newest settings, and cleaned; its logs and records."""

from domain.request.turn_request import TurnRequest
from domain.services.clean_artifacts import CleanArtifacts
from domain.services.turn_stores import Memories
from entrypoints.core.core_books import CoreBooks
from entrypoints.core.foundation import Foundation
from entrypoints.core.memory_policy import keeps_anything, retention_of, vault_of
from entrypoints.core.redis_artifacts import FrontedArtifacts
from entrypoints.core.request_records import RequestRecords
from entrypoints.core.request_timings import RequestTimings
from entrypoints.settings import Settings


class CoreStores:
    """The stores of one core, as turns and their cleaning see them."""

    def __init__(
        self,
        base: Foundation,
        artifacts: FrontedArtifacts,
        memories: Memories,
        cleaning: CleanArtifacts,
        books: CoreBooks,
    ) -> None:
        self.storage, self.redis, self.artifacts, self.books = base.storage, base.redis, artifacts, books
        self._memories, self._cleaning = memories, cleaning
        folder = base.location.folder
        self.timings, self.records = RequestTimings(folder, base.telemetry), RequestRecords(folder, base.telemetry)

    def expect_turns(self, settings: Settings) -> None:
        """Open the stores beside the caller if turns leave anything, so that no message waits for that."""
        self.redis.begin()
        if keeps_anything(settings) or (settings.enable_ledger and self.books.ledger is not None):
            self.storage.begin()

    def memories_for(self, request: TurnRequest, settings: Settings) -> Memories | None:
        """Return the memories a turn may use, None if it is not remembered; what it keeps is cleaned from then on.

        Which of them it uses is `domain/services/turn_stores.py`'s to say. What it costs is booked in any case.
        """
        if self.books.ledger is not None:
            self.books.ledger.follow(request, settings)
        if not request.is_remembered:
            return None
        self.storage.follow(vault_of(settings), request.memory.namespace)
        self._cleaning.begin(retention_of(settings, request.memory.namespace))
        return self._memories

    async def aclose(self) -> None:
        """Stop cleaning and watching, close the timing log.

        Storage and records are closed by whoever opened the core.
        """
        await self._cleaning.aclose()
        await self.books.keys.aclose()
        await self.timings.aclose()

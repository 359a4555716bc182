"""Decide once per turn whether it is stored, in which store, and for how long."""

from domain.request.turn_request import TurnRequest
from domain.services.clean_artifacts import CleanArtifacts
from domain.services.remember_turn import TurnMemory
from entrypoints.core.policy import keeps_anything, retention_of, vault_of
from entrypoints.core.storage import Storage
from entrypoints.settings import Settings


class TurnStores:
    """The stores of one core, for its turns and for their cleaning."""

    def __init__(self, storage: Storage, memory: TurnMemory, cleaning: CleanArtifacts) -> None:
        self.storage, self._memory, self._cleaning = storage, memory, cleaning

    def expect_turns(self, settings: Settings) -> None:
        """Open the stores in the background if turns store anything, so that no message waits for it."""
        if keeps_anything(settings):
            self.storage.begin()

    def memory_of(self, request: TurnRequest, settings: Settings) -> TurnMemory | None:
        """Return the memory of a turn, or None if it has none. Begins cleaning of its namespace when one is due.

        A turn has a memory if its request names a person and a namespace; background tasks have none. The memory
        itself keeps temporary chats out of every durable store.
        """
        namespace = request.memory.namespace
        if not (namespace and request.person.user_id):
            return None
        self.storage.follow(vault_of(settings))
        self._cleaning.begin(retention_of(settings, namespace))
        return self._memory

    async def aclose(self) -> None:
        """Stop cleaning. The storage stays open: its owner closes it."""
        await self._cleaning.aclose()

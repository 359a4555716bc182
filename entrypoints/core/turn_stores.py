"""What turns leave: whether it is kept, in which store, and for how long; decided here for a whole turn."""

from domain.request.turn_request import TurnRequest
from domain.services.clean_artifacts import CleanArtifacts
from domain.services.remember_turn import TurnMemory
from entrypoints.core.policy import keeps_anything, retention_of, vault_of
from entrypoints.core.storage import Storage
from entrypoints.settings import Settings


class TurnStores:
    """The stores of one core, as turns and their cleaning see them."""

    def __init__(self, storage: Storage, memory: TurnMemory, cleaning: CleanArtifacts) -> None:
        self.storage, self._memory, self._cleaning = storage, memory, cleaning

    def expect_turns(self, settings: Settings) -> None:
        """Open the stores beside the caller if turns leave anything, so that no message waits for that."""
        if keeps_anything(settings):
            self.storage.begin()

    def memory_of(self, request: TurnRequest, settings: Settings) -> TurnMemory | None:
        """Return the memory of a turn, None if it has none; what it keeps is cleaned from then on.

        A turn has one if it is a person's and has a namespace; background tasks have none. The memory itself keeps
        temporary chats out of every durable store.
        """
        namespace = request.memory.namespace
        if not (namespace and request.person.user_id):
            return None
        self.storage.follow(vault_of(settings))
        self._cleaning.begin(retention_of(settings, namespace))
        return self._memory

    async def aclose(self) -> None:
        """Stop cleaning. The storage is closed by whoever opened it."""
        await self._cleaning.aclose()

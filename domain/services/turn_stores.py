"""Choose the stores of a turn once: durable, in memory for temporary chats, or none.

Code after this never asks again what kind of chat a turn belongs to.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from domain.request.turn_request import TurnRequest
from domain.services.journal_calls import JournalCalls
from domain.services.keep_journal import KeepJournal
from domain.services.keep_ledger import KeepLedger
from domain.services.owned_tasks import Own
from domain.services.remember_turn import TurnMemory
from domain.services.report_interrupted import ReportInterrupted
from domain.services.store_budget import StoreHealth
from ports.chats import Chats
from ports.cipher import Cipher
from ports.offload import Offload
from ports.telemetry import Telemetry
from ports.tool_runs import ToolRuns


@dataclass(frozen=True, slots=True)
class Memories:
    """The memories of turns: `temporary` is for chats that are never saved."""

    durable: TurnMemory
    temporary: TurnMemory


@dataclass(frozen=True, slots=True)
class TurnStores:
    """The stores of one turn.

    `memory` is None if nothing of the turn is stored or looked up. `keeps_results`: results of calls are stored with
    the journal until the turn is settled. `interrupted` reports calls of interrupted answers; None if none are
    reported. `ledger`: where its attempts are booked, None if they are not; `names_chat`: with the ids of the chat.
    """

    journal: JournalCalls
    memory: TurnMemory | None = None
    keeps_results: bool = False
    interrupted: ReportInterrupted | None = None
    ledger: KeepLedger | None = None
    names_chat: bool = True


class ChooseStores:
    """The use case; belongs to one event loop. `own` holds tasks that outlive a turn; `cipher` keys the journal."""

    def __init__(
        self,
        runs: ToolRuns,
        temporary_runs: ToolRuns,
        chats: Chats | None,
        *,
        offload: Offload,
        telemetry: Telemetry,
        store: StoreHealth,
        own: Own,
        cipher: Callable[[], Awaitable[Cipher]] | None = None,
        ledger: KeepLedger | None = None,
    ) -> None:
        self._ledger = ledger
        self._journal = JournalCalls(runs, store, own, cipher, KeepJournal(runs, store, telemetry))
        self._temporary_journal = JournalCalls(temporary_runs, StoreHealth(store.clock, telemetry), own)
        self._interrupted = ReportInterrupted(runs, chats, offload=offload, telemetry=telemetry, store=store, own=own)

    def choose(self, request: TurnRequest, memories: Memories | None) -> TurnStores:
        """Return the stores of a turn; without `memories` nothing is remembered.

        A turn is remembered if it has a person and a namespace. Nothing of a temporary chat may reach a disk (law 14):
        its journal is in memory too, and its calls are never reported later. What it costs is booked all the same,
        without the ids of the chat: money is no content.
        """
        remembered = request.is_remembered
        ledger = self._ledger if request.ledger.namespace else None
        if request.person.temporary:
            memory = memories.temporary if memories is not None and remembered else None
            return TurnStores(self._temporary_journal, memory, ledger=ledger, names_chat=False)
        memory = memories.durable if memories is not None and remembered else None
        keeps_results = memory is not None and request.memory.tool_results
        return TurnStores(self._journal, memory, keeps_results, self._interrupted if remembered else None, ledger)

    async def drained(self) -> None:
        """Return once nothing waits to be booked."""
        if self._ledger is not None:
            await self._ledger.drained()

"""Add up what a person has spent, in a chat and in the month, beside a turn: neither its first word nor its last waits.

The sums leave out the turn itself, whose cost is known without reading it back. Whatever is late or fails is not shown.
"""

import asyncio

from domain.budgets.rule import Period
from domain.budgets.windows import window_of
from domain.request.turn_request import TurnRequest
from domain.services.background_tasks import BackgroundTasks
from domain.services.keep_ledger import KeepLedger
from domain.services.store_budget import StoreHealth, within
from ports.clock import Clock
from ports.ledger import LedgerSums, LedgerUnavailable
from ports.telemetry import Telemetry
from ports.usage import Paid, SpentSoFar

READ_SECONDS = 5.0
"""Seconds after which the sums are given up while the turn runs."""
PATIENCE_SECONDS = 0.5
"""Seconds that the end of a turn waits for sums that are not there yet."""
MOST = 200
"""Turns whose sums are read at the same time; those beyond do without."""
NOT_SHOWN = "spending_not_shown"


class AskedSums:
    """The sums that one turn waits for."""

    def __init__(self, reading: "asyncio.Task[SpentSoFar | None]", clock: Clock, telemetry: Telemetry) -> None:
        self._reading, self._clock, self._telemetry = reading, clock, telemetry

    async def with_turn(self, paid: Paid, *, waits: bool = True) -> SpentSoFar | None:
        """Return the sums with what the turn itself cost; None if they are late or failed. Raises only cancellation."""
        reading = self._reading
        if not reading.done() and not waits:
            reading.cancel()
            return None
        if not reading.done():
            try:
                async with within(self._clock, PATIENCE_SECONDS):
                    await asyncio.wait((reading,))
            except TimeoutError:
                self._telemetry.event("debug", NOT_SHOWN, reason="late")
                return None
            finally:
                reading.cancel()
        if reading.cancelled() or (found := reading.result()) is None:
            return None
        chat = found.chat + paid if found.chat is not None else None
        return SpentSoFar(chat, found.month + paid if found.month is not None else None)


class SumSpending:
    """The use case; belongs to one event loop. `keeper` writes what the sums are made of, `ledger` stores it."""

    def __init__(self, ledger: LedgerSums, keeper: KeepLedger, store: StoreHealth, telemetry: Telemetry) -> None:
        self._ledger, self._keeper, self._store, self._telemetry = ledger, keeper, store, telemetry
        self._tasks = BackgroundTasks()

    def begin(self, request: TurnRequest, *, names_chat: bool) -> AskedSums | None:
        """Start to read what a turn shows; None if it shows nothing. `names_chat`: the ledger knows the chat."""
        book, person = request.ledger, request.person
        chat_id = person.chat_id if book.sums_chat and names_chat else ""
        if not book.namespace or not person.user_id or not (chat_id or book.sums_month):
            return None
        if len(self._tasks) >= MOST:
            self._telemetry.event("debug", NOT_SHOWN, reason="busy")
            return None
        reading = self._tasks.begin(self._read(request, chat_id), "openrouter-pipe-spending")
        return AskedSums(reading, self._store.clock, self._telemetry)

    async def aclose(self) -> None:
        """Stop reading."""
        await self._tasks.aclose()

    # --- details ------------------------------------------------------------------------------------------

    async def _read(self, request: TurnRequest, chat_id: str) -> SpentSoFar | None:
        """Return the sums without the turn; counts and logs why there are none."""
        try:
            return await self._sums(request, chat_id)
        except TimeoutError:
            reason = "slow"
        except LedgerUnavailable as error:
            reason = error.reason
        except Exception as defect:  # noqa: BLE001 - the edge of a background task: a sum is no reason to fail a turn
            reason = type(defect).__name__
        self._telemetry.event("debug", NOT_SHOWN, reason=reason)
        return None

    async def _sums(self, request: TurnRequest, chat_id: str) -> SpentSoFar:
        book, user_id, turn = request.ledger, request.person.user_id, request.turn_id
        if self._store.hangs():
            raise LedgerUnavailable("skipped")
        async with within(self._store.clock, READ_SECONDS):
            await self._keeper.caught_up()
            chat = month = None
            if chat_id:
                chat = await self._ledger.paid(book.namespace, user_id, chat_id=chat_id, but_turn=turn)
            if book.sums_month:
                since = window_of(Period.MONTH, self._store.clock.now(), book.zone).starts
                month = await self._ledger.paid(book.namespace, user_id, since=since, but_turn=turn)
            return SpentSoFar(chat, month)

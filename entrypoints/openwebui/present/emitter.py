"""Guard the host's event emitter: an event that cannot be delivered is lost, and nothing else."""

import asyncio
from typing import Any

from adapters.openwebui.uncancelled import uncancelled
from entrypoints.openwebui.answer_bills import AnswerBill
from entrypoints.openwebui.host_call import Emitter
from entrypoints.openwebui.present.frames import status
from entrypoints.sentences.statuses import is_last, notice_words
from entrypoints.sentences.usage_labels import WORDS, UsageLabels
from entrypoints.sentences.vocabulary import NEUTRAL, Vocabulary
from ports.notices import Notice, TurnStopped
from ports.telemetry import Telemetry

LONGEST = 5.0
"""Time limit for one event, in seconds."""

AFTER_A_HANG = 0.1
"""Fraction of that limit for later events once one event timed out: the answer waits while events are delivered."""


class GuardedEmitter:
    """Sends events to the person's page; also this turn's `Notices`. Without an emitter it does nothing.

    `patience`: time limit for the next event (s). `labels` name time, cost and tokens of a stopped turn; None: they are
    not shown. `bill`: what the answer has cost so far. `vocabulary`: in the language of the person. `reader`: the
    host's task that reads the answer, if known.
    """

    reader: "asyncio.Task[Any] | None" = None

    def __init__(
        self,
        emitter: Emitter | None,
        telemetry: Telemetry,
        longest: float = LONGEST,
        *,
        bill: AnswerBill | None = None,
        labels: UsageLabels | None = WORDS,
        vocabulary: Vocabulary = NEUTRAL,
    ) -> None:
        self._emitter, self._telemetry, self._labels = emitter, telemetry, labels
        self._longest = self.patience = longest
        self._bill = bill or AnswerBill()
        self._vocabulary = vocabulary
        self._late: asyncio.Future[Any] | None = None

    @property
    def is_prompt(self) -> bool:
        """Return whether no event has timed out yet: others than the most necessary ones would delay the answer."""
        return self.patience == self._longest

    async def emit(self, event: dict[str, Any]) -> None:
        """Send one event; log a failure or a timeout."""
        if self._emitter is None:
            return
        try:
            await self._deliver(self._emitter, event)
        except Exception as error:  # noqa: BLE001 - foreign code of any host version; the answer must continue
            self._telemetry.event("warning", "emit_failed", type=str(event.get("type")), error=type(error).__name__)
            if isinstance(error, TimeoutError):
                self.patience = self._longest * AFTER_A_HANG

    async def _deliver(self, emitter: Emitter, event: dict[str, Any]) -> None:
        """Deliver an event. Raises TimeoutError, and what the host raises.

        A delivery is never cancelled, since the host writes many events to its database. Later events wait for one that
        is late: they must neither overtake it nor pile up.
        """
        late = self._late
        if late is not None and not late.done():
            await asyncio.wait((late,), timeout=self.patience)
            if not late.done():
                raise TimeoutError
        delivery = asyncio.ensure_future(emitter(event))
        try:
            await uncancelled(delivery, self.patience)
        finally:
            if not delivery.done():
                self._late = delivery

    async def notify(self, notice: Notice) -> None:
        """Show a notice as a status line; that of a stopped turn once the host has stored what it shows.

        From 0.10 on, hosts on SQLite read, change and write a whole chat without a lock: a status stored meanwhile
        would undo the answer that the host stores after a stop.
        """
        if isinstance(notice, TurnStopped):
            if self.reader is not None:
                await asyncio.wait({self.reader}, timeout=self._longest)
            notice = self._bill.stopped(notice)
        await self.status(notice_words(notice, self._labels, self._vocabulary), done=is_last(notice))

    async def status(self, text: str, *, done: bool) -> None:
        """Show a status line."""
        await self.emit(status(text, done=done).event)

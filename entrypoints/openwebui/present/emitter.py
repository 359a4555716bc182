"""The host's event emitter, guarded: an event that cannot be delivered costs nothing but itself."""

import asyncio
from typing import Any

from entrypoints.openwebui.host_call import Emitter
from entrypoints.openwebui.present.frames import status
from entrypoints.sentences.statuses import is_last, notice_words
from ports.notices import Notice
from ports.telemetry import Telemetry

LONGEST = 5.0
"""Seconds one event may take."""

AFTER_A_HANG = 0.1
"""Part of that time the later events get once one took too long: the answer waits while they are delivered."""


class GuardedEmitter:
    """Emits events to the person's page; also this turn's `Notices`. Without an emitter nothing happens.

    `patience`: seconds the next event may take. `show_usage`: a stopped turn tells time, cost and tokens.
    """

    def __init__(
        self, emitter: Emitter | None, telemetry: Telemetry, longest: float = LONGEST, *, show_usage: bool = True
    ) -> None:
        self._emitter, self._telemetry, self._show_usage = emitter, telemetry, show_usage
        self._longest = self.patience = longest

    async def emit(self, event: dict[str, Any]) -> None:
        """Send one event; a failure or a delay beyond the longest is logged."""
        if self._emitter is None:
            return
        try:
            async with asyncio.timeout(self.patience):
                await self._emitter(event)
        except Exception as error:  # noqa: BLE001 - foreign code of any host version; the answer must go on
            self._telemetry.event("warning", "emit_failed", type=str(event.get("type")), error=type(error).__name__)
            if isinstance(error, TimeoutError):
                self.patience = self._longest * AFTER_A_HANG

    async def notify(self, notice: Notice) -> None:
        """Show a notice as a status line."""
        await self.status(notice_words(notice, show_usage=self._show_usage), done=is_last(notice))

    async def status(self, text: str, *, done: bool) -> None:
        """Show a status line."""
        await self.emit(status(text, done=done).event)

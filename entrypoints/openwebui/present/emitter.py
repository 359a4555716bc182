"""The host's event emitter, guarded: an event that cannot be delivered costs nothing but itself."""

import asyncio
from typing import Any

from entrypoints.openwebui.host_call import Emitter
from entrypoints.openwebui.present.frames import status
from ports.telemetry import Telemetry

LONGEST = 5.0
"""Seconds one event may take."""

AFTER_A_HANG = 0.1
"""Part of that time the later events get once one took too long: the answer waits while they are delivered."""


class GuardedEmitter:
    """Emits events to the person's page; also this turn's `Notices`. Without an emitter nothing happens.

    `patience`: seconds the next event may take.
    """

    def __init__(self, emitter: Emitter | None, telemetry: Telemetry, longest: float = LONGEST) -> None:
        self._emitter, self._telemetry = emitter, telemetry
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

    async def status(self, text: str, *, done: bool) -> None:
        """Show a status line."""
        await self.emit(status(text, done=done).event)

"""The host's event emitter, guarded: an event that cannot be delivered costs nothing but itself."""

import asyncio
from typing import Any

from entrypoints.openwebui.host_call import Emitter
from ports.telemetry import Telemetry

LONGEST = 5.0
"""Seconds one event may take."""


class GuardedEmitter:
    """Emits events to the person's page; also this turn's `Notices`. Without an emitter nothing happens."""

    def __init__(self, emitter: Emitter | None, telemetry: Telemetry) -> None:
        self._emitter, self._telemetry = emitter, telemetry

    async def emit(self, event: dict[str, Any]) -> None:
        """Send one event; a failure or a delay beyond LONGEST is logged."""
        if self._emitter is None:
            return
        try:
            async with asyncio.timeout(LONGEST):
                await self._emitter(event)
        except Exception as error:  # noqa: BLE001 - foreign code of any host version; the answer must go on
            self._telemetry.event("warning", "emit_failed", type=str(event.get("type")), error=type(error).__name__)

    async def status(self, text: str, *, done: bool) -> None:
        """Show a status line."""
        await self.emit({"type": "status", "data": {"description": text, "done": done}})

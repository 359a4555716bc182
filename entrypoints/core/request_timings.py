"""The timing log as the settings of each call want it: open, at another file, or closed."""

import asyncio
from pathlib import Path

from adapters.logs.timing_log import TimingLog
from domain.services.background_tasks import BackgroundTasks
from entrypoints.settings import Settings
from ports.telemetry import Telemetry
from ports.timings import TimingScope


class RequestTimings:
    """Opens the log with the first request that wants it. Belongs to one event loop.

    `folder`: where relative paths begin; None: only absolute ones are used.
    """

    def __init__(self, folder: Path | None, telemetry: Telemetry) -> None:
        self._folder, self._telemetry = folder, telemetry
        self._log: TimingLog | None = None
        self._file: Path | None = None
        self._closing = BackgroundTasks()

    def scope(self, settings: Settings, request_id: str) -> TimingScope | None:
        """Return what receives the stations of a request; None if they are not logged."""
        file = self._wanted(settings)
        if file != self._file:
            self._close()
            self._file = file
            self._log = None if file is None else TimingLog(file, self._telemetry)
        return None if self._log is None else self._log.scope(request_id)

    def _wanted(self, settings: Settings) -> Path | None:
        if not settings.enable_timing_log:
            return None
        named = Path(settings.timing_log_file.strip())
        if not named.name:
            return None
        return self._folder / named if self._folder is not None else named if named.is_absolute() else None

    async def aclose(self) -> None:
        """Write what waits and close the file."""
        self._close()
        self._file = None
        await self._closing.drained()

    def _close(self) -> None:
        log, self._log = self._log, None
        if log is not None:
            self._closing.begin(asyncio.to_thread(log.close), "openrouter-pipe-close-timing-log")

"""Detect that the reader of a turn has gone without closing the iterator."""

import asyncio
from typing import Any

from domain.services.drive_turn import Driver


class ReaderDisconnect:
    """Cancels a turn whose reader's task ended without closing the iterator."""

    def __init__(self, driver: Driver, reader: "asyncio.Task[Any] | None") -> None:
        self._driver, self._reader = driver, reader
        if self._reader is not None:
            self._reader.add_done_callback(self._gone)

    def _gone(self, _task: "asyncio.Task[Any]") -> None:
        self._driver.abandon()

    def stop(self) -> None:
        if self._reader is not None:
            self._reader.remove_done_callback(self._gone)

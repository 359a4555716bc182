"""The timing log: one JSON line per station of a request, in a file that is rotated.

A thread writes; what does not fit its queue is dropped and counted. The file is opened with the first line.
"""

import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from logging.handlers import QueueListener, RotatingFileHandler
from pathlib import Path
from queue import Full, Queue
from threading import Lock

from ports.telemetry import Telemetry
from ports.timings import Station

QUEUE, MOST_STATIONS = 10_000, 10_000
"""Lines that wait to be written, and stations of one request."""
FILE_BYTES, FILES = 20 * 1024 * 1024, 3
LONGEST_ID, LONGEST_LABEL = 64, 80


class TimingLog:
    """Opens one scope per request. Safe in any thread; `close` writes what waits and ends the thread."""

    def __init__(self, file: Path, telemetry: Telemetry, *, perf: Callable[[], float] = time.perf_counter) -> None:
        self._file, self._telemetry, self.perf = file, telemetry, perf
        self._lock = Lock()
        self._queue: Queue[logging.LogRecord] = Queue(QUEUE)
        self._listener: QueueListener | None = None
        self._failed = self._closed = False
        self.dropped = 0

    def scope(self, request_id: str) -> "LoggedStations":
        """Return the scope for one request."""
        return LoggedStations(self, request_id[:LONGEST_ID])

    def write(self, line: str) -> None:
        """Hand a line to the writing thread; never waits."""
        try:
            self._started()
            self._queue.put_nowait(logging.makeLogRecord({"msg": line, "levelno": logging.INFO}))
        except Full:
            self.dropped += 1
            self._telemetry.event("debug", "timing_line_dropped")

    def close(self) -> None:
        """Write what waits and end the thread; blocks until then."""
        with self._lock:
            listener, self._listener, self._closed = self._listener, None, True
        if listener is not None:
            if self._queue.full():  # its sign to stop needs a place
                self._queue.get_nowait()
                self.dropped += 1
            listener.stop()
            for handler in listener.handlers:
                handler.close()
        if self.dropped:
            self._telemetry.event("warning", "timing_log_incomplete", dropped=self.dropped)

    def failed(self, error: OSError) -> None:
        """Report once that the file cannot be written; the requests go on."""
        if not self._failed:
            self._failed = True
            reason = error.strerror or type(error).__name__
            self._telemetry.event("warning", "timing_log_unwritable", setting="TIMING_LOG_FILE", reason=reason)

    def _started(self) -> None:
        if self._listener is not None or self._closed:
            return
        with self._lock:
            if self._listener is None and not self._closed:
                self._listener = QueueListener(self._queue, _File(self._file, self))
                self._listener.start()


class LoggedStations:
    """Implements TimingScope for one request; records at most MOST_STATIONS."""

    def __init__(self, log: TimingLog, request_id: str) -> None:
        self._log, self._request_id = log, request_id
        self._left = MOST_STATIONS

    def perf(self) -> float:
        """Return the seconds of the performance counter."""
        return self._log.perf()

    def record(self, station: Station) -> None:
        """Write one line; nothing once the request has used up its stations."""
        if self._left <= 0:
            return
        self._left -= 1
        line: dict[str, object] = {
            "ts": datetime.now(UTC).isoformat(timespec="microseconds"),
            "perf_ts": self._log.perf(),
            "event": station.event,
            "label": station.label[:LONGEST_LABEL],
            "request_id": self._request_id,
        }
        if station.elapsed is not None:
            line["elapsed_ms"] = round(station.elapsed * 1000, 3)
        self._log.write(json.dumps(line, separators=(",", ":")))


class _File(RotatingFileHandler):
    """Creates the folder and the file with the first line, in the writing thread."""

    def __init__(self, file: Path, log: TimingLog) -> None:
        super().__init__(file, maxBytes=FILE_BYTES, backupCount=FILES, encoding="utf-8", delay=True)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; a failure is reported once."""
        try:
            if self.stream is None:
                Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
                self.stream = self._open()
            super().emit(record)
        except OSError as error:
            self._log.failed(error)

    def handleError(self, record: logging.LogRecord) -> None:
        """Report a failed write instead of printing it."""
        self._log.failed(OSError(0, "the file cannot be written"))

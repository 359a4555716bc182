"""The timing log: one JSON line per station of a request, in a file that is rotated.

A thread looks for lines ten times a second and writes them; what does not fit its queue is dropped and counted. The
file is opened with the first line.
"""

import json
import logging
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from threading import Event, Lock, Thread

from ports.telemetry import Telemetry
from ports.timings import Station

QUEUE, MOST_STATIONS = 10_000, 10_000
"""Lines that wait to be written, and stations of one request."""
FILE_BYTES, FILES = 20 * 1024 * 1024, 3
LONGEST_ID, LONGEST_LABEL = 64, 80
SECONDS = 0.1
"""How often the thread looks: to wake it for each line would cost the request more than the line itself."""

_Reached = tuple[float, float, str, Station]
"""Seconds since 1970 and of the performance counter, the request, and what it reached."""


class TimingLog:
    """Opens one scope per request. Safe in any thread; `close` writes what waits and ends the thread."""

    def __init__(self, file: Path, telemetry: Telemetry, *, perf: Callable[[], float] = time.perf_counter) -> None:
        self._file, self._telemetry, self.perf = file, telemetry, perf
        self._lock, self._closing = Lock(), Event()
        self._waiting: deque[_Reached] = deque()
        self._thread: Thread | None = None
        self._failed = False
        self.dropped = 0

    def scope(self, request_id: str) -> "LoggedStations":
        """Return the scope for one request."""
        return LoggedStations(self, request_id[:LONGEST_ID])

    def write(self, request_id: str, station: Station) -> None:
        """Leave a station for the writing thread; never waits, and wakes nobody."""
        if self._closing.is_set():
            return
        if len(self._waiting) >= QUEUE:
            self.dropped += 1
            self._telemetry.event("debug", "timing_line_dropped")
            return
        self._waiting.append((time.time(), self.perf(), request_id, station))
        if self._thread is None:
            self._start()

    def close(self) -> None:
        """Write what waits and end the thread; blocks until then."""
        with self._lock:
            self._closing.set()
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()
        if self.dropped:
            self._telemetry.event("warning", "timing_log_incomplete", dropped=self.dropped)
            self.dropped = 0

    def failed(self, error: OSError) -> None:
        """Report once that the file cannot be written; the requests go on."""
        if not self._failed:
            self._failed = True
            reason = error.strerror or type(error).__name__
            self._telemetry.event("warning", "timing_log_unwritable", setting="TIMING_LOG_FILE", reason=reason)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None and not self._closing.is_set():
                self._thread = Thread(target=self._write_all, name="openrouter-pipe-timing-log", daemon=True)
                self._thread.start()

    def _write_all(self) -> None:
        file, closing = _File(self._file, self), False
        while not closing:
            closing = self._closing.wait(SECONDS)
            while self._waiting:
                file.handle(logging.makeLogRecord({"msg": _line(*self._waiting.popleft()), "levelno": logging.INFO}))
        file.close()


class LoggedStations:
    """Implements TimingScope for one request; records at most MOST_STATIONS."""

    def __init__(self, log: TimingLog, request_id: str) -> None:
        self._log, self._request_id = log, request_id
        self._left = MOST_STATIONS

    def perf(self) -> float:
        """Return the seconds of the performance counter."""
        return self._log.perf()

    def record(self, station: Station) -> None:
        """Leave one line; nothing once the request has used up its stations."""
        if self._left > 0:
            self._left -= 1
            self._log.write(self._request_id, station)


def _line(at: float, perf: float, request_id: str, station: Station) -> str:
    """Write a station as JSON; `at`: seconds since 1970."""
    line: dict[str, object] = {
        "ts": datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds"),
        "perf_ts": perf,
        "event": station.event,
        "label": station.label[:LONGEST_LABEL],
        "request_id": request_id,
    }
    if station.elapsed is not None:
        line["elapsed_ms"] = round(station.elapsed * 1000, 3)
    return json.dumps(line, separators=(",", ":"))


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

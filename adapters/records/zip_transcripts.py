"""A store of records that writes zip files in a thread of its own, which also removes old ones.

What the thread needs is imported there, with the first record.
"""

import atexit
import time
from collections.abc import Callable, Iterator
from queue import Empty, Full, Queue
from threading import Lock, Thread

from adapters.records.options import StoreOptions
from ports.telemetry import Telemetry
from ports.transcripts import Render, Transcript

WAITING, WAITING_BYTES = 500, 64 * 1024 * 1024
"""Transcripts that wait to be written, and roughly the bytes of all of them."""
EXIT_SECONDS, CLOSING_SECONDS = 2.0, 30.0
"""The longest wait for what is not yet written: as the interpreter ends, and otherwise."""
FOLDER, SWITCH = "SESSION_LOG_DIR", "SESSION_LOG_STORE_ENABLED"


class ZipTranscripts:
    """Implements Transcripts. The thread starts with the first transcript; `close` writes what waits and ends it."""

    def __init__(
        self, options: StoreOptions, render: Render, telemetry: Telemetry, *, now: Callable[[], float] = time.time
    ) -> None:
        self._options, self._render, self._telemetry, self._now = options, render, telemetry, now
        self._queue: Queue[Transcript | None] = Queue(WAITING)
        self._lock = Lock()
        self._thread: Thread | None = None
        self._closed, self._bytes = False, 0
        self._warned: set[str] = set()
        self._cleaning: Iterator[int] | None = None

    @property
    def most_entries(self) -> int:
        """Return how many lines, and how many events, one transcript may hold."""
        return self._options.most_entries

    def accept(self, transcript: Transcript) -> None:
        """Hand a transcript to the thread; what does not fit is dropped, with one warning until there is room again."""
        size = transcript.bytes
        with self._lock:
            if self._closed:
                return
            if self._thread is None:
                self._thread = Thread(target=self._run, name="openrouter-pipe-records", daemon=True)
                self._thread.start()
                atexit.register(self._leave)
            fits = self._bytes + size <= WAITING_BYTES or not self._bytes
            if fits:
                try:
                    self._queue.put_nowait(transcript)
                    self._bytes += size
                except Full:
                    fits = False
        if not fits:
            self._warn("records_dropped", "too many are waiting to be written", FOLDER)

    def close(self, seconds: float = CLOSING_SECONDS) -> None:
        """Write what waits and end the thread; blocks until then, at most `seconds`: a disk may hang."""
        with self._lock:
            thread, self._thread, self._closed = self._thread, None, True
        if thread is None:
            return
        atexit.unregister(self._leave)
        until = time.monotonic() + seconds
        try:
            self._queue.put(None, timeout=seconds)
        except Full:
            pass
        thread.join(max(0.0, until - time.monotonic()))
        if thread.is_alive():
            self._warn("records_dropped", "they could not be written in time", FOLDER)

    # --- the thread ---------------------------------------------------------------------------------------

    def _run(self) -> None:
        clean_at = time.monotonic()
        while True:
            wait = 0.0 if self._cleaning is not None else max(0.0, clean_at - time.monotonic())
            try:
                transcript = self._queue.get(timeout=wait) if wait else self._queue.get_nowait()
            except Empty:
                if self._cleaning is None:
                    clean_at = time.monotonic() + self._options.interval
                self._clean()
                continue
            if transcript is None:
                return
            with self._lock:
                self._bytes -= transcript.bytes
            self._keep(transcript)

    def _clean(self) -> None:
        """Look at one more slice of what is stored."""
        try:
            if self._cleaning is None:
                from adapters.records.retention import cleaning

                self._cleaning = cleaning(self._options.root, self._options.days, self._now)
            if next(self._cleaning, None) is None:
                self._cleaning = None
        except Exception as error:  # noqa: BLE001 - the edge of a thread
            self._cleaning = None
            self._failed("records_not_cleaned", error)

    def _keep(self, transcript: Transcript) -> None:
        try:
            from adapters.records.keep import keep

            keep(self._render(transcript), self._options)
        except Exception as error:  # noqa: BLE001 - the edge of a thread: no record is worth a turn
            self._failed("record_not_stored", error)
        else:
            self._warned.clear()

    def _failed(self, event: str, error: Exception) -> None:
        if isinstance(error, ImportError):
            self._warn(event, f"the package {error.name or 'pyzipper'} is missing", SWITCH)
        else:
            reason = getattr(error, "strerror", None) or type(error).__name__
            self._warn(event, str(reason), FOLDER)

    def _warn(self, event: str, reason: str, setting: str) -> None:
        """Log a warning once, until records are stored again."""
        if event not in self._warned:
            self._warned.add(event)
            self._telemetry.event("warning", event, setting=setting, reason=reason)

    def _leave(self) -> None:
        """Write what waits before the interpreter ends, for a moment."""
        self.close(EXIT_SECONDS)

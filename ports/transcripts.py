"""Transcripts: what is recorded of one turn while it runs, and the store that keeps it as a record afterwards.

While the turn runs, only references are kept; a store turns them into text in a thread of its own.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from ports.json_values import JsonObject
from ports.telemetry import Level, LogValue, Redactor

MOST_BYTES = 8 * 1024 * 1024
"""What the lines of one turn may hold, and its events, roughly in bytes."""
LINE_BYTES = 300
"""What one line takes beside its texts."""


@dataclass(frozen=True, slots=True)
class TurnIds:
    """The ids of a turn, empty where unknown. `request_id` is the turn's own, `task` names a background task."""

    request_id: str
    error_id: str
    user_id: str = ""
    chat_id: str = ""
    message_id: str = ""
    session_id: str = ""
    task: str = ""

    def named(self) -> dict[str, str]:
        """Return the ids that are known, by their names in log lines."""
        names = ("request_id", "error_id", "user_id", "chat_id", "message_id", "session_id")
        return {name: value for name in names if (value := getattr(self, name))}


class Ring:
    """A bounded list: the oldest entries give way and are counted in `dropped`."""

    __slots__ = ("_bytes", "_entries", "_most", "dropped")

    def __init__(self, most: int) -> None:
        self._most, self._bytes, self.dropped = most, 0, 0
        self._entries: deque[tuple[object, int]] = deque()

    def add(self, entry: object, size: int) -> None:
        """Append an entry of about `size` bytes."""
        entries = self._entries
        entries.append((entry, size))
        self._bytes += size
        while len(entries) > self._most or self._bytes > MOST_BYTES:
            self._bytes -= entries.popleft()[1]
            self.dropped += 1

    @property
    def bytes(self) -> int:
        """Return roughly the bytes that the entries hold."""
        return self._bytes

    def entries(self) -> tuple[object, ...]:
        """Return what is left, oldest first."""
        return tuple(entry for entry, _ in self._entries)


@dataclass(frozen=True, slots=True)
class Line:
    """A log line; `at` is the clock's value (s)."""

    at: float
    level: Level
    name: str
    values: Mapping[str, LogValue]


class Transcript:
    """One turn while it runs: its log lines, and in `events` what was fed to its machine. Belongs to one event loop.

    `began` and `began_at` are the same moment, as a date and as the clock's value. `mask` masks the secrets that this
    turn knows. `plan`: what was decided before the first event. Once `closed`, it takes no more lines.
    """

    __slots__ = ("_now", "_plan_bytes", "began", "began_at", "closed", "events", "ids", "lines", "mask", "plan")

    def __init__(self, ids: TurnIds, *, mask: Redactor, most: int, began: datetime, now: Callable[[], float]) -> None:
        self.ids, self.mask, self.began, self._now = ids, mask, began, now
        self.began_at = now()
        self.lines, self.events = Ring(most), Ring(most)
        self.plan: object = None
        self._plan_bytes, self.closed = 0, False

    def log(self, level: Level, name: str, values: Mapping[str, LogValue]) -> None:
        """Take a log line."""
        if not self.closed:
            texts = sum(len(value) for value in values.values() if isinstance(value, str))
            self.lines.add(Line(self._now(), level, name, values), LINE_BYTES + texts)

    def planned(self, plan: object, size: int) -> None:
        """Take the plan, of about `size` bytes."""
        self.plan, self._plan_bytes = plan, size

    @property
    def bytes(self) -> int:
        """Return roughly the bytes that it holds."""
        return self.lines.bytes + self.events.bytes + self._plan_bytes


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept of a turn: JSON values without secrets. `ids` are the real ones and never written as they are.

    `meta` describes the record; `logs` and `events` are its lines.
    """

    ids: TurnIds = field(repr=False)
    meta: JsonObject
    logs: tuple[JsonObject, ...]
    events: tuple[JsonObject, ...]


Render = Callable[[Transcript], Record]
"""Turns a finished transcript into a record without secrets. Pure computation, safe in any thread."""


@runtime_checkable
class Transcripts(Protocol):
    """Keeps the records of finished turns. Safe in any thread."""

    @property
    def most_entries(self) -> int:
        """Return how many lines, and how many events, one transcript may hold."""
        ...

    def accept(self, transcript: Transcript) -> None:
        """Keep a finished transcript. Never blocks and never raises: what cannot be kept is dropped and logged."""
        ...

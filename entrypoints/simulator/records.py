"""Records of the requests the simulator got and how each of them ended, for tests."""

from collections import deque
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

MASKED = frozenset({"authorization", "proxy-authorization", "cookie"})


GATEWAY_TIMEOUTS = frozenset({408, 504, 524})
"""Statuses with which upstream's edge gives up a call: it does not say whether the model answers."""


class Fate(Enum):
    """What became of a request. UNREAD: the caller left before its body was complete. CUT: the caller, the connection
    or the edge gave it up before the head of an answer was sent, so nobody was told its id. REFUSED: an error was sent.
    ANSWERED: the head of an answer was sent.
    """

    UNREAD = "unread"
    CUT = "cut"
    REFUSED = "refused"
    ANSWERED = "answered"


@dataclass(slots=True, eq=False)
class RequestRecord:
    """One request; its record is updated while the request is answered.

    Times are seconds of the monotonic clock. `finished`: the answer was sent to its end, which may be a reset by the
    scenario. `closed_by_client`: the caller disconnected before that. `ended_at` is set in both cases. `answered_at`:
    when the head of the answer had been written to the connection, None if it never was. `was_read`: the whole body
    arrived. `key`: the one that the caller brought.
    """

    method: str
    path: str
    headers: dict[str, str]
    started_at: float
    body: Any = None
    model: str | None = None
    status: int | None = None
    generation_id: str | None = None
    finished: bool = False
    closed_by_client: bool = False
    ended_at: float | None = None
    answered_at: float | None = None
    key: str = field(default="", repr=False)
    was_read: bool = False

    @property
    def fate(self) -> Fate:
        """What became of the request, once it has ended."""
        if not self.was_read:
            return Fate.UNREAD
        if self.answered_at is None or self.status in GATEWAY_TIMEOUTS:
            return Fate.CUT
        return Fate.REFUSED if self.status is None or self.status >= 400 else Fate.ANSWERED


CURRENT: ContextVar[RequestRecord] = ContextVar("simulator_request")
"""The record of the request that the current task answers."""


def masked(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Copy headers with credentials masked: only their scheme stays."""
    return {name: f"{value.partition(' ')[0]} ***" if name.lower() in MASKED else value for name, value in headers}


def key_of(headers: Mapping[str, str]) -> str:
    """Return the key that a request brings, empty if it brings none."""
    scheme, _, key = headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


class RecordLog:
    """Records of the newest requests; their number and the total size of their bodies are bounded."""

    def __init__(self, limit: int = 4096, body_bytes: int = 32 * 1024 * 1024) -> None:
        self._records: deque[RequestRecord] = deque(maxlen=limit)
        self._bodies: deque[tuple[RequestRecord, int]] = deque()
        self._limit, self._room = limit, body_bytes

    def add(self, record: RequestRecord) -> None:
        """Add `record`; drop the oldest one if there are too many."""
        self._records.append(record)

    def keep_body(self, record: RequestRecord, body: Any, length: int) -> None:
        """Attach a decoded body of `length` bytes; drop the oldest bodies if they exceed the limit."""
        record.body, record.was_read = body, True
        self._bodies.append((record, length))
        self._room -= length
        while len(self._bodies) > 1 and (self._room < 0 or len(self._bodies) > self._limit):
            old, freed = self._bodies.popleft()
            old.body = None
            self._room += freed

    def snapshot(self) -> list[RequestRecord]:
        """Return the records, oldest first; safe to call from another thread."""
        return list(self._records)

    def clear(self) -> None:
        """Remove all records."""
        while self._bodies:
            self._room += self._bodies.pop()[1]
        self._records.clear()

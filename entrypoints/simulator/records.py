"""What the simulator was asked and how each request ended, for the tests that watch it."""

from collections import deque
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

MASKED = frozenset({"authorization", "proxy-authorization", "cookie"})


@dataclass(slots=True, eq=False)
class RequestRecord:
    """One request, updated while it is being answered.

    Times are seconds of the monotonic clock. `finished`: the answer was given to its end, also where the scenario's
    end is a cut. `closed_by_client`: the caller went away before that. `ended_at` is set in both cases.
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


CURRENT: ContextVar[RequestRecord] = ContextVar("simulator_request")
"""The record of the request that the running task answers."""


def masked(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Copy headers; of credentials only the scheme stays."""
    return {name: f"{value.partition(' ')[0]} ***" if name.lower() in MASKED else value for name, value in headers}


class RecordLog:
    """The newest requests; both their number and the bytes of their bodies are bounded."""

    def __init__(self, limit: int = 4096, body_bytes: int = 32 * 1024 * 1024) -> None:
        self._records: deque[RequestRecord] = deque(maxlen=limit)
        self._bodies: deque[tuple[RequestRecord, int]] = deque()
        self._limit, self._room = limit, body_bytes

    def add(self, record: RequestRecord) -> None:
        """Keep `record`, dropping the oldest when there are too many."""
        self._records.append(record)

    def keep_body(self, record: RequestRecord, body: Any, length: int) -> None:
        """Attach a decoded body of `length` bytes; the oldest bodies are let go when there is no room."""
        record.body = body
        self._bodies.append((record, length))
        self._room -= length
        while len(self._bodies) > 1 and (self._room < 0 or len(self._bodies) > self._limit):
            old, freed = self._bodies.popleft()
            old.body = None
            self._room += freed

    def snapshot(self) -> list[RequestRecord]:
        """List the records, oldest first; safe to call from another thread."""
        return list(self._records)

    def clear(self) -> None:
        """Forget all."""
        while self._bodies:
            self._room += self._bodies.pop()[1]
        self._records.clear()

"""Artifacts in memory: for temporary chats, and for all chats while no database can be opened."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock

from ports.artifacts import (
    RECALL_BYTES,
    ROW_BYTES,
    Artifact,
    ArtifactsUnavailable,
    counted_bytes,
    fitting,
    newest_turns,
)
from ports.cipher import Sealed
from ports.clock import Clock
from ports.retention import REFUSED, StoredChat


@dataclass(slots=True)
class _Turn:
    """The rows of one turn by id; the turn expires at `until` (monotonic clock)."""

    until: float
    rows: dict[str, Artifact] = field(default_factory=dict)

    def bytes(self) -> int:
        return sum(_bytes(row) for row in self.rows.values())


class MemoryArtifacts:
    """Implements ArtifactStore. A turn leaves `lifetime` seconds after its first row came, or for newer turns' sake.

    Holds at most `max_rows` rows and `max_bytes` bytes, ids included; the oldest turns leave first, whole.
    """

    def __init__(
        self, clock: Clock, *, lifetime: float = 3600.0, max_rows: int = 20_000, max_bytes: int = 64 * 1024 * 1024
    ) -> None:
        self._clock = clock
        self._lifetime = lifetime
        self._max_rows = max_rows
        self._max_bytes = max_bytes
        self._turns: dict[tuple[str, str], _Turn] = {}
        self._homes: dict[tuple[str, str], tuple[str, str]] = {}
        self._bytes = 0
        self._lock = Lock()

    async def put(self, rows: Sequence[Artifact]) -> None:
        """Store rows; rows that exceed a bound on their own are refused as "full"."""
        if any(row.has_long_id() for row in rows):
            raise ArtifactsUnavailable(REFUSED)
        with self._lock:
            self._expire()
            new = {(row.namespace, row.id): row for row in reversed(rows)}
            fresh = [row for key, row in reversed(new.items()) if key not in self._homes]
            size = sum(_bytes(row) for row in fresh)
            if len(fresh) > self._max_rows or size > self._max_bytes:
                raise ArtifactsUnavailable("full")
            while self._turns and (
                len(self._homes) + len(fresh) > self._max_rows or self._bytes + size > self._max_bytes
            ):
                self._drop(next(iter(self._turns)))
            for row in fresh:
                self._keep(row)

    async def find(
        self,
        namespace: str,
        user_id: str,
        *,
        turn_ids: Collection[str],
        fingerprints: Collection[str],
        limit: int,
        most_bytes: int = RECALL_BYTES,
    ) -> tuple[Artifact, ...]:
        """Search the stored rows."""
        turns, prints = frozenset(turn_ids), frozenset(fingerprints) - {""}
        with self._lock:
            self._expire()
            owned = [row for row in self._rows(namespace) if row.user_id == user_id]
        printed = {row.turn_id for row in owned if row.fingerprint in prints}
        wanted = [row for row in owned if row.turn_id in turns or row.turn_id in printed]
        wanted = newest_turns(wanted, most_bytes, limit=limit)
        return tuple(sorted(wanted, key=lambda row: (row.turn_id, row.ordinal, row.id)))

    async def trim(self, namespace: str, user_id: str, most_bytes: int, limit: int) -> int:
        """Delete an owner's oldest turns."""
        with self._lock:
            owned = [row for row in self._rows(namespace) if row.user_id == user_id]
            kept = {row.id for row in newest_turns(owned, most_bytes, lambda row: len(row.sealed.payload) + ROW_BYTES)}
        return self._forget(namespace, lambda row: row.user_id == user_id and row.id not in kept, limit)

    async def touch(self, namespace: str, turn_ids: Collection[str], at: datetime) -> None:
        """Set the time; the turn's expiry in memory does not change."""
        self._change(namespace, turn_ids, lambda row: replace(row, touched_at=at))

    async def unbind(self, namespace: str, turn_ids: Collection[str]) -> None:
        """Clear the chat and message ids of the rows of turns."""
        self._change(namespace, turn_ids, lambda row: replace(row, chat_id="", message_id=""))

    async def delete(self, namespace: str, user_id: str, turn_ids: Collection[str], kinds: Collection[str]) -> int:
        """Delete an owner's rows of these turns and kinds."""
        turns, named = frozenset(turn_ids), frozenset(kinds)
        return self._forget(
            namespace, lambda row: row.user_id == user_id and row.turn_id in turns and row.kind in named, None
        )

    async def delete_untouched(self, namespace: str, before: datetime, limit: int) -> int:
        """Delete old turns, oldest first; a turn is split only if it is larger than `limit`."""
        with self._lock:
            ages = [
                (max(_touched(row) for row in turn.rows.values()), key)
                for key, turn in self._turns.items()
                if key[0] == namespace
            ]
            count = 0
            for touched, key in sorted(ages):
                rows = list(self._turns[key].rows.values())
                if touched >= before or (count and count + len(rows) > limit):
                    break
                for row in rows[: limit - count]:
                    self._remove(row)
                count += min(len(rows), limit - count)
            return count

    async def chats(self, namespace: str, after: str, limit: int) -> tuple[StoredChat, ...]:
        """List chats."""
        newest: dict[str, datetime] = {}
        with self._lock:
            self._expire()
            for row in self._rows(namespace):
                if row.chat_id > after:
                    newest[row.chat_id] = max(row.created_at, newest.get(row.chat_id, row.created_at))
        return tuple(StoredChat(chat_id, newest[chat_id]) for chat_id in sorted(newest)[:limit])

    async def delete_chat(self, namespace: str, chat_id: str, limit: int) -> int:
        """Delete rows of a chat."""
        return self._forget(namespace, lambda row: row.chat_id == chat_id, limit)

    async def delete_person(self, namespace: str, user_id: str, limit: int) -> int:
        """Delete rows of an owner."""
        return self._forget(namespace, lambda row: row.user_id == user_id, limit)

    async def sealed_otherwise(
        self, namespace: str, key_id: str, after: str, limit: int, most_bytes: int = RECALL_BYTES
    ) -> tuple[Artifact, ...]:
        """List rows sealed with other keys."""
        with self._lock:
            self._expire()
            rows = [row for row in self._rows(namespace) if row.sealed.key_id != key_id and row.id > after]
        chosen = sorted(rows, key=lambda row: row.id)[:limit]
        return tuple(chosen[: fitting([counted_bytes(row) for row in chosen], most_bytes)])

    async def key_ids(self, namespace: str = "") -> frozenset[str]:
        """Collect the keys in use."""
        with self._lock:
            self._expire()
            turns = [turn for (kept_in, _), turn in self._turns.items() if namespace in ("", kept_in)]
        return frozenset(row.sealed.key_id for turn in turns for row in turn.rows.values())

    async def reseal(self, namespace: str, resealed: Sequence[tuple[Artifact, Sealed]]) -> int:
        """Replace seals by compare-and-swap."""
        count = 0
        with self._lock:
            for row, seal in resealed:
                home = self._homes.get((namespace, row.id))
                kept = self._turns[home].rows if home else {}
                if row.id in kept and kept[row.id].sealed == row.sealed:
                    self._bytes += (
                        len(seal.payload) - len(row.sealed.payload) + len(seal.key_id) - len(row.sealed.key_id)
                    )
                    kept[row.id] = replace(kept[row.id], sealed=seal)
                    count += 1
        return count

    def purge(self) -> None:
        """Delete expired turns; every other method does this first."""
        with self._lock:
            self._expire()

    def _rows(self, namespace: str) -> Iterator[Artifact]:
        for (kept_in, _), turn in self._turns.items():
            if kept_in == namespace:
                yield from turn.rows.values()

    def _keep(self, row: Artifact) -> None:
        home = (row.namespace, row.turn_id)
        if home not in self._turns:
            self._turns[home] = _Turn(self._clock.monotonic() + self._lifetime)
        self._turns[home].rows[row.id] = row
        self._homes[row.namespace, row.id] = home
        self._bytes += _bytes(row)

    def _change(self, namespace: str, turn_ids: Collection[str], changed: Callable[[Artifact], Artifact]) -> None:
        with self._lock:
            for turn_id in turn_ids:
                if turn := self._turns.get((namespace, turn_id)):
                    before = turn.bytes()
                    turn.rows = {key: changed(row) for key, row in turn.rows.items()}
                    self._bytes += turn.bytes() - before

    def _forget(self, namespace: str, which: Callable[[Artifact], bool], limit: int | None) -> int:
        with self._lock:
            rows = [row for row in self._rows(namespace) if which(row)]
            rows = sorted(rows, key=lambda row: row.turn_id)[:limit]
            for row in rows:
                self._remove(row)
            return len(rows)

    def _remove(self, row: Artifact) -> None:
        home = self._homes.pop((row.namespace, row.id))
        turn = self._turns[home]
        self._bytes -= _bytes(turn.rows.pop(row.id))
        if not turn.rows:
            del self._turns[home]

    def _drop(self, home: tuple[str, str]) -> None:
        turn = self._turns.pop(home)
        self._bytes -= turn.bytes()
        for row_id in turn.rows:
            del self._homes[home[0], row_id]

    def _expire(self) -> None:
        now = self._clock.monotonic()
        while self._turns and next(iter(self._turns.values())).until <= now:
            self._drop(next(iter(self._turns)))


def _bytes(row: Artifact) -> int:
    """Return what a row takes in memory, roughly; an id counts by its characters."""
    texts = (row.id, row.namespace, row.turn_id, row.kind, row.model, row.user_id, row.chat_id, row.message_id)
    return ROW_BYTES + len(row.sealed.payload) + len(row.sealed.key_id) + len(row.fingerprint) + sum(map(len, texts))


def _touched(row: Artifact) -> datetime:
    return row.touched_at or row.created_at

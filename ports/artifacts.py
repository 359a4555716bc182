"""What a turn leaves behind for later turns of its conversation: thinking, tool calls, their results.

Storage sees sealed bytes and a key id, never a text. A turn's rows are written together and come back together, so a
reader never meets half a turn. Every read names the owner: a reference alone is no permission (law 12).

Three ports by role: a turn's access, retention, rotation of keys. One adapter may implement all three. A fourth is for
a queue that stands before a store and hands rows over later.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from ports.cipher import Sealed
from ports.retention import RetainedRows, has_long_id

RECALL_BYTES = 16 * 1024 * 1024
"""What one lookup returns at most; a row counts by its stored or its original bytes, whichever are more."""
ROW_BYTES = 512
"""What a row takes beside its payload, roughly: ids, times and entries of indexes."""


def fitting(sizes: Sequence[int], most_bytes: int) -> int:
    """Return how many of the first sizes fit into `most_bytes`; one at least, so that whoever pages goes on."""
    total = 0
    for count, size in enumerate(sizes):
        total += size
        if total > most_bytes and count:
            return count
    return len(sizes)


@dataclass(frozen=True, slots=True)
class Artifact:
    """One row: an item of a turn. Identified by (`namespace`, `id`); `id` and `turn_id` are ULIDs.

    `ordinal` counts a turn's rows from 0 in the order they go upstream. `kind` is the item's type upstream. `model` is
    the slug that answered. `fingerprint` is the turn's, the same on all its rows, empty for none. `chat_id` and
    `message_id` are empty for callers without a chat; `user_id` is the owner, empty only where callers have no id.
    Times are aware, UTC; `touched_at` None stands for `created_at`.
    """

    id: str
    namespace: str
    turn_id: str
    ordinal: int
    kind: str
    model: str
    user_id: str
    sealed: Sealed
    created_at: datetime
    chat_id: str = ""
    message_id: str = ""
    fingerprint: str = ""
    touched_at: datetime | None = None

    def has_long_id(self) -> bool:
        """Return whether the row is to be refused for an id that is too long."""
        texts = (self.id, self.namespace, self.turn_id, self.kind, self.model, self.user_id)
        return has_long_id(*texts, self.chat_id, self.message_id, self.fingerprint)


def counted_bytes(row: Artifact) -> int:
    """Return what a row counts in a lookup: its stored or its original bytes, whichever are more."""
    return max(row.sealed.size, len(row.sealed.payload))


def newest_turns(
    rows: Iterable[Artifact], most_bytes: int, size: Callable[[Artifact], int] = counted_bytes, limit: int | None = None
) -> list[Artifact]:
    """Return the rows of the newest turns up to so many bytes and rows together, whole turns only."""
    turns: dict[str, list[Artifact]] = {}
    for row in rows:
        turns.setdefault(row.turn_id, []).append(row)
    kept: list[Artifact] = []
    for turn_id in sorted(turns, reverse=True):
        most_bytes -= sum(map(size, turns[turn_id]))
        if most_bytes < 0 or (limit is not None and len(kept) + len(turns[turn_id]) > limit):
            break
        kept += turns[turn_id]
    return kept


class ArtifactsError(Exception):
    """The store could not do it; nothing was changed. `reason` names the kind of failure, without data or secrets."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"artifacts: {reason}")
        self.reason = reason


class ArtifactsUnavailable(ArtifactsError):
    """Not reachable now (missing, locked, full, down); the same call may succeed later."""


class ArtifactsReadOnly(ArtifactsError):
    """May be read but not written: the file is read-only, or its schema is newer than this code."""


@runtime_checkable
class TurnArtifacts(Protocol):
    """What a turn does with artifacts. Safe to use from many tasks, event loops and processes at once."""

    async def put(self, rows: Sequence[Artifact]) -> None:
        """Write rows together: all or none, in one transaction. A row whose id is there already is left as it is.

        A row with a long id is refused: ArtifactsUnavailable with the reason REFUSED.
        """
        ...

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
        """Return this owner's rows of the named turns, and of turns with one of the fingerprints; in one query.

        By turn, then ordinal; of turns beyond `limit` rows or `most_bytes` nothing, the newest turns first in line. No
        payload beyond that is read. Both collections may hold thousands, and anything a caller sent.
        """
        ...

    async def trim(self, namespace: str, user_id: str, most_bytes: int, limit: int) -> int:
        """Delete up to `limit` rows of this owner's oldest turns, while all turns take more than `most_bytes`.

        Returns how many; 0 once the rest fits. A row takes its payload and ROW_BYTES.
        """
        ...

    async def touch(self, namespace: str, turn_ids: Collection[str], at: datetime) -> None:
        """Set `touched_at` of the rows of these turns."""
        ...

    async def unbind(self, namespace: str, turn_ids: Collection[str]) -> None:
        """Take chat and message off the rows of these turns, as several chats use them; age alone ends them then."""
        ...

    async def delete(self, namespace: str, user_id: str, turn_ids: Collection[str], kinds: Collection[str]) -> int:
        """Delete this owner's rows of these turns and kinds; return how many."""
        ...


@runtime_checkable
class ArtifactRetention(RetainedRows, Protocol):
    """What a cleaning does with artifacts. Raises ArtifactsError; safe to use like TurnArtifacts."""

    async def delete_untouched(self, namespace: str, before: datetime, limit: int) -> int:
        """Delete up to `limit` rows last touched before a time, whole turns first; return how many."""
        ...


@runtime_checkable
class ArtifactKeyRotation(Protocol):
    """What a rotation of keys does with artifacts. Raises ArtifactsError; safe to use like TurnArtifacts."""

    async def sealed_otherwise(
        self, namespace: str, key_id: str, after: str, limit: int, most_bytes: int = RECALL_BYTES
    ) -> tuple[Artifact, ...]:
        """Return rows sealed with another key than `key_id`, in the order of their ids, ids greater than `after`.

        Up to `limit` rows and `most_bytes`, counted as in `find`; one row at least, whatever its size.
        """
        ...

    async def key_ids(self, namespace: str = "") -> frozenset[str]:
        """Return the ids of the keys that rows are sealed with, "" for clear rows; of all namespaces if none is named.

        Over all namespaces it may read the whole table: only for what is rare.
        """
        ...

    async def reseal(self, namespace: str, resealed: Sequence[tuple[Artifact, Sealed]]) -> int:
        """Give rows another seal, unless they were changed since they were read; return how many. All or none."""
        ...


@runtime_checkable
class ArtifactStore(TurnArtifacts, ArtifactRetention, ArtifactKeyRotation, Protocol):
    """All three roles in one adapter, for whoever opens a store; a use case asks for the role it needs."""


@runtime_checkable
class ArtifactHandover(Protocol):
    """What a store offers to a queue before it. Raises ArtifactsError; safe to use like TurnArtifacts.

    Whoever deletes rows that may still be queued takes them from the queue, waits for `passed`, and then deletes: a
    `take_over` on any worker has either stored them by then, or does not get them from `read` any more.
    """

    async def take_over(self, namespace: str, read: Callable[[], Awaitable[Sequence[Artifact]]]) -> None:
        """Write the rows of a namespace that `read` returns, like `put`; `read` is called within the transaction.

        Raises what `read` raises, and then nothing was written. `read` must be quick: others may wait for it.
        """
        ...

    async def passed(self, namespace: str) -> None:
        """Return once no `take_over` is under way that began earlier."""
        ...


@runtime_checkable
class QueuedArtifactStore(ArtifactStore, ArtifactHandover, Protocol):
    """A store that a queue can stand before."""

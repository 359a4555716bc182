"""What this worker has put into the queue and does not know to be in the database yet.

Redis may come back empty; then these are the only copies. Bounded: a worker that holds too much writes to the database
at once instead.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ports.artifacts import ROW_BYTES, Artifact

MOST_ROWS = 2_000
MOST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Put:
    """The rows of one `put`, and the life of the queue they went into."""

    rows: tuple[Artifact, ...]
    life: str


class Unflushed:
    """The puts of one namespace, oldest first."""

    def __init__(self) -> None:
        self._puts: dict[str, Put] = {}  # by the id of the first row
        self._rows, self._bytes = 0, 0

    def __iter__(self) -> Iterator[Put]:
        return iter(tuple(self._puts.values()))

    def __len__(self) -> int:
        return self._rows

    def has_room(self, rows: Sequence[Artifact]) -> bool:
        """Return whether rows may be added."""
        return self._rows + len(rows) <= MOST_ROWS and self._bytes + _bytes(rows) <= MOST_BYTES

    def add(self, rows: Sequence[Artifact], life: str) -> None:
        """Keep the rows of a put."""
        self.discard([rows[0].id])
        self._puts[rows[0].id] = Put(tuple(rows), life)
        self._rows += len(rows)
        self._bytes += _bytes(rows)

    def discard(self, ids: Collection[str]) -> None:
        """Let go of the puts that begin with these rows, if they are kept."""
        for row_id in ids:
            if (put := self._puts.pop(row_id, None)) is not None:
                self._rows -= len(put.rows)
                self._bytes -= _bytes(put.rows)

    def find(
        self, user_id: str, turn_ids: Collection[str], fingerprints: Collection[str]
    ) -> dict[str, tuple[Artifact, ...]]:
        """Return this person's turns of these ids or fingerprints."""
        turns: dict[str, tuple[Artifact, ...]] = {}
        for put in self._puts.values():
            for row in put.rows:
                printed = bool(row.fingerprint) and row.fingerprint in fingerprints
                if row.user_id == user_id and (row.turn_id in turn_ids or printed):
                    turns[row.turn_id] = (*turns.get(row.turn_id, ()), row)
        return turns


def _bytes(rows: Sequence[Artifact]) -> int:
    return sum(len(row.sealed.payload) + ROW_BYTES for row in rows)

"""Short-lived copies of ledger entries, for other programs that watch what is spent."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from ports.ledger import Entry


@dataclass(frozen=True, slots=True)
class CostSnapshot:
    """One attempt that was sent, at its end. `model` is its name as people choose it, `seconds` the snapshot's life.

    `email` and `name` are the person's, both empty unless the operator wants them.
    """

    entry: Entry
    model: str
    seconds: int
    email: str = field(default="", repr=False)
    name: str = field(default="", repr=False)


class CostSnapshotsUnavailable(Exception):
    """The snapshots cannot be written now. `reason` contains no data."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"cost snapshots: {reason}")
        self.reason = reason


@runtime_checkable
class CostSnapshots(Protocol):
    """Stores snapshots, each under a key of its own that expires by itself. Safe to use from many tasks at once."""

    async def put(self, snapshots: Collection[CostSnapshot]) -> None:
        """Store snapshots; writing one again replaces it. Raises CostSnapshotsUnavailable."""
        ...

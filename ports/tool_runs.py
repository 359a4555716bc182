"""The state of started tool calls: the basis of "at most once" (law 6)."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol, runtime_checkable

from ports.cipher import Sealed
from ports.retention import RetainedRows, has_long_id


class RunState(Enum):
    """STARTED: the tool may have had its effect. FINISHED: it has had it. SETTLED: the run's turn has ended."""

    STARTED = "started"
    FINISHED = "finished"
    SETTLED = "settled"


RUN_BYTES = 512
"""What a run takes beside its payload, roughly: ids, times and entries of indexes."""
NOT_KEPT = Sealed(b"", codec=0)
"""The `kept` value of a finished run whose result was not stored."""


@dataclass(frozen=True, slots=True)
class ToolRun:
    """One call of one turn. The key is (`namespace`, `turn_id`, `call_id`, `arguments_hash`); hashes are hex text.

    `kept` is the sealed call with its result, for finished runs only. None: the run has not finished, its turn is
    settled, or an older release stored no results.

    `older_hashes`: other forms of `arguments_hash` under which the same call may be recorded. They are not stored.
    """

    namespace: str
    turn_id: str
    call_id: str
    arguments_hash: str
    name: str
    user_id: str
    started_at: datetime
    chat_id: str = ""
    message_id: str = ""
    state: RunState = RunState.STARTED
    kept: Sealed | None = None
    older_hashes: tuple[str, ...] = field(default=(), compare=False)

    def has_long_id(self) -> bool:
        """Return whether the run is to be refused for an id that is too long."""
        texts = (self.namespace, self.turn_id, self.call_id, self.arguments_hash, self.name)
        return has_long_id(*texts, self.user_id, self.chat_id, self.message_id)


@dataclass(frozen=True, slots=True)
class RunBounds:
    """What may be stored of one owner's runs. A run takes RUN_BYTES and the payload of `kept`.

    `spared`: a turn that is running. `idle_before`: a run that started earlier is not running any more.
    """

    most_bytes: int
    most_rows: int
    idle_before: datetime
    spared: str = ""


class ToolRunsUnavailable(Exception):
    """The state cannot be stored or read. `reason` contains no data."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"tool runs: {reason}")
        self.reason = reason


@runtime_checkable
class ToolRuns(Protocol):
    """Stores the state of tool runs. Safe to use from many tasks and processes at once."""

    async def start(self, runs: Collection[ToolRun]) -> frozenset[str]:
        """Store runs as started, in one transaction, and return the call ids that were new.

        A run is not new either if it is stored under one of its `older_hashes`.

        Durable once it returns: of any number of callers with the same key, exactly one gets the call id back as new,
        even if processes crash. Raises ToolRunsUnavailable, and then nothing was stored; with the reason REFUSED if it
        is for one of the runs, such as its long id.
        """
        ...

    async def finish(self, runs: Collection[ToolRun]) -> None:
        """Mark started runs as finished and store the `kept` value of each; runs of settled turns do not change.

        A run that was stored under one of its `older_hashes` is marked too.

        Raises ToolRunsUnavailable.
        """
        ...

    async def settle(self, namespace: str, turn_id: str) -> None:
        """Mark all runs of a turn as settled and delete their stored results. Raises ToolRunsUnavailable."""
        ...

    async def unsettled(
        self, namespace: str, user_id: str, *, chat_id: str, turn_ids: Collection[str], limit: int
    ) -> tuple[ToolRun, ...]:
        """Return the owner's runs without a settled turn: those of the chat (if not empty) and those of `turn_ids`.

        Includes started runs, and finished runs whose `kept` is not None (NOT_KEPT included). The newest `limit`,
        oldest first. Raises ToolRunsUnavailable.
        """
        ...

    async def trim(self, namespace: str, user_id: str, bounds: RunBounds, limit: int) -> int:
        """Delete up to `limit` of the owner's oldest runs beyond the bounds, counted from the newest run.

        Never deletes a run of the turn that is spared, nor one that started after `idle_before` and has not finished.
        Returns how many; 0 once there is nothing to delete. Raises ToolRunsUnavailable.
        """
        ...


@runtime_checkable
class ToolRunRetention(RetainedRows, Protocol):
    """What a cleaning does with runs. Raises ToolRunsUnavailable; safe to use like ToolRuns."""

    async def delete_before(self, namespace: str, before: datetime, limit: int) -> int:
        """Delete up to `limit` runs started before a time; return how many."""
        ...


@runtime_checkable
class ToolRunStore(ToolRuns, ToolRunRetention, Protocol):
    """Both roles in one adapter, for whoever opens a store."""

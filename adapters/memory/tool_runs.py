"""Runs of tools, remembered by one process."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from threading import Lock

from ports.tool_runs import RunState, ToolRun, ToolRunsUnavailable

Key = tuple[str, str, str, str]


class MemoryToolRuns:
    """Implements ToolRuns; of more than `most` the oldest finished ones leave, unfinished ones never."""

    def __init__(self, *, most: int = 10_000) -> None:
        self._runs: dict[Key, ToolRun] = {}
        self._most = most
        self._lock = Lock()

    async def start(self, runs: Collection[ToolRun]) -> frozenset[str]:
        """Remember runs."""
        with self._lock:
            new = {_key(run): run for run in reversed(list(runs)) if _key(run) not in self._runs}
            self._make_room(len(new))
            self._runs |= {key: replace(run, state=RunState.STARTED) for key, run in new.items()}
            return frozenset(run.call_id for run in new.values())

    async def finish(self, runs: Collection[ToolRun]) -> None:
        """Mark runs."""
        with self._lock:
            for key in map(_key, runs):
                if key in self._runs:
                    self._runs[key] = replace(self._runs[key], state=RunState.FINISHED)

    async def unfinished(
        self, namespace: str, user_id: str, *, chat_id: str, turn_ids: Collection[str], limit: int
    ) -> tuple[ToolRun, ...]:
        """Look through them."""
        turns = frozenset(turn_ids)
        with self._lock:
            found = [
                run
                for run in self._runs.values()
                if (run.namespace, run.user_id, run.state) == (namespace, user_id, RunState.STARTED)
                and (run.turn_id in turns or (chat_id and run.chat_id == chat_id))
            ]
        return tuple(sorted(found, key=lambda run: (run.started_at, run.turn_id, run.call_id))[:limit])

    async def delete_before(self, namespace: str, before: datetime, limit: int) -> int:
        """Forget the oldest."""
        with self._lock:
            old = [run for run in self._runs.values() if run.namespace == namespace and run.started_at < before]
            old = sorted(old, key=lambda run: run.started_at)[:limit]
            for run in old:
                del self._runs[_key(run)]
            return len(old)

    def _make_room(self, count: int) -> None:
        excess = len(self._runs) + count - self._most
        if excess > 0:
            finished = [key for key, run in self._runs.items() if run.state is RunState.FINISHED]
            if len(finished) < excess:
                raise ToolRunsUnavailable("full")
            for key in finished[:excess]:
                del self._runs[key]


def _key(run: ToolRun) -> Key:
    return run.namespace, run.turn_id, run.call_id, run.arguments_hash

"""Tool runs in the memory of one process."""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from threading import Lock

from ports.retention import StoredChat
from ports.tool_runs import RunState, ToolRun, ToolRunsUnavailable

Key = tuple[str, str, str, str]


class MemoryToolRuns:
    """Implements ToolRunStore. Beyond `most` runs the oldest finished ones are evicted, started ones never."""

    def __init__(self, *, most: int = 10_000) -> None:
        self._runs: dict[Key, ToolRun] = {}
        self._most = most
        self._lock = Lock()

    async def start(self, runs: Collection[ToolRun]) -> frozenset[str]:
        """Store runs as started."""
        with self._lock:
            new = {_key(run): run for run in reversed(list(runs)) if _key(run) not in self._runs}
            self._make_room(len(new))
            self._runs |= {key: replace(run, state=RunState.STARTED, kept=None) for key, run in new.items()}
            return frozenset(run.call_id for run in new.values())

    async def finish(self, runs: Collection[ToolRun]) -> None:
        """Mark runs as finished."""
        with self._lock:
            for run in runs:
                known = self._runs.get(_key(run))
                if known is not None and known.state is RunState.STARTED:
                    self._runs[_key(run)] = replace(known, state=RunState.FINISHED, kept=run.kept)

    async def settle(self, namespace: str, turn_id: str) -> None:
        """Mark all runs of a turn as settled."""
        with self._lock:
            for key, run in self._runs.items():
                if (run.namespace, run.turn_id) == (namespace, turn_id):
                    self._runs[key] = replace(run, state=RunState.SETTLED, kept=None)

    async def unsettled(
        self, namespace: str, user_id: str, *, chat_id: str, turn_ids: Collection[str], limit: int
    ) -> tuple[ToolRun, ...]:
        """Search the stored runs."""
        turns = frozenset(turn_ids)
        with self._lock:
            found = [
                run
                for run in self._runs.values()
                if (run.namespace, run.user_id) == (namespace, user_id)
                and (run.state is RunState.STARTED or run.kept is not None)
                and (run.turn_id in turns or (chat_id and run.chat_id == chat_id))
            ]
        newest = sorted(found, key=lambda run: (run.started_at, run.turn_id, run.call_id), reverse=True)
        return tuple(reversed(newest[:limit]))

    async def delete_before(self, namespace: str, before: datetime, limit: int) -> int:
        """Delete the oldest runs."""
        return self._forget(namespace, lambda run: run.started_at < before, limit)

    async def chats(self, namespace: str, after: str, limit: int) -> tuple[StoredChat, ...]:
        """List chats."""
        newest: dict[str, datetime] = {}
        with self._lock:
            for run in self._runs.values():
                if run.namespace == namespace and run.chat_id > after:
                    newest[run.chat_id] = max(run.started_at, newest.get(run.chat_id, run.started_at))
        return tuple(StoredChat(chat_id, newest[chat_id]) for chat_id in sorted(newest)[:limit])

    async def delete_chat(self, namespace: str, chat_id: str, limit: int) -> int:
        """Delete runs of a chat."""
        return self._forget(namespace, lambda run: run.chat_id == chat_id, limit)

    async def delete_person(self, namespace: str, user_id: str, limit: int) -> int:
        """Delete runs of an owner."""
        return self._forget(namespace, lambda run: run.user_id == user_id, limit)

    def _forget(self, namespace: str, which: Callable[[ToolRun], bool], limit: int) -> int:
        with self._lock:
            chosen = [run for run in self._runs.values() if run.namespace == namespace and which(run)]
            chosen = sorted(chosen, key=lambda run: run.started_at)[:limit]
            for run in chosen:
                del self._runs[_key(run)]
            return len(chosen)

    def _make_room(self, count: int) -> None:
        excess = len(self._runs) + count - self._most
        if excess > 0:
            finished = [key for key, run in self._runs.items() if run.state is not RunState.STARTED]
            if len(finished) < excess:
                raise ToolRunsUnavailable("full")
            for key in finished[:excess]:
                del self._runs[key]


def _key(run: ToolRun) -> Key:
    return run.namespace, run.turn_id, run.call_id, run.arguments_hash

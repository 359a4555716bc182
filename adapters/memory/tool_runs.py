"""Tool runs in the memory of one process."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Lock

from ports.retention import REFUSED, StoredChat
from ports.tool_runs import RUN_BYTES, RunBounds, RunState, ToolRun, ToolRunsUnavailable

Key = tuple[str, str, str, str]
Owner = tuple[str, str]
_NEVER = datetime(1970, 1, 2, tzinfo=UTC)


class MemoryToolRuns:
    """Implements ToolRunStore. A run leaves `lifetime` after its start, measured by the starts of newer ones.

    Beyond `most_each` runs of one person that person's oldest finished ones are evicted, beyond `most` of all those of
    anybody. Started ones are never evicted: who has too many is refused, and the others go on.
    """

    def __init__(self, *, most: int = 20_000, most_each: int = 1_000, lifetime: timedelta = timedelta(hours=3)) -> None:
        self._runs: dict[Key, ToolRun] = {}
        self._each: Counter[Owner] = Counter()
        self._most, self._most_each, self._lifetime = most, most_each, lifetime
        self._lock = Lock()

    async def start(self, runs: Collection[ToolRun]) -> frozenset[str]:
        """Store runs as started."""
        if any(run.has_long_id() for run in runs):
            raise ToolRunsUnavailable(REFUSED)
        with self._lock:
            self._expire(runs)
            new = {_key(run): run for run in reversed(list(runs)) if not self._runs.keys() & _keys(run)}
            self._make_room(new.values())
            self._each.update(map(_owner, new.values()))
            self._runs |= {key: replace(run, state=RunState.STARTED, kept=None) for key, run in reversed(new.items())}
            return frozenset(run.call_id for run in new.values())

    async def finish(self, runs: Collection[ToolRun]) -> None:
        """Mark runs as finished."""
        with self._lock:
            for run in runs:
                for key in self._runs.keys() & _keys(run):
                    if self._runs[key].state is RunState.STARTED:
                        self._runs[key] = replace(self._runs[key], state=RunState.FINISHED, kept=run.kept)

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

    async def trim(self, namespace: str, user_id: str, bounds: RunBounds, limit: int) -> int:
        """Delete the oldest runs of an owner."""
        with self._lock:
            owned = [run for run in self._runs.values() if _owner(run) == (namespace, user_id)]
            beyond, size = list[ToolRun](), 0
            for number, run in enumerate(sorted(owned, key=_age, reverse=True), 1):
                size += RUN_BYTES + (len(run.kept.payload) if run.kept is not None else 0)
                idle = run.state is not RunState.STARTED or run.started_at < bounds.idle_before
                if (size > bounds.most_bytes or number > bounds.most_rows) and idle and run.turn_id != bounds.spared:
                    beyond.append(run)
            chosen = beyond[::-1][:limit]
            self._remove([_key(run) for run in chosen])
            return len(chosen)

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
            self._remove([_key(run) for run in chosen])
            return len(chosen)

    def _expire(self, starting: Collection[ToolRun]) -> None:
        """Remove runs that started long before those that start now; runs are held in the order of their starts."""
        before = max((run.started_at for run in starting), default=_NEVER) - self._lifetime
        while self._runs:
            key, run = next(iter(self._runs.items()))
            if run.started_at >= before:
                return
            self._remove([key])

    def _make_room(self, new: Collection[ToolRun]) -> None:
        """Evict finished runs. Raises ToolRunsUnavailable if there are too few."""
        evicted: list[Key] = []
        for owner, count in Counter(map(_owner, new)).items():
            excess = self._each[owner] + count - self._most_each
            evicted += self._finished(excess, owner)
        self._remove(evicted)
        self._remove(self._finished(len(self._runs) + len(new) - self._most))

    def _finished(self, count: int, owner: Owner | None = None) -> list[Key]:
        """Return the oldest finished runs, of one owner or of all. Raises ToolRunsUnavailable if there are fewer."""
        if count <= 0:
            return []
        found = [
            key for key, run in self._runs.items() if run.state is not RunState.STARTED and owner in (None, _owner(run))
        ][:count]
        if len(found) < count:
            raise ToolRunsUnavailable(REFUSED if owner is not None else "full")
        return found

    def _remove(self, keys: Collection[Key]) -> None:
        for key in keys:
            owner = _owner(self._runs.pop(key))
            self._each[owner] -= 1
            if not self._each[owner]:
                del self._each[owner]


def _age(run: ToolRun) -> tuple[object, ...]:
    return run.started_at, run.turn_id, run.call_id, run.arguments_hash


def _owner(run: ToolRun) -> Owner:
    return run.namespace, run.user_id


def _keys(run: ToolRun) -> set[Key]:
    """Return every key under which a run may be stored."""
    return {(*_key(run)[:3], form) for form in (run.arguments_hash, *run.older_hashes)}


def _key(run: ToolRun) -> Key:
    return run.namespace, run.turn_id, run.call_id, run.arguments_hash

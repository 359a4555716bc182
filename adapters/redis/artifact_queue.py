"""Rows of artifacts that wait in Redis until they are in the database: the stream of one namespace and its rows.

An entry of the stream is one `put`: it names its rows, which lie in a hash, so that every worker can read, and whoever
deletes can take away, what waits. Nothing of it expires.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from adapters.redis import artifact_scripts as scripts
from adapters.redis.artifact_bytes import packed, unpacked
from adapters.redis.artifact_keys import ArtifactKeys, safe
from adapters.redis.connection import RedisConnection
from adapters.redis.trouble import FORBIDDEN, RedisUnavailable
from adapters.redis.values import as_bytes, as_text, micros
from ports.artifacts import Artifact, counted_bytes

GROUP = b"flush"
KEPT, KNOWN, FULL = "kept", "known", "full"
MOST_ENTRIES = 10_000
MOST_BYTES = 64 * 1024 * 1024
"""What may wait in one namespace, on all workers together; more is written to the database at once."""
MOST_ASIDE, ASIDE_SECONDS = 100, 30 * 86_400
FORGOTTEN_SECONDS = 7 * 86_400
IDLE_CONSUMER_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the stream: ids of its rows and turns; `owner` as in keys. Without `ids` it is malformed."""

    id: bytes
    owner: str = ""
    ids: tuple[str, ...] = ()
    turns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Enqueued:
    """KEPT; or KNOWN: Redis knows such rows or turns already; or FULL. `depth`: rows that wait by now."""

    state: str
    depth: int
    life: str


class ArtifactQueue:
    """The queue of one namespace, seen by one worker, `consumer`. Every method raises RedisUnavailable."""

    def __init__(self, connection: RedisConnection, namespace: str, consumer: str) -> None:
        self._connection, self._namespace, self._consumer = connection, namespace, consumer.encode()
        self.keys = ArtifactKeys(namespace)

    async def enqueue(self, rows: Sequence[Artifact]) -> Enqueued:
        """Add rows that `may_wait` in one step; readers see all of them from then on, or none."""
        owner, turns = rows[0].user_id, _by_turn(rows)
        stored = {row.id: packed(row) for row in rows}
        size = sum(map(len, stored.values()))
        keys = [self.keys.stream, self.keys.rows, self.keys.turns_of(owner), *self.keys.cached_turns(turns)]
        values: list[bytes | int] = [token_hex(8).encode(), MOST_ENTRIES, MOST_BYTES, size, safe(owner).encode()]
        values += [" ".join(stored).encode(), " ".join(turns).encode(), len(turns)]
        for turn_id, of_turn in turns.items():
            summary = [of_turn[0].fingerprint, [row.id for row in of_turn], sum(map(counted_bytes, of_turn))]
            values += [turn_id.encode(), json.dumps(summary).encode()]
        for row_id, row in stored.items():
            values += [row_id.encode(), row]
        state, depth, life = await self._connection.script(scripts.ENQUEUE, keys, values)
        return Enqueued(as_text(state), int(depth), as_text(life))

    async def find(
        self, user_id: str, turn_ids: Collection[str], fingerprints: Collection[str], most_bytes: int
    ) -> tuple[dict[str, tuple[Artifact, ...]], str]:
        """Return this person's waiting turns of these ids or fingerprints, whole, the newest up to `most_bytes`.

        Also the newest turn that did not fit, "" for none.
        """
        key = self.keys.turns_of(user_id)
        stored: Any = await self._connection.call(lambda client: client.hgetall(key))
        wanted, cut = dict[str, list[str]](), ""
        for turn_id, (fingerprint, ids, size) in sorted(_read_summaries(stored).items(), reverse=True):
            if turn_id in turn_ids or (fingerprint and fingerprint in fingerprints):
                most_bytes -= size
                if most_bytes < 0:
                    cut = turn_id
                    break
                wanted[turn_id] = ids
        found = await self._rows([row_id for ids in wanted.values() for row_id in ids])
        turns: dict[str, tuple[Artifact, ...]] = {}
        for turn_id, ids in wanted.items():
            rows = [row for row_id in ids if (row := found.get(row_id)) is not None]
            if len(rows) == len(ids) and all((row.user_id, row.turn_id) == (user_id, turn_id) for row in rows):
                turns[turn_id] = tuple(rows)
        return turns, cut

    async def take(self, count: int, *, idle_ms: int = 0) -> list[Entry]:
        """Return entries for this worker: those it has not finished, those others left for `idle_ms`, or new ones."""
        values = (GROUP, self._consumer, count, idle_ms)
        return _entries(await self._connection.script(scripts.TAKE, (self.keys.stream,), values))

    async def newest(self) -> bytes | None:
        """Return the id of the newest entry."""
        found = _entries(await self._connection.script(scripts.NEWEST, (self.keys.stream,)))
        return found[0].id if found else None

    async def page(self, newest: bytes, count: int) -> list[Entry]:
        """Return the oldest entries up to `newest`, whoever has taken them."""
        return _entries(await self._connection.script(scripts.PAGE, (self.keys.stream,), (b"-", newest, count)))

    async def rows_of(self, entries: Sequence[Entry]) -> tuple[dict[bytes, tuple[Artifact, ...]], list[Entry]]:
        """Return the rows that still wait, by entry, and the entries that are malformed."""
        found = await self._rows([row_id for entry in entries for row_id in entry.ids])
        wrong = [entry for entry in entries if not entry.ids or any(found.get(one, "") is None for one in entry.ids)]
        sound = [entry for entry in entries if entry not in wrong]
        rows = {entry.id: tuple(row for one in entry.ids if (row := found.get(one)) is not None) for entry in sound}
        return rows, wrong

    async def remove(self, entry: Entry, aside: str = "") -> bool:
        """Acknowledge and delete an entry with its rows; `aside`: why it is set aside instead. False if it was gone."""
        keys = (self.keys.stream, self.keys.rows, self.keys.turns_of(entry.owner), self.keys.aside)
        values: list[bytes | int] = [GROUP, entry.id, aside.encode(), MOST_ASIDE, ASIDE_SECONDS, len(entry.turns)]
        values += [as_bytes(one) for one in (*entry.turns, *entry.ids)]
        return bool(await self._connection.script(scripts.REMOVE, keys, values))

    async def waiting(self, ids: Sequence[str]) -> tuple[str, frozenset[str]]:
        """Return which of the rows still wait, and the life of the hash they lie in: another one if it was lost."""
        values = [one.encode() for one in ids]
        life, *flags = await self._connection.script(scripts.WAITING, (self.keys.rows,), values)
        return as_text(life), frozenset(one for one, flag in zip(ids, flags, strict=True) if flag)

    async def server(self) -> str:
        """Return the id of the running server, another one after each restart; "" if we may not ask."""
        try:
            server: Any = await self._connection.call(lambda client: client.info("server"))
        except RedisUnavailable as error:
            if error.reason != FORBIDDEN:
                raise
            return ""
        return str(server.get("run_id", ""))

    async def leave(self) -> None:
        """Remove this consumer if nothing is left to it, and those of workers that died long ago."""
        values = (GROUP, self._consumer, IDLE_CONSUMER_MS)
        await self._connection.script(scripts.LEAVE, (self.keys.stream,), values)

    async def forget(self, user_id: str, at: int) -> None:
        """Note that a person was forgotten at a time in microseconds: rows from before must not be enqueued again."""
        key = self.keys.forgotten(user_id)
        await self._connection.call(lambda client: client.set(key, at, ex=FORGOTTEN_SECONDS))

    async def remembered(self, rows: Sequence[Artifact]) -> list[Artifact]:
        """Return the rows whose person was not forgotten since they were made."""
        owners = list({row.user_id for row in rows})
        keys = [self.keys.forgotten(owner) for owner in owners]
        found = await self._connection.call(lambda client: client.mget(keys)) if keys else []
        times = {owner: int(at) for owner, at in zip(owners, found, strict=True) if at is not None and at.isdigit()}
        return [row for row in rows if micros(row.created_at) > times.get(row.user_id, -1)]

    async def _rows(self, ids: Sequence[str]) -> dict[str, Artifact | None]:
        """Return rows by id; None for what is none of ours or of another namespace."""
        if not ids:
            return {}
        stored: Any = await self._connection.call(lambda client: client.hmget(self.keys.rows, list(ids)))
        found = {one: unpacked(row) for one, row in zip(ids, stored, strict=True) if row is not None}
        return {
            one: row if row is not None and (row.id, row.namespace) == (one, self._namespace) else None
            for one, row in found.items()
        }


def _by_turn(rows: Iterable[Artifact]) -> dict[str, list[Artifact]]:
    turns: dict[str, list[Artifact]] = {}
    for row in rows:
        turns.setdefault(row.turn_id, []).append(row)
    return turns


def _read_summaries(stored: Mapping[bytes, bytes]) -> dict[str, tuple[str, list[str], int]]:
    """Read what `enqueue` said of turns; what is none of ours is left out."""
    turns: dict[str, tuple[str, list[str], int]] = {}
    for turn_id, text in stored.items():
        try:
            fingerprint, ids, size = json.loads(text)
        except (ValueError, TypeError, RecursionError):
            continue
        if isinstance(fingerprint, str) and isinstance(ids, list) and isinstance(size, int):
            turns[as_text(turn_id)] = (fingerprint, [str(one) for one in ids], size)
    return turns


def _entries(found: Any) -> list[Entry]:
    """Read entries as the server returns them; one that was deleted meanwhile has no fields, or is missing itself."""
    entries: list[Entry] = []
    for one in found or ():
        if not one:
            continue
        fields = one[1] or ()
        named = {as_text(name): as_text(value) for name, value in zip(fields[::2], fields[1::2], strict=False)}
        ids, turns = named.get("ids", "").split(" "), named.get("turns", "").split(" ")
        sound = bool(named.get("owner")) and all(ids) and all(turns)
        entries.append(Entry(one[0], named["owner"], tuple(ids), tuple(turns)) if sound else Entry(one[0]))
    return entries

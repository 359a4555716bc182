"""Rows of artifacts that were read from the database or stored there a while ago, in their sealed form.

A turn is cached whole: a list that names its rows, and the rows. Every list carries the epoch of its namespace; whoever
deletes many rows begins another epoch, and all lists of before are void. A turn that was changed is not cached for a
while, so that a reader who is late does not write back what it was.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from secrets import token_hex
from typing import Any

from redis.asyncio import Redis

from adapters.redis.artifact_bytes import packed, unpacked
from adapters.redis.artifact_keys import ArtifactKeys, safe
from adapters.redis.connection import RedisConnection
from adapters.redis.values import as_bytes, as_text
from ports.artifacts import Artifact, counted_bytes

MOST_TURNS = 500
"""Turns of one lookup that are searched, the newest."""
LARGEST_FILL = 2 * 1024 * 1024
"""Bytes of the newest turns that one reader adds."""
CHANGED_SECONDS = 30


class ArtifactCache:
    """The cache of one namespace; rows disappear `seconds` after they came. Every method raises RedisUnavailable."""

    def __init__(self, connection: RedisConnection, keys: ArtifactKeys, seconds: int) -> None:
        self._connection, self._keys, self._seconds = connection, keys, seconds

    async def find(
        self, user_id: str, turn_ids: Collection[str], most_bytes: int
    ) -> tuple[dict[str, tuple[Artifact, ...]], str]:
        """Return this person's turns that are cached, up to `most_bytes`, and the epoch for `fill`."""
        asked = sorted(turn_ids, reverse=True)[:MOST_TURNS]
        epoch, *lists = await self._values([self._keys.epoch, *self._keys.cached_turns(asked)])
        now, named = as_text(epoch or b""), dict[str, list[bytes]]()
        for turn_id, text in zip(asked, lists, strict=True):
            keys, size = self._listed(text, now, safe(user_id))
            if keys:
                most_bytes -= size
                if most_bytes < 0:
                    break
                named[turn_id] = keys
        rows = iter(await self._values([key for keys in named.values() for key in keys]))
        turns: dict[str, tuple[Artifact, ...]] = {}
        for turn_id, keys in named.items():
            found = [row for _ in keys if (row := unpacked(next(rows))) is not None]
            if len(found) == len(keys) and all(self._is(row, user_id, turn_id) for row in found):
                turns[turn_id] = tuple(found)
        return turns, now

    async def epoch(self) -> str:
        """Return the epoch; read it before the rows that `fill` gets."""
        (epoch,) = await self._values([self._keys.epoch])
        return as_text(epoch or b"")

    async def fill(self, rows: Iterable[Artifact], epoch: str) -> None:
        """Cache whole turns of one person that were read in an epoch."""
        turns: dict[str, list[Artifact]] = {}
        for row in rows:
            turns.setdefault(row.turn_id, []).append(row)
        fitting: dict[str, list[Artifact]] = {}
        left = LARGEST_FILL
        for turn_id in sorted(turns, reverse=True):
            left -= sum(map(counted_bytes, turns[turn_id]))
            if left < 0:
                break
            fitting[turn_id] = turns[turn_id]
        if fitting:
            await self._connection.call(lambda client: self._fill(client, fitting, epoch))

    async def drop_turns(self, turn_ids: Iterable[str]) -> None:
        """Drop turns; they are cached again after CHANGED_SECONDS at the earliest."""
        keys = self._keys.cached_turns(turn_ids)
        lists = await self._values(keys)
        rows = [key for text in lists for key in self._listed(text)[0]]

        async def drop(client: Redis) -> None:
            pipeline = client.pipeline(transaction=False)
            for key in keys:
                pipeline.set(key, b"", ex=CHANGED_SECONDS)
            if rows:
                pipeline.unlink(*rows)
            await pipeline.execute()

        if keys:
            await self._connection.call(drop)

    async def drop_all(self) -> None:
        """Begin another epoch; call it before and after rows are deleted. It ends after all lists of before."""
        key, epoch = self._keys.epoch, token_hex(8)
        await self._connection.call(lambda client: client.set(key, epoch, ex=2 * self._seconds))

    async def drop_person(self, user_id: str) -> None:
        """Delete the rows of a person."""
        key = self._keys.cached_of(user_id)

        async def drop(client: Redis) -> None:
            named: Any = await client.smembers(key)
            await client.unlink(key, *filter(self._keys.is_cached, named))

        await self._connection.call(drop)

    async def _fill(self, client: Redis, turns: dict[str, list[Artifact]], epoch: str) -> None:
        pipeline = client.pipeline(transaction=False)
        for rows, key in zip(turns.values(), self._keys.cached_turns(turns), strict=True):
            named = [self._keys.cached(row) for row in rows]
            owner, of_owner = rows[0].user_id, self._keys.cached_of(rows[0].user_id)
            for row, row_key in zip(rows, named, strict=True):
                pipeline.set(row_key, packed(row), ex=self._seconds)
            pipeline.sadd(of_owner, *named)
            pipeline.expire(of_owner, self._seconds)
            summary = [epoch, safe(owner), sum(map(counted_bytes, rows)), [as_text(one) for one in named]]
            pipeline.set(key, json.dumps(summary), ex=self._seconds, nx=True)
        await pipeline.execute()

    async def _values(self, keys: Sequence[bytes]) -> list[bytes | None]:
        found: Any = await self._connection.call(lambda client: client.mget(keys)) if keys else []
        return list(found)

    def _is(self, row: Artifact, user_id: str, turn_id: str) -> bool:
        return (row.namespace, row.user_id, row.turn_id) == (self._keys.namespace, user_id, turn_id)

    def _listed(self, text: bytes | None, epoch: str = "", owner: str = "") -> tuple[list[bytes], int]:
        """Return the keys that a list names and the size of their rows; without an `owner` those of a void one too."""
        try:
            in_epoch, of, size, named = json.loads(text or b"[]")
        except (ValueError, TypeError, RecursionError):
            return [], 0
        if (owner and (in_epoch, of) != (epoch, owner)) or not (isinstance(size, int) and isinstance(named, list)):
            return [], 0
        keys = [as_bytes(key) for key in named if isinstance(key, str)]
        return [key for key in keys if self._keys.is_cached(key)], size

"""Artifacts in a database."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from hashlib import sha256
from operator import itemgetter
from typing import Any

from sqlalchemy import CursorResult, Executable

from adapters.sql import artifact_statements as statements
from adapters.sql.artifact_rows import artifacts_of, plausible_fingerprints, plausible_turns, row_of
from adapters.sql.connection import Statements
from adapters.sql.database import Database
from adapters.sql.lists import POSTGRES, listed
from adapters.sql.tables import artifact
from adapters.sql.texts import micros, moment_of, original, stored
from adapters.sql.trouble import DatabaseTrouble
from ports.artifacts import RECALL_BYTES, Artifact, ArtifactsReadOnly, ArtifactsUnavailable, fitting
from ports.cipher import Sealed
from ports.retention import REFUSED, StoredChat

CHATS, KEY_IDS, SEALED_WITH = statements.chats_after(), statements.key_ids(), statements.sealed_with()
ALL_KEYS, BEYOND = statements.all_key_ids(), statements.beyond()
UNTOUCHED, RESEAL = statements.untouched(), statements.reseal_one()
OF_CHAT, OF_PERSON = statements.delete_some(artifact.c.chat_id), statements.delete_some(artifact.c.user_id)

TURN = itemgetter(2)  # rows are already ordered within a turn


class SqlArtifacts:
    """Implements QueuedArtifactStore on SQLite and PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database
        dialect = database.dialect
        self._insert = statements.insert_new(dialect)
        self._find = statements.find_turns(dialect)
        self._touch = statements.touch_turns(dialect)
        self._unbind = statements.unbind_turns(dialect)
        self._delete_kinds = statements.delete_kinds(dialect)
        self._by_ids = statements.by_ids(dialect)
        self._delete_ids = statements.delete_ids(dialect)

    async def put(self, rows: Sequence[Artifact]) -> None:
        """Insert rows in one transaction; skip existing ones."""
        if any(row.has_long_id() for row in rows):
            raise ArtifactsUnavailable(REFUSED)
        if rows:
            async with self._writing() as connection:
                await connection.execute(self._insert, [row_of(row) for row in rows])

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
        """Read turns by one statement; the turn that the limit would split is left out, and all older ones."""
        turns, prints = plausible_turns(turn_ids), plausible_fingerprints(fingerprints)
        if not (turns or prints) or limit < 1:
            return ()
        values = self._values(namespace, of_user=stored(user_id), most=limit + 1, most_bytes=most_bytes)
        async with self._reading() as connection:
            found = await connection.execute(self._find, values | self._lists(turns=turns, prints=prints))
            rows = [*found]
        if len(rows) > limit:
            cut = rows[limit].turn_id
            rows = [row for row in rows if row.turn_id != cut]
        return await artifacts_of(sorted(rows, key=TURN))

    async def trim(self, namespace: str, user_id: str, most_bytes: int, limit: int) -> int:
        """Read what is beyond by a running total over the owner's turns, then delete it: writers wait for that only."""
        values = self._values(namespace, of_user=stored(user_id), most_bytes=most_bytes, most=limit)
        async with self._reading() as connection:
            ids = (await connection.execute(BEYOND, values)).scalars().all()
        if not ids:
            return 0
        return await self._changed(self._delete_ids, self._values(namespace) | self._lists(ids=ids))

    async def touch(self, namespace: str, turn_ids: Collection[str], at: datetime) -> None:
        """Set one time on the rows of turns."""
        if turns := plausible_turns(turn_ids):
            await self._changed(self._touch, self._values(namespace, at=micros(at)) | self._lists(turns=turns))

    async def unbind(self, namespace: str, turn_ids: Collection[str]) -> None:
        """Clear the chat and message ids of the rows of turns."""
        if turns := plausible_turns(turn_ids):
            await self._changed(self._unbind, self._values(namespace) | self._lists(turns=turns))

    async def delete(self, namespace: str, user_id: str, turn_ids: Collection[str], kinds: Collection[str]) -> int:
        """Delete by turn and kind."""
        turns = plausible_turns(turn_ids)
        if not (turns and kinds):
            return 0
        lists = self._lists(turns=turns, kinds=[stored(kind) for kind in kinds])
        return await self._changed(self._delete_kinds, self._values(namespace, of_user=stored(user_id)) | lists)

    async def delete_untouched(self, namespace: str, before: datetime, limit: int) -> int:
        """Delete the oldest turns; a turn is split only if it is larger than `limit`."""
        values = self._values(namespace, before=micros(before), most=limit + 1)
        async with self._writing() as connection:
            rows = (await connection.execute(UNTOUCHED, values)).all()
            if len(rows) > limit:
                cut = rows[limit].turn_id
                rows = [row for row in rows if row.turn_id != cut] or rows[:limit]
            if not rows:
                return 0
            ids = self._lists(ids=[row.id for row in rows])
            return _count(await connection.execute(self._delete_ids, self._values(namespace) | ids))

    async def chats(self, namespace: str, after: str, limit: int) -> tuple[StoredChat, ...]:
        """List chats from the index."""
        async with self._reading() as connection:
            rows = (await connection.execute(CHATS, self._values(namespace, after=stored(after), most=limit))).all()
        return tuple(StoredChat(original(chat_id), moment_of(newest)) for chat_id, newest in rows)

    async def delete_chat(self, namespace: str, chat_id: str, limit: int) -> int:
        """Delete rows of a chat."""
        return await self._changed(OF_CHAT, self._values(namespace, value=stored(chat_id), most=limit))

    async def delete_person(self, namespace: str, user_id: str, limit: int) -> int:
        """Delete rows of an owner."""
        return await self._changed(OF_PERSON, self._values(namespace, value=stored(user_id), most=limit))

    async def sealed_otherwise(
        self, namespace: str, key_id: str, after: str, limit: int, most_bytes: int = RECALL_BYTES
    ) -> tuple[Artifact, ...]:
        """Page through the rows sealed with other keys: first their sizes, key by key in the index, then what fits."""
        found: list[Any] = []
        async with self._reading() as connection:
            keys = (await connection.execute(KEY_IDS, self._values(namespace))).scalars().all()
            for key in keys:
                if key != stored(key_id):
                    values = self._values(namespace, key=key, after=stored(after), most=limit)
                    found += (await connection.execute(SEALED_WITH, values)).all()
            chosen = sorted(found, key=lambda row: str(row.id))[:limit]
            ids = [row.id for row in chosen[: fitting([row.counted for row in chosen], most_bytes)]]
            rows = (await connection.execute(self._by_ids, self._values(namespace) | self._lists(ids=ids))).all()
        return await artifacts_of(rows)

    async def key_ids(self, namespace: str = "") -> frozenset[str]:
        """Step through the index of keys; over all namespaces the table is read."""
        async with self._reading() as connection:
            query = connection.execute(KEY_IDS, self._values(namespace)) if namespace else connection.execute(ALL_KEYS)
            return frozenset(original(key) for key in (await query).scalars())

    async def reseal(self, namespace: str, resealed: Sequence[tuple[Artifact, Sealed]]) -> int:
        """Replace seals by compare-and-swap, row by row in one transaction."""
        count = 0
        async with self._writing() as connection:
            for row, seal in sorted(resealed, key=lambda pair: pair[0].id):
                values = self._values(
                    namespace,
                    with_id=stored(row.id),
                    old_key=stored(row.sealed.key_id),
                    old_payload=row.sealed.payload,
                    new_key_id=stored(seal.key_id),
                    new_codec=seal.codec,
                    new_size=seal.size,
                    new_payload=seal.payload,
                )
                count += _count(await connection.execute(RESEAL, values))
        return count

    async def take_over(self, namespace: str, read: Callable[[], Awaitable[Sequence[Artifact]]]) -> None:
        """Insert what `read` returns while the writers' lock is held, on PostgreSQL one that only `passed` excludes."""
        async with self._writing() as connection:
            await self._lock(connection, namespace, statements.SHARED_LOCK)
            rows = await read()
            if any(row.has_long_id() for row in rows):
                raise ArtifactsUnavailable(REFUSED)
            if rows:
                await connection.execute(self._insert, [row_of(row) for row in rows])

    async def passed(self, namespace: str) -> None:
        """Take the lock that excludes those of `take_over`."""
        async with self._writing() as connection:
            await self._lock(connection, namespace, statements.LOCK)

    async def _lock(self, connection: Statements, namespace: str, statement: Executable) -> None:
        if self._database.dialect == POSTGRES:
            name = f"openrouter_pipe artifacts {self._database.schema} {stored(namespace)}".encode()
            key = int.from_bytes(sha256(name).digest()[:8], signed=True)
            await connection.execute(statement, {"key": key})

    async def _changed(self, statement: Executable, values: dict[str, Any]) -> int:
        async with self._writing() as connection:
            return _count(await connection.execute(statement, values))

    def _values(self, namespace: str, **values: str | int | bytes) -> dict[str, Any]:
        return {"in_namespace": stored(namespace), **values}

    def _lists(self, **lists: Collection[str]) -> dict[str, str | list[str]]:
        return {name: listed(self._database.dialect, values) for name, values in lists.items()}

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[Statements]:
        try:
            async with self._database.reading() as connection:
                yield connection
        except DatabaseTrouble as trouble:
            raise ArtifactsUnavailable(trouble.reason) from trouble

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[Statements]:
        try:
            async with self._database.writing() as connection:
                yield connection
        except DatabaseTrouble as trouble:
            kind = ArtifactsReadOnly if trouble.read_only else ArtifactsUnavailable
            raise kind(trouble.reason) from trouble


def _count(result: Any) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0

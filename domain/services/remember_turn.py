"""Store turns and load them again: seal, store, look up and decrypt what later turns of a chat need.

If a store fails, the turn only loses its memory: text-only replay, one warning, the chat continues (law 7).
"""

import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from domain.conversation.record import Row, TurnRecord, record_of, rows_of
from domain.conversation.refused_turns import mark_of, parted
from domain.conversation.size import characters_of
from domain.request.turn_request import Person, Remembering
from domain.services.keep_quota import KeepQuota
from domain.services.store_budget import StoreBudget, StoreHealth, StoreTrouble
from ports.artifacts import ROW_BYTES, Artifact, TurnArtifacts
from ports.cipher import CannotOpen, Cipher, Sealed
from ports.clock import Clock
from ports.ids import Ids
from ports.offload import Offload
from ports.telemetry import Telemetry

ROWS_READ = 4_000
TOUCH_EVERY = timedelta(days=1)
THINKING = "reasoning"
FAILED = "conversation_memory_failed"
UNSEALED = Sealed(b"")
DIGEST_WORK = 200
"""Bytes whose copying takes as long as keying one fingerprint: more than a few hundred are keyed in a thread."""


@dataclass(frozen=True, slots=True)
class SealedStore:
    """A store of artifacts and its cipher. `read_only`: it cannot be written to, which was already reported.

    `durable`: its rows survive the process.
    """

    artifacts: TurnArtifacts
    cipher: Cipher
    read_only: bool = False
    durable: bool = True


@dataclass(frozen=True, slots=True)
class Recalled:
    """The stored turns that a history names.

    `untouched`: turns not read for a day. `of_other_chats`: turns of another chat of this person. `failed`: the store
    did not answer, so there may be more turns.
    """

    records: tuple[TurnRecord, ...] = ()
    untouched: tuple[str, ...] = ()
    of_other_chats: tuple[str, ...] = ()
    failed: bool = False


class TurnMemory:
    """The use case for one store. `opened` opens it at the first use and returns it; `health` is that of the store.

    Raises nothing but cancellation.
    """

    def __init__(
        self,
        *,
        opened: Callable[[], Awaitable[SealedStore]],
        offload: Offload,
        clock: Clock,
        ids: Ids,
        telemetry: Telemetry,
        health: StoreHealth | None = None,
    ) -> None:
        self._opened, self._health = opened, health or StoreHealth(clock, telemetry)
        self.offload, self._clock, self._ids, self._telemetry = offload, clock, ids, telemetry
        self._quota = KeepQuota(self._health, telemetry)
        self._complaint = ""

    async def recall(
        self,
        person: Person,
        memory: Remembering,
        turn_ids: Collection[str],
        fingerprints: Collection[str],
        time: StoreBudget | None = None,
        common: Collection[str] = (),
    ) -> Recalled:
        """Look up this person's turns with one query; `time` limits it if the turn's budget is for this store.

        Turns of another chat are not recognised by a fingerprint that is `common`: many chats begin alike.
        """
        if not (turn_ids or fingerprints):
            return Recalled()
        time = time if time is not None and time.health is self._health else StoreBudget(self._health)
        try:
            rows, cipher = await self._found(person, memory, turn_ids, fingerprints, time)
        except StoreTrouble:
            return Recalled(failed=True)
        here = person.chat_id
        others = {row.turn_id for row in rows if here and row.chat_id and row.chat_id != here}
        by_chance = {row.turn_id for row in rows if row.turn_id in others and row.fingerprint in common}
        rows = tuple(row for row in rows if row.turn_id not in by_chance or row.turn_id in turn_ids)
        size = sum(len(row.sealed.payload) for row in rows)
        records, unread = await self.offload.run(lambda: _records(rows, cipher), size=size)
        self._complain(unread)
        stale = self._clock.now() - TOUCH_EVERY
        untouched = dict.fromkeys(row.turn_id for row in rows if (row.touched_at or row.created_at) < stale)
        found = dict.fromkeys(row.turn_id for row in rows)
        return Recalled(records, tuple(untouched), tuple(turn_id for turn_id in found if turn_id in others))

    async def journal_cipher(self) -> Cipher | None:
        """Return the cipher for results in the tool journal; None while nothing can be stored durably."""
        store = await self._opened()
        return store.cipher if store.durable and not store.read_only else None

    async def remember(self, person: Person, memory: Remembering, record: TurnRecord) -> bool:
        """Store what a turn left, all or nothing; False if that failed."""
        reasoning, tools = memory.reasoning != "disabled", memory.tool_results
        size = characters_of(one.item for one in record.items)
        rows = await self.offload.run(lambda: rows_of(record, reasoning=reasoning, tools=tools), size=size)
        if not rows:
            return True
        store = await self._writable()
        if store is None:
            return False
        cipher, size = store.cipher, sum(len(row.payload) for row in rows)
        if record.fingerprint:
            record = replace(record, fingerprint=cipher.lookups(record.fingerprint)[0])
        now = self._clock.now()
        unsealed = [self._artifact(person, memory, record, row, now) for row in rows]
        artifacts = await self.offload.run(lambda: _sealed(rows, unsealed, cipher), size=size)
        stored = await self._write("remember", store.artifacts.put(artifacts))
        if stored:
            size, most = sum(len(row.sealed.payload) + ROW_BYTES for row in artifacts), memory.quota_bytes
            trim = partial(store.artifacts.trim, memory.namespace, person.user_id, most)
            await self._quota.written(trim, memory.namespace, person.user_id, size=size, most_bytes=most)
        return stored

    async def touch(self, memory: Remembering, turn_ids: Collection[str]) -> None:
        """Renew the age of turns that were read."""
        if store := await self._writable():
            await self._write("touch", store.artifacts.touch(memory.namespace, turn_ids, self._clock.now()))

    async def unbind(self, memory: Remembering, turn_ids: Collection[str]) -> None:
        """Detach turns from the chat that created them, because a copy of that chat uses them too."""
        if store := await self._writable():
            await self._write("unbind", store.artifacts.unbind(memory.namespace, turn_ids))

    async def mark(
        self, person: Person, memory: Remembering, marks: Mapping[str, str], elsewhere: Collection[str] = ()
    ) -> bool:
        """Mark turns, by id, with what upstream refused of them; False if that failed: the next message heals again.

        `elsewhere`: turns of other chats of this person; their marks belong to no chat, as the turns no longer do.
        """
        store = await self._writable() if marks else None
        if store is None:
            return not marks
        now, alone = self._clock.now(), replace(person, chat_id="", message_id="")
        rows, unsealed = list[Row](), list[Artifact]()
        for turn_id, refused in marks.items():
            rows.append(mark_of(refused))
            owner = alone if turn_id in elsewhere else person
            unsealed.append(self._artifact(owner, memory, TurnRecord(turn_id, "", "", ()), rows[-1], now))
        size, cipher = sum(len(row.payload) for row in rows), store.cipher
        artifacts = await self.offload.run(lambda: _sealed(rows, unsealed, cipher), size=size)
        return await self._write("mark", store.artifacts.put(artifacts))

    async def forget_thinking(self, person: Person, memory: Remembering, turn_ids: Collection[str]) -> None:
        """Delete the reasoning of turns that no longer need it."""
        if store := await self._writable():
            deleting = store.artifacts.delete(memory.namespace, person.user_id, turn_ids, (THINKING,))
            await self._write("forget", deleting)

    # --- details ------------------------------------------------------------------------------------------

    async def _found(
        self,
        person: Person,
        memory: Remembering,
        turn_ids: Collection[str],
        fingerprints: Collection[str],
        time: StoreBudget,
    ) -> tuple[tuple[Artifact, ...], Cipher]:
        """Return the rows of turns, with the fingerprints asked for, and what opens them. Raises StoreTrouble."""
        async with time.asked(FAILED, doing="recall"):
            store = await self._opened()
            forms = await self._forms(store.cipher, fingerprints)
            rows = await store.artifacts.find(
                memory.namespace, person.user_id, turn_ids=turn_ids, fingerprints=forms, limit=ROWS_READ
            )
        asked = (replace(row, fingerprint=forms.get(row.fingerprint, row.fingerprint)) for row in rows)
        return tuple(asked), store.cipher

    async def _writable(self) -> SealedStore | None:
        store = await self._opened()
        return None if store.read_only else store

    async def _write(self, doing: str, writing: Awaitable[object]) -> bool:
        """Write in the background; False if it failed. A hanging store is tried too, because nothing waits for it."""
        try:
            async with self._health.watched(FAILED, writes=True, doing=doing):
                await writing
        except StoreTrouble:
            return False
        return True

    def _artifact(self, person: Person, memory: Remembering, record: TurnRecord, row: Row, now: datetime) -> Artifact:
        return Artifact(
            id=self._ids.new_id(),
            namespace=memory.namespace,
            turn_id=record.turn_id,
            ordinal=row.ordinal,
            kind=row.kind,
            model=record.model,
            user_id=person.user_id,
            sealed=UNSEALED,
            created_at=now,
            chat_id=person.chat_id,
            message_id=person.message_id,
            fingerprint=record.fingerprint,
        )

    async def _forms(self, cipher: Cipher, fingerprints: Collection[str]) -> dict[str, str]:
        """Return the fingerprints by every form in which they may be stored."""
        if not fingerprints:
            return {}

        def formed() -> dict[str, str]:
            return {form: text for text in fingerprints for form in cipher.lookups(text)}

        return await self.offload.run(formed, size=DIGEST_WORK * len(fingerprints))

    def _complain(self, about: str) -> None:
        """Log why rows cannot be decrypted, once per reason."""
        if about and about != self._complaint:
            self._complaint = about
            self._telemetry.event("warning", FAILED, doing="open", reason=about)


def bond_of(row: Artifact) -> str:
    """Return what a row's seal is bound to: whose it is, and which row of which turn it is."""
    return json.dumps([row.namespace, row.user_id, row.turn_id, row.ordinal, row.kind, row.id])


def _sealed(rows: Sequence[Row], unsealed: Sequence[Artifact], cipher: Cipher) -> list[Artifact]:
    return [
        replace(one, sealed=cipher.seal(row.payload, secret=row.kind == THINKING, bound=bond_of(one)))
        for row, one in zip(rows, unsealed, strict=True)
    ]


def _records(rows: Sequence[Artifact], cipher: Cipher) -> tuple[tuple[TurnRecord, ...], str]:
    """Decrypt rows and group them into turns; also return why rows are missing, empty if none is."""
    turns: dict[str, list[Row]] = defaultdict(list)
    named: dict[str, Artifact] = {}
    unread = ""
    for row in rows:
        named.setdefault(row.turn_id, row)
        try:
            turns[row.turn_id].append(Row(row.kind, row.ordinal, cipher.open(row.sealed, bound=bond_of(row))))
        except CannotOpen as error:
            unread = error.reason
    records = (_record(row, turns[row.turn_id]) for row in named.values())
    return tuple(record for record in records if record is not None), unread


def _record(first: Artifact, rows: Sequence[Row]) -> TurnRecord | None:
    items, refused = parted(rows)
    record = record_of(first.turn_id, first.model, first.fingerprint, items)
    return replace(record, refused=refused) if record is not None and refused else record

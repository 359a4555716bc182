"""Remember turns and recall them: sealing, storing, looking up and opening what conversations need later.

A store that fails costs a turn its memory and nothing else: text-only replay, one warning, the chat goes on (law 7).
"""

import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.conversation.record import Row, TurnRecord, record_of, rows_of
from domain.conversation.size import characters_of
from domain.request.turn_request import Person, Remembering
from domain.services.store_budget import StoreBudget, StoreHealth, StoreTrouble
from ports.artifacts import Artifact, TurnArtifacts
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
    """Artifacts and what seals them. `read_only`: nothing can be kept there, and that was reported already.

    `durable`: what is kept there outlives the process.
    """

    artifacts: TurnArtifacts
    cipher: Cipher
    read_only: bool = False
    durable: bool = True


@dataclass(frozen=True, slots=True)
class Recalled:
    """What was found of the turns a history names.

    `untouched` are turns nobody has read for a day, `of_other_chats` those another chat of this person left. `failed`:
    the store did not answer, so there may be more.
    """

    records: tuple[TurnRecord, ...] = ()
    untouched: tuple[str, ...] = ()
    of_other_chats: tuple[str, ...] = ()
    failed: bool = False


class TurnMemory:
    """The use case over one store. `opened` returns it, opening it at the first need; `watch` is what is known of it.

    Nothing here raises but cancellation.
    """

    def __init__(
        self,
        *,
        opened: Callable[[], Awaitable[SealedStore]],
        offload: Offload,
        clock: Clock,
        ids: Ids,
        telemetry: Telemetry,
        watch: StoreHealth | None = None,
    ) -> None:
        self._opened, self._watch = opened, watch or StoreHealth(clock, telemetry)
        self.offload, self._clock, self._ids, self._telemetry = offload, clock, ids, telemetry
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
        """Look up this person's turns, with one query in `time`, unless that is the time of another store.

        Turns of another chat are not recognised by a fingerprint that is `common`: many chats begin alike.
        """
        if not (turn_ids or fingerprints):
            return Recalled()
        try:
            if time is None or time.watch is not self._watch:
                time = StoreBudget(self._watch)
            async with time.asked(FAILED, doing="recall"):
                store = await self._opened()
                forms = await self._forms(store.cipher, fingerprints)
                rows = await store.artifacts.find(
                    memory.namespace, person.user_id, turn_ids=turn_ids, fingerprints=forms, limit=ROWS_READ
                )
        except StoreTrouble:
            return Recalled(failed=True)
        rows = tuple(replace(row, fingerprint=forms.get(row.fingerprint, row.fingerprint)) for row in rows)
        here = person.chat_id
        others = {row.turn_id for row in rows if here and row.chat_id and row.chat_id != here}
        by_chance = {row.turn_id for row in rows if row.turn_id in others and row.fingerprint in common}
        rows = tuple(row for row in rows if row.turn_id not in by_chance or row.turn_id in turn_ids)
        size = sum(len(row.sealed.payload) for row in rows)
        records, unread = await self.offload.run(lambda: _records(rows, store.cipher), size=size)
        self._complain(unread)
        stale = self._clock.now() - TOUCH_EVERY
        untouched = dict.fromkeys(row.turn_id for row in rows if (row.touched_at or row.created_at) < stale)
        found = dict.fromkeys(row.turn_id for row in rows)
        return Recalled(records, tuple(untouched), tuple(turn_id for turn_id in found if turn_id in others))

    async def journal_cipher(self) -> Cipher | None:
        """Return what seals results beside the journal of tools; None while nothing can be kept on disk."""
        store = await self._opened()
        return store.cipher if store.durable and not store.read_only else None

    async def remember(self, person: Person, memory: Remembering, record: TurnRecord) -> bool:
        """Store what a turn left, all of it or nothing; False if the store could not take it."""
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
        return await self._write("remember", store.artifacts.put(artifacts))

    async def touch(self, memory: Remembering, turn_ids: Collection[str]) -> None:
        """Renew the age of turns that were read."""
        if store := await self._writable():
            await self._write("touch", store.artifacts.touch(memory.namespace, turn_ids, self._clock.now()))

    async def unbind(self, memory: Remembering, turn_ids: Collection[str]) -> None:
        """Let turns outlive the chat that left them: another one, a copy, goes on with them."""
        if store := await self._writable():
            await self._write("unbind", store.artifacts.unbind(memory.namespace, turn_ids))

    async def forget_thinking(self, person: Person, memory: Remembering, turn_ids: Collection[str]) -> None:
        """Delete the thinking of turns that will not be needed again."""
        if store := await self._writable():
            deleting = store.artifacts.delete(memory.namespace, person.user_id, turn_ids, (THINKING,))
            await self._write("forget", deleting)

    # --- details ------------------------------------------------------------------------------------------

    async def _writable(self) -> SealedStore | None:
        store = await self._opened()
        return None if store.read_only else store

    async def _write(self, doing: str, writing: Awaitable[object]) -> bool:
        """Write beside the turns, False if it failed: a store that hangs is tried all the same, as nobody waits."""
        try:
            async with self._watch.watched(FAILED, writes=True, doing=doing):
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
        """Log why rows cannot be opened once, until it is another reason."""
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
    """Open rows and put their turns together; what cannot be opened is missing from its turn, and named."""
    turns: dict[str, list[Row]] = defaultdict(list)
    named: dict[str, Artifact] = {}
    unread = ""
    for row in rows:
        named.setdefault(row.turn_id, row)
        try:
            turns[row.turn_id].append(Row(row.kind, row.ordinal, cipher.open(row.sealed, bound=bond_of(row))))
        except CannotOpen as error:
            unread = error.reason
    records = (record_of(row.turn_id, row.model, row.fingerprint, turns[row.turn_id]) for row in named.values())
    return tuple(record for record in records if record is not None), unread

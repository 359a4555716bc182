"""Remember turns and recall them: sealing, storing, looking up and opening what conversations need later.

A store that fails costs a turn its memory and nothing else: text-only replay, one warning, the chat goes on (law 7).
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.conversation.record import Row, TurnRecord, record_of, rows_of
from domain.conversation.size import characters_of
from domain.conversation.temporary import is_temporary
from domain.request.turn_request import Person, Remembering
from ports.artifacts import Artifact, Artifacts, ArtifactsError
from ports.cipher import CannotOpen, Cipher, Sealed
from ports.clock import Clock
from ports.ids import Ids
from ports.offload import Offload
from ports.telemetry import Telemetry

ROWS_READ = 4_000
RECALL_SECONDS = 3.0  # a store still being opened, or stuck, must not hold up a message any longer
TOUCH_EVERY = timedelta(days=1)
THINKING = "reasoning"


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where artifacts are and what seals them. `read_only`: nothing can be kept there, and that was told already."""

    artifacts: Artifacts
    cipher: Cipher
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Recalled:
    """What was found of the turns a history names.

    `untouched` are turns nobody has read for a day, `of_other_chats` those another chat of this person left.
    """

    records: tuple[TurnRecord, ...] = ()
    untouched: tuple[str, ...] = ()
    of_other_chats: tuple[str, ...] = ()


class TurnMemory:
    """The use case. `durable` gives the shelf, opening it at the first need; temporary chats stay in memory (law 14).

    Nothing here raises but cancellation.
    """

    def __init__(
        self,
        *,
        durable: Callable[[], Awaitable[Shelf]],
        temporary: Shelf,
        offload: Offload,
        clock: Clock,
        ids: Ids,
        telemetry: Telemetry,
    ) -> None:
        self._durable, self._temporary = durable, temporary
        self.offload, self._clock, self._ids, self._telemetry = offload, clock, ids, telemetry
        self._complaint = ""

    async def recall(
        self, person: Person, memory: Remembering, turn_ids: Collection[str], fingerprints: Collection[str]
    ) -> Recalled:
        """Look up this person's turns, with one query; who has no id has no memory."""
        if not (memory.namespace and person.user_id and (turn_ids or fingerprints)):
            return Recalled()
        try:
            async with asyncio.timeout(RECALL_SECONDS):
                shelf = await self._shelf(person)
                rows = await shelf.artifacts.find(
                    memory.namespace, person.user_id, turn_ids=turn_ids, fingerprints=fingerprints, limit=ROWS_READ
                )
            size = sum(len(row.sealed.payload) for row in rows)
            records, unread = await self.offload.run(lambda: _records(rows, shelf.cipher), size=size)
        except (ArtifactsError, TimeoutError) as error:
            self._complain("recall", error.reason if isinstance(error, ArtifactsError) else "too slow")
            return Recalled()
        self._complain("open", unread)
        stale = self._clock.now() - TOUCH_EVERY
        untouched = dict.fromkeys(row.turn_id for row in rows if (row.touched_at or row.created_at) < stale)
        here = person.chat_id
        others = dict.fromkeys(row.turn_id for row in rows if here and row.chat_id and row.chat_id != here)
        return Recalled(records, tuple(untouched), tuple(others))

    async def remember(self, person: Person, memory: Remembering, record: TurnRecord) -> None:
        """Store what a turn left, all of it or nothing."""
        if not (memory.namespace and person.user_id):
            return
        reasoning, tools = memory.reasoning != "disabled", memory.tool_results
        size = characters_of(one.item for one in record.items)
        rows = await self.offload.run(lambda: rows_of(record, reasoning=reasoning, tools=tools), size=size)
        if not rows:
            return
        try:
            shelf = await self._shelf(person)
            if shelf.read_only:
                return
            size = sum(len(row.payload) for row in rows)
            sealed = await self.offload.run(lambda: _sealed(rows, shelf.cipher), size=size)
            now = self._clock.now()
            await shelf.artifacts.put(
                [self._artifact(person, memory, record, row, seal, now) for row, seal in zip(rows, sealed, strict=True)]
            )
        except ArtifactsError as error:
            self._complain("remember", error.reason)

    async def touch(self, person: Person, memory: Remembering, turn_ids: Collection[str]) -> None:
        """Renew the age of turns that were read."""
        try:
            shelf = await self._shelf(person)
            if not shelf.read_only:
                await shelf.artifacts.touch(memory.namespace, turn_ids, self._clock.now())
        except ArtifactsError as error:
            self._complain("touch", error.reason)

    async def unbind(self, person: Person, memory: Remembering, turn_ids: Collection[str]) -> None:
        """Let turns outlive the chat that left them: another one, a copy, goes on with them."""
        try:
            shelf = await self._shelf(person)
            if not shelf.read_only:
                await shelf.artifacts.unbind(memory.namespace, turn_ids)
        except ArtifactsError as error:
            self._complain("unbind", error.reason)

    async def forget_thinking(self, person: Person, memory: Remembering, turn_ids: Collection[str]) -> None:
        """Delete the thinking of turns that will not be needed again."""
        try:
            shelf = await self._shelf(person)
            if not shelf.read_only:
                await shelf.artifacts.delete(memory.namespace, person.user_id, turn_ids, (THINKING,))
        except ArtifactsError as error:
            self._complain("forget", error.reason)

    # --- details ------------------------------------------------------------------------------------------

    async def _shelf(self, person: Person) -> Shelf:
        return self._temporary if is_temporary(person.chat_id) else await self._durable()

    def _artifact(
        self, person: Person, memory: Remembering, record: TurnRecord, row: Row, sealed: Sealed, now: datetime
    ) -> Artifact:
        return Artifact(
            id=self._ids.new_id(),
            namespace=memory.namespace,
            turn_id=record.turn_id,
            ordinal=row.ordinal,
            kind=row.kind,
            model=record.model,
            user_id=person.user_id,
            sealed=sealed,
            created_at=now,
            chat_id=person.chat_id,
            message_id=person.message_id,
            fingerprint=record.fingerprint,
        )

    def _complain(self, doing: str, about: str) -> None:
        """Log a failure once, until it is another one."""
        if about and about != self._complaint:
            self._complaint = about
            self._telemetry.event("warning", "conversation_memory_failed", doing=doing, reason=about)


def _sealed(rows: Sequence[Row], cipher: Cipher) -> list[Sealed]:
    return [cipher.seal(row.payload, secret=row.kind == THINKING) for row in rows]


def _records(rows: Sequence[Artifact], cipher: Cipher) -> tuple[tuple[TurnRecord, ...], str]:
    """Open rows and put their turns together; what cannot be opened is missing from its turn, and named."""
    turns: dict[str, list[Row]] = defaultdict(list)
    named: dict[str, Artifact] = {}
    unread = ""
    for row in rows:
        named.setdefault(row.turn_id, row)
        try:
            turns[row.turn_id].append(Row(row.kind, row.ordinal, cipher.open(row.sealed)))
        except CannotOpen as error:
            unread = error.reason
    records = (record_of(row.turn_id, row.model, row.fingerprint, turns[row.turn_id]) for row in named.values())
    return tuple(record for record in records if record is not None), unread

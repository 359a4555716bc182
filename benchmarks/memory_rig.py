"""Chats with stored turns, and a store of their rows: the input for measuring replay and storage."""

from base64 import b64encode
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from adapters.process.clock import SystemClock
from adapters.process.ids import SystemIds, plain_ulid
from adapters.process.threads import ThreadOffload
from adapters.sql.artifacts import SqlArtifacts
from adapters.sql.database import Database
from adapters.sql.migrate import migrate
from adapters.vault.vault import KeyRing, VaultOptions, make_vault
from benchmarks.chats import history
from domain.conversation.fingerprint import digests_of, fingerprint_of_answer, question_in
from domain.conversation.record import TurnItem, TurnRecord
from domain.request.turn_request import Person, Remembering
from domain.services.remember_turn import SealedStore, TurnMemory
from entrypoints.core.revisions import revisions_dir
from entrypoints.openwebui.history_format import OPEN_WEBUI, details_entry
from ports.offload import Offload
from tests.doubles.telemetry import RecordedTelemetry

SLUG = "openai/gpt-5"
ANN = Person(user_id="ann", chat_id="chat-1", message_id="message-1")
KEPT = Remembering(namespace="measured_1a2b3c4d")
SEALED_BYTES = 1_500
"""Bytes of encrypted reasoning in a turn, before base64."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An open store; `memory` is the use case on top of it."""

    database: Database
    store: SealedStore
    memory: TurnMemory
    offload: Offload


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat as a host sends it with the next question, and the records of its turns: two rows each."""

    messages: tuple[dict[str, Any], ...]
    records: tuple[TurnRecord, ...]


def chat_of(turns: int, ids: Iterator[str] | None = None, *, named: bool = True) -> Chat:
    """Return a chat in which every answer began with encrypted reasoning; deterministic except for the ids.

    `named`: answers contain references to their turns, as in a page; otherwise only text, as with API clients.
    """
    ids = ids or iter(plain_ulid, "")
    draw, records, messages = Random(turns), list[TurnRecord](), list[dict[str, Any]]()
    for message in history(2 * turns + 2):
        if message["role"] == "assistant":
            record = _turn(next(ids), message["content"], draw)
            asked = digests_of(question_in(messages), OPEN_WEBUI)
            record = replace(record, fingerprint=fingerprint_of_answer(asked, record.items, OPEN_WEBUI))
            records.append(record)
            if named:
                message = {**message, "reasoning_details": [details_entry(record.turn_id, 0)]}
        messages.append(message)
    return Chat(tuple(messages), tuple(records))


def _turn(turn_id: str, text: str, draw: Random) -> TurnRecord:
    name = f"{draw.getrandbits(64):016x}"
    thought = {
        "type": "reasoning",
        "id": f"rs_{name}",
        "summary": [{"type": "summary_text", "text": text[:200]}],
        "encrypted_content": b64encode(draw.randbytes(SEALED_BYTES)).decode(),
        "format": "openai-responses-v1",
    }
    content = [{"type": "output_text", "text": text, "annotations": []}]
    said = {"type": "message", "role": "assistant", "id": f"msg_{name}", "status": "completed", "content": content}
    return TurnRecord(turn_id, SLUG, SLUG, (TurnItem(thought), TurnItem(said)))


@asynccontextmanager
async def kept_in(file: Path) -> AsyncIterator[Kept]:
    """Open a store in a file, configured as in production on SQLite; rows are encrypted and compressed."""
    url = f"sqlite:///{file}"
    await migrate(url, revisions_dir)
    database, offload = Database(url), ThreadOffload()
    store = SealedStore(SqlArtifacts(database), make_vault(KeyRing(file_key=bytes(32)), VaultOptions()))

    async def opened() -> SealedStore:
        return store

    memory = TurnMemory(
        opened=opened,
        offload=offload,
        clock=SystemClock(),
        ids=SystemIds(),
        telemetry=RecordedTelemetry(),
    )
    try:
        yield Kept(database, store, memory, offload)
    finally:
        await database.aclose()
        await offload.aclose()


async def keep(memory: TurnMemory, records: Sequence[TurnRecord]) -> None:
    """Store turns as after an answer."""
    for record in records:
        await memory.remember(ANN, KEPT, record)

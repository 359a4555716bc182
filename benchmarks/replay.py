"""Replaying a long chat from its store, compared with the bare query plus decoding.

Replay is the work of a turn on its history: find the references, look up the turns, open and read rows, and restore the
turns in their places. The bare side selects the same rows by the same ids over the same connection, opens and decodes
them, and does nothing else.
"""

import asyncio
import gc
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from math import log
from pathlib import Path
from statistics import linear_regression
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine, event, select

from adapters.sql.tables import artifact
from benchmarks.memory_rig import ANN, KEPT, SLUG, Chat, Kept, chat_of, keep, kept_in
from benchmarks.report import Broken, Line, absolute, ratio
from benchmarks.rounds import OURS, alternating, medians
from domain.conversation.history import Past, items_for, parsed
from domain.conversation.marks import marks_of
from domain.conversation.replay import wanted_of
from domain.conversation.size import size_of
from domain.services.remember_turn import bond_of
from entrypoints.openwebui.bundle.measure import longest_gap
from entrypoints.openwebui.history_format import OPEN_WEBUI
from ports.cipher import Sealed
from ports.json_values import JsonObject

TURNS, SIZES = 200, (100, 200, 400, 800, 1_600)
ROUNDS, GROWTH_ROUNDS, STALL_ROUNDS = 31, 7, 15
AT_MOST, QUERIES, EXPONENT, STALL_MS = 3.0, 5, 1.1, 20.0

a = artifact.c
COLUMNS = (
    *(a.namespace, a.user_id, a.id, a.turn_id, a.ordinal, a.kind, a.model, a.fingerprint),
    *(a.key_id, a.codec, a.size, a.payload),
)


async def measure_replay() -> AsyncIterator[Line]:
    """Measure 200 turns with 400 rows, by reference and by fingerprint, then the growth from 100 to 1,600."""
    with TemporaryDirectory() as folder:
        for number, how in enumerate(("turns named", "recognised by words")):
            chat = chat_of(TURNS, named=not number)
            async with kept_in(Path(folder) / f"measured-{number}.db") as kept:
                await keep(kept.memory, chat.records)
                _check(await _replayed(kept, chat), chat)
                yield await _compared(kept, chat, f"{TURNS} turns, {2 * TURNS} rows, {how}")
                with _counted() as statements:
                    await _replayed(kept, chat)
                yield absolute(f"{TURNS} turns, {how}: queries", len(statements), "", QUERIES)
                if not number:
                    yield await _stall(kept, chat)
    yield absolute(f"replaying {SIZES[0]} to {SIZES[-1]:,} turns: growth by power", await _exponent(), "", EXPONENT)


async def _compared(kept: Kept, chat: Chat, what: str) -> Line:
    async def one(side: str) -> float:
        return await _timed(lambda: _replayed(kept, chat) if side == OURS else _bare(kept, chat))

    return ratio(f"{what}: replay, query + decode", *medians(await alternating(ROUNDS, one), float), "ms", AT_MOST)


async def _stall(kept: Kept, chat: Chat) -> Line:
    """Return the longest stall of the loop during a recall, compared with an idle period of the same length."""
    want = wanted_of(marks_of(chat.messages, OPEN_WEBUI, by_fingerprint=True))
    took = await _timed(lambda: kept.memory.recall(ANN, KEPT, want.turn_ids, ()))

    async def one(side: str) -> float:
        if side == OURS:
            return (await longest_gap(lambda: kept.memory.recall(ANN, KEPT, want.turn_ids, ())))[1]
        return (await longest_gap(lambda: asyncio.sleep(took / 1000)))[1]

    ours, idle = medians(await alternating(STALL_ROUNDS, one), float)
    return absolute(f"recalling {2 * TURNS} rows: longest stall of the loop, idle", ours, "ms", STALL_MS, idle)


async def _exponent() -> float:
    """Return the slope of the fastest times over the number of turns, both as logarithms."""
    with TemporaryDirectory() as folder:
        async with kept_in(Path(folder) / "measured.db") as kept:
            chats = {size: chat_of(size) for size in SIZES}
            took: dict[int, list[float]] = {size: [] for size in SIZES}
            for chat in chats.values():
                await keep(kept.memory, chat.records)
                _check(await _replayed(kept, chat), chat)
            for _ in range(GROWTH_ROUNDS):
                for size, chat in chats.items():
                    took[size].append(await _timed(lambda chat=chat: _replayed(kept, chat)))  # type: ignore[misc]
    return round(linear_regression(list(map(log, SIZES)), [log(min(took[size])) for size in SIZES]).slope, 2)


async def _replayed(kept: Kept, chat: Chat) -> tuple[JsonObject, ...]:
    """Replay as a turn does; texts are needed only if the turns have no references."""
    named = any("reasoning_details" in message for message in chat.messages)
    marks = marks_of(chat.messages, OPEN_WEBUI, by_fingerprint=not named)
    want = wanted_of(marks)
    past = await kept.memory.recall(ANN, KEPT, want.turn_ids, want.fingerprints)
    known = Past(past.records, marks=marks, history_format=OPEN_WEBUI)
    return await kept.offload.run(
        lambda: items_for(parsed(chat.messages, past=known), SLUG), size=size_of(chat.messages)
    )


async def _bare(kept: Kept, chat: Chat) -> list[object]:
    turns = [record.turn_id for record in chat.records]
    query = select(*COLUMNS).where(a.namespace == KEPT.namespace, a.turn_id.in_(turns))
    async with kept.database.reading() as connection:
        rows: Any = (await connection.execute(query)).all()
    cipher = kept.store.cipher
    sealed = ((Sealed(row.payload, row.key_id, row.codec, row.size), bond_of(row)) for row in rows)
    return [json.loads(cipher.open(one, bound=bond)) for one, bond in sealed]


def _check(items: tuple[JsonObject, ...], chat: Chat) -> None:
    """Raise Broken unless all reasoning was restored unchanged."""
    due = [kept.item for record in chat.records for kept in record.items if kept.item["type"] == "reasoning"]
    if [item for item in items if item["type"] == "reasoning"] != due:
        raise Broken(f"the thinking of {len(chat.records)} turns did not come back")


async def _timed(work: Callable[[], Awaitable[object]]) -> float:
    """Return ms; garbage of earlier rounds is collected first."""
    gc.collect()
    began = time.perf_counter()
    result = await work()
    took = time.perf_counter() - began
    del result
    return took * 1000


@contextmanager
def _counted() -> Iterator[list[str]]:
    """Collect the statements of all engines."""
    statements: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)

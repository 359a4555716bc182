"""What one person stores stays within the quota, oldest turns out first, and nobody else pays for it."""

import json
from functools import partial

import pytest

from adapters.memory.artifacts import MemoryArtifacts
from domain.conversation.record import TurnItem, TurnRecord
from domain.request.turn_request import Person, Remembering
from domain.services import keep_quota
from domain.services.keep_quota import BATCH, REACHED, STEPS_AT_ONCE, KeepQuota
from domain.services.remember_turn import SealedStore, TurnMemory
from domain.services.store_budget import StoreHealth
from ports.artifacts import ROW_BYTES, ArtifactsUnavailable
from ports.cipher import Sealed
from tests.contracts.artifact_cases import HERE, turn_of, ulid
from tests.doubles.artifacts import TroubledArtifacts
from tests.doubles.cipher import NamedKeyCipher
from tests.doubles.clock import FakeClock
from tests.doubles.ids import FakeIds
from tests.doubles.offload import InlineOffload
from tests.doubles.telemetry import RecordedTelemetry

SIZE = 10_000 + ROW_BYTES
QUOTA = 3 * SIZE


class Kept:
    """A store and the quota over it."""

    def __init__(self) -> None:
        self.log, clock = RecordedTelemetry(), FakeClock()
        self.store = TroubledArtifacts(clock, lifetime=float("inf"))
        self.quota = KeepQuota(StoreHealth(clock, self.log), self.log)

    async def write(self, turn: int, owner: str = "ann", most: int = QUOTA) -> None:
        await self.store.put(turn_of(turn, 1, user_id=owner, sealed=Sealed(bytes(10_000))))
        trim = partial(self.store.trim, HERE, owner, most)
        await self.quota.written(trim, HERE, owner, size=SIZE, most_bytes=most)

    async def left(self, owner: str = "ann") -> list[str]:
        ids = [ulid(turn) for turn in range(40)]
        return [one.turn_id for one in await self.store.find(HERE, owner, turn_ids=ids, fingerprints=[], limit=999)]


async def test_the_oldest_turns_go_and_it_is_logged_once() -> None:
    kept = Kept()
    for turn in range(1, 9):
        await kept.write(turn)
    assert await kept.left() == [ulid(6), ulid(7), ulid(8)]
    assert kept.log.only(REACHED).values["user_id"] == "ann"


async def test_others_keep_theirs() -> None:
    kept = Kept()
    await kept.write(1, "bob")
    for turn in range(2, 9):
        await kept.write(turn)
    assert await kept.left("bob") == [ulid(1)]


async def test_a_quota_of_zero_is_none() -> None:
    kept = Kept()
    for turn in range(1, 9):
        await kept.write(turn, most=0)
    assert len(await kept.left()) == 8
    assert kept.log.lines == []


async def test_one_turn_deletes_a_bounded_number_of_batches_and_the_next_ones_go_on() -> None:
    kept, asked = Kept(), list[int]()

    async def endless(limit: int) -> int:
        asked.append(limit)
        assert len(asked) <= 2 * STEPS_AT_ONCE
        return limit

    for turn in (1, 2):
        await kept.quota.written(endless, HERE, "ann", size=SIZE, most_bytes=QUOTA)
        assert asked == [BATCH] * STEPS_AT_ONCE * turn


async def test_rows_are_added_up_at_first_and_then_only_after_enough_was_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept, trims = Kept(), []

    async def counted(self: MemoryArtifacts, *_: object) -> int:
        trims.append(1)
        return 0

    monkeypatch.setattr(MemoryArtifacts, "trim", counted)
    for turn in range(1, 32):
        await kept.write(turn, most=SIZE * 200)
    assert len(trims) == 4


async def test_a_store_in_trouble_is_tried_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept()
    for turn in range(1, 5):
        await kept.write(turn, most=0)

    async def broken(*_: object) -> int:
        raise ArtifactsUnavailable("locked")

    with monkeypatch.context() as trouble:
        trouble.setattr(kept.store, "trim", broken)
        await kept.write(5)
        assert len(await kept.left()) == 5
    await kept.write(6)
    assert len(await kept.left()) == 3


async def test_what_is_known_of_people_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert keep_quota.PEOPLE_KNOWN <= 10_000
    monkeypatch.setattr(keep_quota, "PEOPLE_KNOWN", 100)
    kept = Kept()
    for number in range(103):
        person = f"{number}" * 50
        trim = partial(kept.store.trim, HERE, person, QUOTA)
        await kept.quota.written(trim, HERE, person, size=1, most_bytes=QUOTA)
    assert len(kept.quota._written) == 100


async def test_turns_that_are_remembered_are_held_to_the_quota() -> None:
    log, clock = RecordedTelemetry(), FakeClock()
    store = MemoryArtifacts(clock, lifetime=float("inf"))

    async def opened() -> SealedStore:
        return SealedStore(store, NamedKeyCipher())

    given = {"offload": InlineOffload(), "clock": clock, "ids": FakeIds(), "telemetry": log}
    memory = TurnMemory(opened=opened, **given)  # type: ignore[arg-type]
    item = {"type": "function_call", "call_id": "c", "name": "look", "arguments": json.dumps({"x": "x" * 50_000})}
    output = {"type": "function_call_output", "call_id": "c", "output": "x"}
    held = Remembering("pipe", quota_bytes=120_000)
    for turn in range(1, 6):
        record = TurnRecord(ulid(turn), "a/b", "a/b", (TurnItem(item), TurnItem(output)))
        assert await memory.remember(Person("ann"), held, record)
    ids = [ulid(turn) for turn in range(1, 6)]
    found = await store.find("pipe", "ann", turn_ids=ids, fingerprints=[], limit=99)
    assert sorted({row.turn_id for row in found}) == [ulid(4), ulid(5)]
    assert log.named(REACHED)

"""Reservations of a process: kept alive, settled however long the store fails, and never dropped where that hurts."""

import asyncio
from collections.abc import AsyncIterator, Collection
from datetime import datetime, timedelta

import pytest

from domain.services import keep_holds
from domain.services.keep_holds import BEAT_SECONDS, HOLD_SECONDS, POST_SECONDS, KeepHolds, Settlement
from domain.services.store_budget import StoreHealth
from ports.budgets import Balance, Change, Claim, Orphan, Unit
from tests.domain.services.budgeted import BreakableBudgets
from tests.doubles.clock import START, FakeClock, settled
from tests.doubles.ids import FakeIds
from tests.doubles.telemetry import RecordedTelemetry

CLAIM = Claim("all", Unit.REQUESTS, 1, START + timedelta(days=1))


class Watched(BreakableBudgets):
    """Budgets that count postings, wait at a gate, and fail to expire as configured."""

    def __init__(self) -> None:
        super().__init__()
        self.posted: list[str] = []
        self.gate: asyncio.Event | None = None
        self.expires: BaseException | asyncio.Event | None = None

    async def post(self, namespace: str, turn_id: str, charges: Collection[Claim]) -> tuple[Change, ...]:
        if not self.down:
            self.posted.append(turn_id)
            if self.gate is not None:
                await self.gate.wait()
        return await super().post(namespace, turn_id, charges)

    async def expire(self, namespace: str, now: datetime, limit: int) -> tuple[Orphan, ...]:
        if isinstance(self.expires, asyncio.Event):
            await self.expires.wait()
        elif self.expires is not None:
            raise self.expires
        return await super().expire(namespace, now, limit)


class World:
    """One process."""

    def __init__(self) -> None:
        self.clock, self.log, self.budgets = FakeClock(), RecordedTelemetry(), Watched()
        self.store = StoreHealth(self.clock, self.log)
        self.holds = KeepHolds(self.budgets, None, store=self.store, ids=FakeIds(), telemetry=self.log)
        self.changes: list[Change] = []

    async def reserve(self, turn_id: str) -> None:
        until = self.clock.now() + timedelta(seconds=HOLD_SECONDS)
        await self.budgets.reserve("ns", turn_id, [CLAIM], self.holds.holder, until)
        self.holds.add("ns", turn_id, books=False)

    async def settle(self, turn_id: str, *, reserved: bool = False) -> None:
        await self.holds.settle("ns", turn_id, Settlement((CLAIM,), reserved, self.changes.extend))

    async def beat(self) -> None:
        await settled()
        self.clock.advance(BEAT_SECONDS)
        await settled()

    async def balance(self) -> Balance:
        (found,) = await self.budgets.read("ns", ["all"])
        return found


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    yield world
    await world.holds.aclose()


async def test_of_too_many_that_wait_those_that_hold_nothing_are_dropped_and_counted(world, monkeypatch):
    monkeypatch.setattr(keep_holds, "MOST_UNSETTLED", 3)
    await world.reserve("held")
    world.budgets.down = True
    await world.settle("held", reserved=True)
    for number in range(4):
        await world.settle(f"free-{number}")
    lost = world.log.named("budget_charge_lost")
    assert [line.values["turn"] for line in lost] == ["free-0", "free-1"]
    world.budgets.down = False
    await world.settle("next")
    assert await world.balance() == Balance("all", spent=4)


async def test_of_too_many_that_all_hold_something_the_oldest_is_dropped_and_said_to_hold_it(world, monkeypatch):
    monkeypatch.setattr(keep_holds, "MOST_UNSETTLED", 1)
    world.budgets.down = True
    for number in range(2):
        await world.settle(f"held-{number}", reserved=True)
    assert world.log.only("budget_charge_lost").values == {"turn": "held-0", "reserved": True}
    world.budgets.down = False


async def test_what_a_late_posting_changed_is_told(world):
    world.budgets.down = True
    await world.settle("late")
    assert world.changes == []
    world.budgets.down = False
    await world.settle("next")
    assert world.changes == [Change("all", 0, 1), Change("all", 1, 2)]


async def test_turns_that_end_at_once_retry_each_posting_once(world):
    world.budgets.down = True
    for number in range(5):
        await world.settle(f"late-{number}")
    world.budgets.down = False
    world.budgets.gate = asyncio.Event()
    turns = [asyncio.create_task(world.settle(f"next-{number}")) for number in range(5)]
    await settled()
    world.budgets.gate.set()
    await asyncio.gather(*turns)
    assert sorted(world.budgets.posted) == sorted(
        [f"{name}-{number}" for name in ("late", "next") for number in range(5)]
    )


async def test_a_slow_upkeep_makes_nobody_else_skip_the_store(world):
    await world.reserve("held")
    world.budgets.expires = asyncio.Event()
    await world.beat()
    world.clock.advance(POST_SECONDS)
    await settled()
    assert world.log.named("budgets_unavailable")
    assert not world.store.hangs(writes=True)


async def test_a_defect_is_logged_and_the_reservations_live_on(world):
    await world.reserve("held")
    world.budgets.expires = ValueError("a unit of tomorrow")
    for _ in range(10):
        await world.beat()
    assert world.log.named("upkeep_failed")[0].level == "error"
    world.budgets.expires = None
    await world.budgets.expire("ns", world.clock.now(), 10)
    assert await world.balance() == Balance("all", reserved=1)
    await world.settle("held", reserved=True)
    assert await world.balance() == Balance("all", spent=1)

"""What turns cost whose reservations expired, as the ledger knows it."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from adapters.memory.ledger import MemoryLedger
from domain.services.orphan_costs import MOST_SILENT, SILENT_SECONDS, OrphanCosts
from ports.budgets import Claim, Orphan, Unit
from ports.ledger import CostSource, Entry, EntryState
from tests.doubles.clock import START, FakeClock

MONEY = Claim("money", Unit.USD, 50, START + timedelta(days=1))
TOKENS = Claim("tokens", Unit.TOKENS, 900, START + timedelta(days=1))
ASKED = Claim("asked", Unit.REQUESTS, 1, START + timedelta(days=1))
ORPHAN = Orphan("turn", (MONEY, TOKENS, ASKED))
ENTRY = Entry("ns", "turn", 1, 1, START, EntryState.SETTLED, input_tokens=7, output_tokens=8, cost=Decimal("0.3"))
REFUSED = replace(ENTRY, input_tokens=0, output_tokens=0, cost=Decimal(0), cost_source=CostSource.FREE)


class World:
    """A ledger, and whoever asks it."""

    def __init__(self) -> None:
        self.clock, self.ledger = FakeClock(), MemoryLedger()
        self.costs = OrphanCosts(self.ledger, self.clock)

    async def cost(self, *entries: Entry) -> list[int] | None:
        await self.ledger.write(entries)
        found = await self.costs.of("ns", ORPHAN)
        return None if found is None else [claim.amount for claim in found]


@pytest.fixture
def world() -> World:
    return World()


async def test_it_cost_what_its_entries_cost(world):
    assert await world.cost(ENTRY) == [3_000_000_000, 15, 1]


async def test_an_entry_without_tokens_counts_those_that_were_reserved(world):
    guessed = replace(ENTRY, state=EntryState.ESTIMATED, input_tokens=0, output_tokens=0)
    assert await world.cost(guessed) == [3_000_000_000, 900, 1]


async def test_a_refused_call_has_no_tokens(world):
    assert await world.cost(REFUSED) == [0, 0, 1]


async def test_a_call_that_was_never_sent_cost_nothing(world):
    assert await world.cost(replace(REFUSED, state=EntryState.VOID)) == []


async def test_nothing_is_known_while_a_call_may_still_run(world):
    assert await world.cost(Entry("ns", "turn", 1, 1, START)) is None


async def test_a_turn_without_entries_may_have_them_in_a_journal_for_an_hour(world):
    assert await world.cost() is None
    world.clock.advance(SILENT_SECONDS - 1)
    assert await world.cost() is None
    world.clock.advance(1)
    assert await world.cost() == []


async def test_what_was_in_a_journal_counts_once_it_is_replayed(world):
    assert await world.cost() is None
    world.clock.advance(SILENT_SECONDS - 1)
    assert await world.cost(ENTRY) == [3_000_000_000, 15, 1]


async def test_a_settled_turn_is_forgotten(world):
    await world.cost()
    world.costs.forget("ns", "turn")
    world.clock.advance(SILENT_SECONDS)
    assert await world.cost() is None


async def test_of_too_many_turns_without_entries_the_oldest_wait_anew(world):
    for number in range(MOST_SILENT + 1):
        await world.costs.of("ns", Orphan(f"turn-{number}", (MONEY,)))
    world.clock.advance(SILENT_SECONDS)
    assert await world.costs.of("ns", Orphan(f"turn-{MOST_SILENT}", (MONEY,))) == ()
    assert await world.costs.of("ns", Orphan("turn-0", (MONEY,))) is None

"""What the bills of a turn's attempts change of its tally."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from domain.budgets.amounts import Amounts
from domain.services.turn_tally import TurnTally
from ports.ledger import CostSource, Entry, EntryState
from tests.doubles.clock import START

ENTRY = Entry("ns", "turn", 1, 1, START, EntryState.SETTLED, input_tokens=7, output_tokens=8, cost=Decimal("0.3"))
GUESS = Amounts(Decimal(2), tokens=900)


async def billed(entry: Entry) -> Amounts:
    tally = TurnTally(attempts={1: ("maker/model", GUESS)})
    final: asyncio.Future[Entry] = asyncio.get_running_loop().create_future()
    final.set_result(entry)
    tally.expect(1, final)
    await tally.complete()
    return tally.attempts[1][1]


@pytest.mark.parametrize(
    ("changes", "amounts"),
    [
        ({}, Amounts(Decimal("0.3"), 15)),
        ({"upstream_cost": Decimal("1E-40")}, Amounts(Decimal("0.3" + "0" * 38 + "1"), 15)),
        ({"cost": None, "cost_source": CostSource.UNKNOWN}, Amounts(None, 15)),
        ({"input_tokens": 0, "output_tokens": 0}, Amounts(Decimal("0.3"), 900)),
        ({"input_tokens": 0, "output_tokens": 0, "cost": Decimal(0), "cost_source": CostSource.FREE}, Amounts()),
    ],
)
async def test_a_bill_takes_the_place_of_the_guess(changes, amounts):
    assert await billed(replace(ENTRY, **changes)) == amounts

"""Tickets: what a turn holds of the process is released exactly once."""

import asyncio

import pytest

from domain.request.turn_request import Bounds
from domain.services.admit_turn import AdmitTurn, Ticket
from ports.slots import SlotsFull
from tests.doubles.clock import FakeClock, until
from tests.doubles.slots import CountedSlots

ONE, TWO = Bounds(concurrent=1, queued=1), Bounds(concurrent=1, queued=2)


async def entered(admit: AdmitTurn) -> Ticket:
    """Wait in line; return the ticket."""
    waiting = admit.join(ONE)
    while await waiting.moved(None) is not None:
        pass
    return waiting.ticket()


def test_a_ticket_releases_everything_once_in_reverse_order():
    given_back: list[str] = []
    ticket = Ticket(lambda: given_back.append("place"), lambda: given_back.append("probe"))
    ticket.release()
    ticket.release()
    assert given_back == ["probe", "place"]


def test_one_resource_that_cannot_be_released_does_not_block_the_others():
    given_back: list[str] = []

    def stuck() -> None:
        raise RuntimeError("stuck")

    ticket = Ticket(lambda: given_back.append("place"), stuck)
    with pytest.raises(RuntimeError, match="stuck"):
        ticket.release()
    ticket.release()
    assert given_back == ["place"]


async def test_a_free_place_is_taken_at_once_and_returned_by_release():
    slots = CountedSlots()
    ticket = AdmitTurn(slots, FakeClock()).join(ONE).ticket()
    assert slots.taken == 1
    ticket.release()
    ticket.release()
    assert slots.taken == 0


async def test_without_a_free_place_a_turn_waits_in_line_for_its_ticket():
    slots = CountedSlots()
    admit = AdmitTurn(slots, FakeClock())
    first = admit.join(ONE).ticket()
    waiting = asyncio.get_running_loop().create_task(entered(admit))
    await until(lambda: slots.waiting)
    with pytest.raises(SlotsFull):
        admit.join(ONE)
    first.release()
    (await waiting).release()
    assert slots.taken == 0


async def test_a_turn_that_leaves_the_line_holds_nothing():
    slots = CountedSlots()
    admit = AdmitTurn(slots, FakeClock())
    first = admit.join(ONE).ticket()
    waiting = admit.join(ONE)
    waiting.leave()
    first.release()
    await admit.idle()
    assert slots.taken == 0


async def test_a_turn_that_leaves_after_it_was_served_passes_the_slot_on():
    slots = CountedSlots()
    admit = AdmitTurn(slots, FakeClock())
    first, waiting = admit.join(ONE).ticket(), admit.join(ONE)
    first.release()
    waiting.leave()
    waiting.leave()
    assert (slots.taken, slots.waiting) == (0, 0)


async def test_a_turn_in_line_looks_again_after_a_while():
    clock, slots = FakeClock(), CountedSlots()
    admit = AdmitTurn(slots, clock)
    first, other, waiting = admit.join(TWO).ticket(), admit.join(TWO), admit.join(TWO)
    assert await waiting.moved(2.0) == 1
    looked = asyncio.create_task(waiting.moved(2.0))
    await asyncio.sleep(0)
    other.leave()
    clock.advance(2.0)
    assert await looked == 0
    first.release()
    assert await waiting.moved(2.0) is None
    waiting.ticket().release()
    waiting.leave()
    assert slots.taken == 0


async def test_idle_waits_for_the_last_ticket():
    admit = AdmitTurn(CountedSlots(), FakeClock())
    one, other = admit.join(Bounds()).ticket(), admit.join(Bounds()).ticket()
    waiting = asyncio.get_running_loop().create_task(admit.idle())
    for ticket in (one, other):
        await asyncio.sleep(0)
        assert not waiting.done()
        ticket.release()
    await until(waiting.done)

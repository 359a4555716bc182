"""Tickets: what a turn holds of the process is released exactly once."""

import asyncio

import pytest

from domain.request.turn_request import Bounds
from domain.services.admit_turn import AdmitTurn, Ticket
from ports.slots import SlotsFull
from tests.doubles.clock import until
from tests.doubles.slots import CountedSlots

ONE = Bounds(concurrent=1, queued=1)


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
    ticket = AdmitTurn(slots).at_once(ONE)
    assert ticket is not None
    assert slots.taken == 1
    ticket.release()
    ticket.release()
    assert slots.taken == 0


async def test_without_a_free_place_a_turn_waits_in_line_for_its_ticket():
    slots = CountedSlots()
    admit = AdmitTurn(slots)
    first = admit.at_once(ONE)
    assert first is not None
    assert admit.at_once(ONE) is None
    waiting = asyncio.get_running_loop().create_task(admit.in_line(ONE))
    await until(lambda: slots.waiting)
    with pytest.raises(SlotsFull):
        await admit.in_line(ONE)
    first.release()
    (await waiting).release()
    assert slots.taken == 0


async def test_a_turn_that_leaves_the_line_holds_nothing():
    slots = CountedSlots()
    admit = AdmitTurn(slots)
    first = admit.at_once(ONE)
    waiting = asyncio.get_running_loop().create_task(admit.in_line(ONE))
    await until(lambda: slots.waiting)
    waiting.cancel()
    await until(waiting.done)
    assert first is not None
    first.release()
    await admit.idle()
    assert slots.taken == 0


async def test_idle_waits_for_the_last_ticket():
    admit = AdmitTurn(CountedSlots())
    one, other = admit.at_once(Bounds()), admit.at_once(Bounds())
    waiting = asyncio.get_running_loop().create_task(admit.idle())
    for ticket in (one, other):
        assert ticket is not None
        await asyncio.sleep(0)
        assert not waiting.done()
        ticket.release()
    await until(waiting.done)

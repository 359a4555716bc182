"""The contract of every Clock."""

import asyncio
from datetime import UTC, timedelta

import pytest

from adapters.process.clock import SystemClock
from ports.clock import Clock
from tests.doubles.clock import FakeClock, settled
from tests.patience import PATIENCE

CLOCKS: tuple[type[Clock], ...] = (SystemClock,)


@pytest.fixture(params=CLOCKS)
def clock(request: pytest.FixtureRequest) -> Clock:
    return request.param()


def test_it_never_goes_back(clock):
    moments = [clock.monotonic() for _ in range(100)]
    assert moments == sorted(moments)


def test_the_time_is_aware_and_in_utc(clock):
    assert clock.now().tzinfo is UTC
    assert clock.now().utcoffset() == timedelta(0)


async def test_a_wait_ends_no_earlier_than_its_moment(clock):
    moment = clock.monotonic() + 0.02
    await clock.sleep_until(moment)
    assert clock.monotonic() >= moment


async def test_a_past_moment_is_not_waited_for(clock):
    async with asyncio.timeout(PATIENCE):
        await clock.sleep_until(clock.monotonic() - 100)


async def test_a_wait_can_be_cancelled(clock):
    task = asyncio.create_task(clock.sleep_until(clock.monotonic() + 3600))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_timer_fires_once_and_no_earlier_than_its_moment(clock):
    rung = []
    moment = clock.monotonic() + 0.02
    clock.call_at(moment, lambda: rung.append(clock.monotonic()))
    await clock.sleep_until(moment + 0.02)
    assert len(rung) == 1
    assert rung[0] >= moment


async def test_a_timer_for_a_past_moment_fires_soon_but_not_at_once(clock):
    rung = asyncio.Event()
    clock.call_at(clock.monotonic() - 100, rung.set)
    assert not rung.is_set()
    async with asyncio.timeout(PATIENCE):
        await rung.wait()


async def test_a_cancelled_timer_never_fires(clock):
    rung = []
    moment = clock.monotonic() + 0.01
    cancel = clock.call_at(moment, lambda: rung.append(True))
    cancel()
    await clock.sleep_until(moment + 0.01)
    assert rung == []
    cancel()


@pytest.mark.parametrize("kind", [*CLOCKS, FakeClock])
async def test_a_timer_that_is_due_and_cancelled_before_it_fired_never_fires(kind):
    clock, rung = kind(), []
    cancel = clock.call_at(clock.monotonic() - 1, lambda: rung.append(True))
    cancel()
    await settled()
    assert rung == []

"""Stations of a request reach whoever opened a scope for it, and nobody else."""

import asyncio

import pytest

from ports.timings import Station, scoped, timed, timing, timing_mark, timing_scope


class Seen:
    """Records stations on a clock that moves by one second per look."""

    def __init__(self) -> None:
        self.stations: list[Station] = []
        self._now = 0.0

    def perf(self) -> float:
        self._now += 1.0
        return self._now

    def record(self, station: Station) -> None:
        self.stations.append(station)


def test_without_a_scope_nothing_is_recorded():
    timing_mark("lost")
    with timing("lost"):
        pass


def test_work_has_a_beginning_an_end_and_a_duration():
    seen = Seen()
    with timing_scope(seen), timing("work"):
        timing_mark("inside")
    assert seen.stations == [Station("enter", "work"), Station("mark", "inside"), Station("exit", "work", 1.0)]


def test_work_that_fails_ends_too():
    seen = Seen()
    with timing_scope(seen), pytest.raises(ValueError), timing("work"):
        raise ValueError
    assert [station.event for station in seen.stations] == ["enter", "exit"]


async def test_tasks_started_inside_belong_to_the_request_and_others_do_not():
    @timed("step")
    async def step() -> int:
        await asyncio.sleep(0)
        return 7

    one, other = Seen(), Seen()
    results = await asyncio.gather(scoped(one, asyncio.create_task(step())), scoped(other, step()), step())
    assert results == [7, 7, 7]
    assert one.stations == []  # the task was created outside
    assert [station.label for station in other.stations] == ["step", "step"]

    async def inside() -> None:
        await asyncio.create_task(step())

    await scoped(one, inside())
    assert [station.event for station in one.stations] == ["enter", "exit"]

"""Large work runs in a few threads off the loop; a cancelled caller returns at once."""

import asyncio
import threading

import pytest

from adapters.process.threads import MOST_HELD, THREADS, ThreadOffload
from ports.offload import LARGE
from tests.patience import PATIENCE


@pytest.fixture
async def offload():
    made = ThreadOffload()
    yield made
    await made.aclose()


async def test_small_work_stays_in_the_thread_of_the_caller(offload):
    assert await offload.run(threading.get_ident, size=LARGE - 1) == threading.get_ident()


async def test_large_work_runs_in_a_named_thread_of_its_own(offload):
    name = await offload.run(lambda: threading.current_thread().name, size=LARGE)

    assert name.startswith("openrouter-pipe")


async def test_no_more_pieces_run_at_once_than_there_are_threads(offload):
    idents = await asyncio.gather(*(offload.run(threading.get_ident, size=LARGE) for _ in range(50)))

    assert len(set(idents)) <= THREADS


async def test_a_cancelled_caller_stops_waiting_while_the_work_runs_to_its_end(offload):
    started, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def work():
        started.set()
        go_on.wait(10)
        ended.set()

    task = asyncio.create_task(offload.run(work, size=LARGE))
    assert await asyncio.to_thread(started.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not ended.is_set()
    go_on.set()
    await offload.aclose()
    assert ended.is_set()


async def test_threads_that_are_held_are_replaced_and_nobody_waits_for_them():
    offload, go_on = ThreadOffload(held_seconds=0.05), threading.Event()
    held = [asyncio.create_task(offload.run(lambda: go_on.wait(30), size=LARGE)) for _ in range(2 * THREADS)]

    async with asyncio.timeout(PATIENCE):
        assert await offload.run(lambda: "others", size=LARGE) == "others"
    assert not any(task.done() for task in held)

    go_on.set()
    assert await asyncio.gather(*held) == [True] * len(held)
    await offload.aclose()


async def test_threads_that_are_held_are_given_up_when_their_callers_have_gone():
    offload, go_on = ThreadOffload(held_seconds=0.05), threading.Event()
    for _ in range(THREADS):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await offload.run(lambda: go_on.wait(30), size=LARGE)

    async with asyncio.timeout(PATIENCE):
        assert await offload.run(lambda: "others", size=LARGE) == "others"
    go_on.set()
    await offload.aclose()


async def test_held_threads_are_replaced_only_so_often():
    offload, go_on = ThreadOffload(held_seconds=0.001), threading.Event()
    tasks = [asyncio.create_task(offload.run(lambda: go_on.wait(30), size=LARGE)) for _ in range(100)]
    await asyncio.sleep(0.5)
    named = [thread for thread in threading.enumerate() if thread.name == "openrouter-pipe-work"]
    assert len(named) <= THREADS + MOST_HELD

    go_on.set()
    await asyncio.gather(*tasks)
    await offload.aclose()


async def test_closing_does_not_wait_for_ever_for_a_held_thread(monkeypatch):
    monkeypatch.setattr("adapters.process.threads.CLOSING_SECONDS", 0.05)
    offload, go_on = ThreadOffload(), threading.Event()
    task = asyncio.create_task(offload.run(lambda: go_on.wait(30), size=LARGE))
    await asyncio.sleep(0.01)

    async with asyncio.timeout(PATIENCE):
        await offload.aclose()
    go_on.set()
    assert await task


async def test_work_that_raises_stop_iteration_ends_the_wait(offload):
    with pytest.raises(RuntimeError):
        await offload.run(lambda: next(iter(())), size=LARGE)


async def test_closing_ends_the_threads_and_refuses_further_large_work(offload):
    thread = await offload.run(threading.current_thread, size=LARGE)

    await offload.aclose()

    assert not thread.is_alive()
    with pytest.raises(RuntimeError):
        await offload.run(int, size=LARGE)
    assert await offload.run(int, size=0) == 0

"""Sessions follow the limit and the event loop, and are closed in time."""

import asyncio
import threading

import pytest
from aiohttp import ClientSession

from adapters.openrouter.transport.environment import read_environment
from adapters.openrouter.transport.pool import SPARE_PLACES, PoolClosed, SessionPool
from tests.adapters.openrouter.scripted_upstream import scripted
from tests.patience import eventually


async def test_calls_with_one_limit_share_a_session(pool):
    first, second = await pool.session(5), await pool.session(5)
    assert first.http is second.http
    assert first.http.connector.limit == 5 + SPARE_PLACES
    first.release()
    second.release()


async def test_a_changed_limit_opens_a_new_session_and_the_old_one_ends_with_its_last_call(pool):
    old = await pool.session(5)
    new = await pool.session(9)
    assert new.http.connector.limit == 9 + SPARE_PLACES
    assert not old.http.closed
    old.release()
    await eventually(lambda: old.http.closed)
    assert not new.http.closed
    new.release()


async def test_an_idle_session_stays_open_for_the_next_call(pool):
    lease = await pool.session(5)
    lease.release()
    assert (await pool.session(5)).http is lease.http


async def test_a_lease_released_twice_counts_once(pool):
    first, second = await pool.session(5), await pool.session(5)
    first.release()
    first.release()
    pool.retire()
    await asyncio.sleep(0)
    assert not second.http.closed
    second.release()
    await eventually(lambda: second.http.closed)


async def test_a_retired_pool_closes_idle_sessions_and_opens_new_ones_on_demand(pool):
    lease = await pool.session(5)
    lease.release()
    pool.retire()
    await eventually(lambda: lease.http.closed)
    assert not (await pool.session(5)).http.closed


async def test_a_closed_pool_gives_no_session(pool):
    lease = await pool.session(5)
    await pool.aclose()
    assert lease.http.closed
    with pytest.raises(PoolClosed):
        await pool.session(5)


async def test_every_event_loop_has_its_own_session(pool):
    mine, theirs = await pool.session(5), []

    async def elsewhere() -> None:
        lease = await pool.session(5)
        theirs.append(lease.http)
        lease.release()
        await lease.http.close()

    await asyncio.to_thread(asyncio.run, elsewhere())
    assert theirs[0] is not mine.http


async def test_closing_reaches_sessions_of_other_running_loops(pool):
    opened, done, sessions = threading.Event(), threading.Event(), []

    async def elsewhere() -> None:
        sessions.append((await pool.session(5)).http)
        opened.set()
        await asyncio.to_thread(done.wait)

    running = asyncio.create_task(asyncio.to_thread(asyncio.run, elsewhere()))
    await asyncio.to_thread(opened.wait)
    await pool.aclose()
    assert sessions[0].closed
    done.set()
    await running


async def test_the_environment_is_read_once_and_not_on_the_loop(telemetry):
    threads = []

    def read(log):
        threads.append(threading.current_thread())
        return read_environment(log)

    pool = SessionPool(telemetry, read)
    leases = await asyncio.gather(*(pool.session(5) for _ in range(5)))
    assert len(threads) == 1
    assert threads[0] is not threading.current_thread()
    for lease in leases:
        lease.release()
    await pool.aclose()


async def an_endless_answer(visit) -> None:
    await visit.head(200, {"Content-Type": "text/event-stream"})
    await visit.left()


async def test_an_endless_answer_is_closed_after_being_drained_for_a_while(pool):
    async with scripted(an_endless_answer) as upstream:
        lease = await pool.session(5)
        response = await lease.http.get(upstream.url)
        lease.finish_reading(response)
        await eventually(upstream.visits[0].gone.is_set)


async def test_closing_the_pool_cancels_draining_answers(pool):
    async with scripted(an_endless_answer) as upstream:
        lease = await pool.session(5)
        lease.finish_reading(await lease.http.get(upstream.url))
        await pool.aclose()
        await eventually(upstream.visits[0].gone.is_set)
        assert not [task for task in asyncio.all_tasks() if "openrouter-pipe" in task.get_name()]


async def test_netrc_and_cookies_are_ignored(pool):
    lease = await pool.session(5)
    http: ClientSession = lease.http
    assert not http.trust_env
    http.cookie_jar.update_cookies({"a": "b"})
    assert not list(http.cookie_jar)
    lease.release()

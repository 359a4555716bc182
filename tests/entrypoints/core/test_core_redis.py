"""Redis of a whole core: shared by two workers, lost and found again in the middle of chats, never in their way."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from redis import Redis

from adapters.memory.breaker_state import MemoryBreakerState
from adapters.redis import connection
from domain.request.turn_request import Person
from domain.turn.steps import Ended, Reason
from entrypoints.core.caller_request import CallerHistory, CallerNames, CallerRequest
from entrypoints.core.container import HostPorts
from entrypoints.core.open_core import Core, open_core
from entrypoints.core.redis_location import RedisLocation
from entrypoints.core.shared_stores import SharedBreakerState
from entrypoints.core.storage_location import IN_MEMORY, sqlite_location
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret
from entrypoints.simulator.server import running_simulator
from entrypoints.simulator.state import Simulator
from ports.breaker_state import BreakerStateUnavailable
from tests.doubles.redis_fake import answering, hanging, of_version
from tests.doubles.redis_server import empty_redis_url, redis_server, redis_url

MODEL = "sim/deltas-20"
ANN = Person("ann", "chat", "message")
NAMES = CallerNames("ann@example.org", "Ann", "openrouter.")


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with running_simulator(generation_delay=0) as simulator:
        yield simulator


def settings_of(simulator: Simulator, url: str = "", **more: Any) -> Settings:
    key = Secret(next(iter(simulator.keys)))
    return Settings(api_key=key, base_url=simulator.url, pipe_redis_url=Secret(url), **more)


class Broken(MemoryBreakerState):
    """A second store that cannot be used."""

    async def load(self, key: str) -> tuple[str, int]:
        raise BreakerStateUnavailable("broken")

    async def store(self, key: str, text: str, version: int, now: datetime) -> bool:
        raise BreakerStateUnavailable("broken")


async def end_of(core: Core, settings: Settings, turn_id: str = "") -> Ended:
    message = {"role": "user", "content": "Why?"}
    asked = CallerRequest(MODEL, (message,), person=ANN, history=CallerHistory("pipe"), turn_id=turn_id, names=NAMES)
    listing = await core.models.listing(settings)
    async for output in core.turn(asked, settings, listing)(None):
        last = output
    await core.drained()
    assert isinstance(last, Ended)
    return last


async def answers(core: Core, settings: Settings) -> bool:
    return (await end_of(core, settings)).end.reason is Reason.STOP


def events(caplog: pytest.LogCaptureFixture, name: str) -> int:
    return sum(f"'{name}'" in line or f"={name}" in line or f" {name} " in line for line in caplog.text.splitlines())


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try a server that is away again after some milliseconds; commands are limited as ever."""
    monkeypatch.setattr(connection, "Patience", partial(connection.Patience, first_pause=0.02, longest_pause=0.05))


async def test_nothing_is_opened_or_logged_without_a_wish(simulator, caplog):
    settings = settings_of(simulator)
    async with open_core(settings, IN_MEMORY, HostPorts(redis=RedisLocation(empty_redis_url()))) as core:
        assert await answers(core, settings)
        assert not await core.stores.redis.opened()
    assert "redis" not in caplog.text


async def test_workers_of_a_host_are_told_once_what_is_missing(simulator, caplog):
    host = HostPorts(redis=RedisLocation("", 4, ("REDIS_URL", "WEBSOCKET_MANAGER=redis")))
    settings = settings_of(simulator)
    async with open_core(settings, IN_MEMORY, host) as core:
        for _ in range(3):
            core.follow(settings_of(simulator))
            assert await answers(core, settings)
    assert events(caplog, "redis_not_used") == 1
    assert "missing: REDIS_URL, WEBSOCKET_MANAGER=redis" in caplog.text


async def test_the_list_of_models_is_there_for_the_next_worker(simulator):
    settings = settings_of(simulator, empty_redis_url())
    async with open_core(settings) as core:
        assert await core.stores.redis.opened()
        await core.models.offered(settings)
        assert await answers(core, settings)
        with Redis.from_url(redis_url()) as other:
            async with asyncio.timeout(10):
                while not [*other.scan_iter("openrouter_pipe:cache:*")]:
                    await asyncio.sleep(0.01)


async def test_a_breaker_that_one_worker_opened_is_open_in_the_other(simulator):
    settings = settings_of(simulator, empty_redis_url(), breaker_max_failures=1)
    async with AsyncExitStack() as stack:
        one, other = [await stack.enter_async_context(open_core(settings)) for _ in range(2)]
        for core in (one, other):
            assert await core.stores.redis.opened()
        now = one.clock.now()
        first, second = SharedBreakerState(one.stores.redis, Broken()), SharedBreakerState(other.stores.redis, Broken())
        assert await first.store("person:a", "open", 0, now)
        assert (await second.load("person:a"))[0] == "open"
        assert not await second.store("person:a", "closed", 0, now)


async def test_chats_go_on_while_redis_is_stopped_and_started_again(simulator, tmp_path, caplog, quick):
    with redis_server() as server:
        settings = settings_of(simulator, server.url)
        async with open_core(settings, sqlite_location(tmp_path / "store.db")) as core:
            assert await core.stores.redis.opened()
            state = SharedBreakerState(core.stores.redis, MemoryBreakerState())
            for _ in range(2):
                assert await answers(core, settings)
                assert await state.store("tool:a", "in Redis", 0, core.clock.now())
                chats = [asyncio.ensure_future(answers(core, settings)) for _ in range(8)]
                await asyncio.sleep(0)
                server.stop()
                assert all(await asyncio.gather(*chats))
                assert await state.load("tool:a") == ("", 0)  # breakers begin anew without Redis
                assert await answers(core, settings)
                server.start()
                async with asyncio.timeout(10):
                    while core.stores.redis.stores is None:
                        await asyncio.sleep(0.01)
                assert await answers(core, settings)
                assert await state.load("tool:a") == ("", 0)  # and in a Redis that keeps nothing
    assert events(caplog, "redis_unavailable") == 2
    assert events(caplog, "redis_connected") == 3


async def test_a_redis_that_freezes_delays_one_chat_by_a_second_at_most(simulator, caplog):
    with redis_server() as server:
        settings = settings_of(simulator, server.url)
        async with open_core(settings) as core:
            assert await core.stores.redis.opened()
            server.freeze()
            began = time.monotonic()
            assert all(await asyncio.gather(*(answers(core, settings) for _ in range(20))))
            assert time.monotonic() - began < 3
            began = time.monotonic()
            assert await answers(core, settings)
            assert time.monotonic() - began < 0.9
            server.thaw()
    assert events(caplog, "redis_unavailable") == 1


@pytest.mark.parametrize("trouble", ["hanging", "too old", "absent", "wrong password", "another's keys", "no address"])
async def test_a_redis_that_cannot_be_used_costs_no_chat_and_is_named_once(simulator, caplog, trouble: str):
    async with AsyncExitStack() as stack:
        if trouble == "hanging":
            url, reason = await stack.enter_async_context(hanging()), "timeout"
        elif trouble == "too old":
            url, reason = await stack.enter_async_context(answering(of_version("5.0.14"))), "older than 6.2"
        elif trouble == "no address":
            url, reason = "http://user:a-secret-of-ours@cache", "begins with redis://"
        else:
            options = ("--requirepass", "a-long-password-of-the-server")
            server = stack.enter_context(redis_server(*(options if trouble == "wrong password" else ())))
            url, reason = server.url, "unreachable"
            if trouble == "absent":
                server.stop()
            elif trouble == "wrong password":
                url, reason = url.replace("//", "//:a-secret-of-ours@"), "wrong user or password"
            else:
                with Redis.from_url(url) as other:
                    other.set("openrouter_pipe:format", "another program's")
                reason = "other data under keys that begin with openrouter_pipe:"
        settings = settings_of(simulator, url)
        async with open_core(settings) as core:
            began = time.monotonic()
            for _ in range(3):
                assert await answers(core, settings)
            assert time.monotonic() - began < 4
            assert not await core.stores.redis.opened()
            assert await answers(core, settings)
    lines = [line for line in caplog.text.splitlines() if "redis_" in line]
    assert len(lines) == 1
    assert reason in lines[0]
    assert "a-secret-of-ours" not in caplog.text


async def test_new_settings_switch_redis_off_and_on(simulator):
    settings = settings_of(simulator, empty_redis_url())
    async with open_core(settings) as core:
        assert await core.stores.redis.opened()
        core.follow(settings_of(simulator, redis_url(), enable_redis_cache=False))
        assert not await core.stores.redis.opened()
        core.follow(settings)
        assert await core.stores.redis.opened()


def snapshots() -> list[tuple[str, dict[str, object], int]]:
    with Redis.from_url(redis_url(), decode_responses=True) as other:
        found = sorted(other.keys("costs:*"))
        return [(key, json.loads(other.get(key), parse_float=Decimal), other.ttl(key)) for key in found]


@pytest.mark.parametrize("named", [False, True])
async def test_costs_are_shared_with_the_figures_of_the_ledger(simulator, tmp_path, named: bool):
    settings = settings_of(
        simulator, empty_redis_url(), enable_ledger=True, costs_redis_dump=True, costs_redis_identity=named,
        costs_redis_ttl_seconds=300,
    )  # fmt: skip
    async with open_core(settings, sqlite_location(tmp_path / "store.db")) as core:
        assert await core.stores.redis.opened()
        await end_of(core, settings, "turn")
        ledger = (await core.stores.storage.stores()).books.ledger
        assert ledger is not None
        [entry] = await ledger.of_turn("pipe", "turn")
    [(key, told, seconds)] = snapshots()
    at = int(entry.started_at.timestamp())
    assert key == f"costs:pipe:ann:turn-1-1:{at}"
    assert 200 < seconds <= 300
    usage = told["usage"]
    assert isinstance(usage, dict)
    assert (usage["cost"], usage["cost_source"]) == (entry.cost, "upstream")
    assert (usage["input_tokens"], usage["output_tokens"]) == (entry.input_tokens, entry.output_tokens)
    expected = {"guid": "ann", "model": f"openrouter.{MODEL}", "ts": at, "kind": "chat"}
    expected |= {"chat_id": "chat", "message_id": "message"}
    assert expected.items() <= told.items()
    assert ("ann@example.org" in str(told), "Ann" in str(told)) == (named, named)


@pytest.mark.parametrize("off", [{"costs_redis_dump": False}, {"enable_ledger": False}])
async def test_costs_are_not_shared_unless_wanted_and_booked(simulator, tmp_path, off: dict[str, bool]):
    wished = {"enable_ledger": True, "costs_redis_dump": True, **off}
    settings = settings_of(simulator, empty_redis_url(), **wished)
    async with open_core(settings, sqlite_location(tmp_path / "store.db")) as core:
        assert await core.stores.redis.opened()
        assert await answers(core, settings)
    assert snapshots() == []

"""Rows of artifacts on their way through Redis: nothing is lost, nothing comes back, whoever dies or vanishes."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from redis import Redis

from adapters.redis.artifact_flusher import ArtifactFlusher, WriteBehind
from adapters.redis.artifact_keys import ArtifactKeys
from adapters.redis.artifact_queue import GROUP
from adapters.redis.artifacts import RedisArtifacts
from adapters.redis.trouble import RedisUnavailable
from adapters.sql.artifacts import SqlArtifacts
from adapters.sql.database import Database
from ports.artifacts import Artifact, ArtifactsUnavailable
from ports.cipher import Sealed
from tests.contracts.artifact_cases import DAY, HERE, PRINT, row, turn_of, ulid
from tests.contracts.conftest import opened
from tests.doubles.clock import FakeClock
from tests.doubles.redis_artifacts import worker
from tests.doubles.redis_connections import PATIENT
from tests.doubles.redis_server import RedisServer, empty_redis_url, redis_server
from tests.doubles.telemetry import RecordedTelemetry
from tests.patience import eventually

KEYS = ArtifactKeys(HERE)


@pytest.fixture
async def database(tmp_path: Path):
    async with opened("sqlite", tmp_path) as database:
        yield database


@pytest.fixture(params=["sqlite", "postgres"])
async def any_database(request, tmp_path: Path):
    async with opened(request.param, tmp_path) as database:
        yield database


@pytest.fixture
def url() -> str:
    return empty_redis_url()


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with redis_server("--appendonly", "yes") as server:
        yield server


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker writes what waits by itself."""
    monkeypatch.setattr(ArtifactFlusher, "wake", lambda flusher: None)


class Failing(SqlArtifacts):
    """A database that can fail, or be held up while rows are taken over."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.reason = ""
        self.read: Callable[[], Awaitable[None]] | None = None

    async def take_over(self, namespace: str, read: Callable[[], Awaitable[Sequence[Artifact]]]) -> None:
        if self.reason:
            raise ArtifactsUnavailable(self.reason)

        async def held_up() -> Sequence[Artifact]:
            rows = await read()
            if self.read is not None:
                await self.read()
            return rows

        await super().take_over(namespace, held_up)

    async def put(self, rows: Sequence[Artifact]) -> None:
        if self.reason:
            raise ArtifactsUnavailable(self.reason)
        await super().put(rows)


async def turns_in(store: SqlArtifacts | RedisArtifacts, *turns: int, owner: str = "ann") -> list[str]:
    ids = [ulid(turn) for turn in turns]
    return [one.turn_id for one in await store.find(HERE, owner, turn_ids=ids, fingerprints=(), limit=100)]


def advanced(artifacts: RedisArtifacts, seconds: float) -> None:
    assert isinstance(artifacts._clock, FakeClock)
    artifacts._clock.advance(seconds)


async def reopened(artifacts: RedisArtifacts) -> bool:
    """Let time pass until the connection may be opened again, and try; the server may still be loading."""
    advanced(artifacts, 400)
    return await artifacts._connection.opened()


def flusher_of(artifacts: RedisArtifacts) -> ArtifactFlusher:
    (flusher,) = artifacts._flushers.values()
    return flusher


async def test_a_turn_is_written_to_the_database_at_once_without_anybody_waiting(database, url):
    async with worker(database, url, patience=PATIENT) as one:
        await one.put(turn_of(1, 3))
        await eventually(lambda: turns_in(SqlArtifacts(database), 1))
        with Redis.from_url(url) as client:
            await eventually(lambda: asyncio.to_thread(lambda: client.xlen(KEYS.stream) == 0))
            assert client.xpending(KEYS.stream, GROUP)["pending"] == 0
            assert client.hget(KEYS.rows, "bytes") == b"0"
            assert set(client.hkeys(KEYS.rows)) == {b"life", b"bytes"}
        assert len(flusher_of(one).unflushed) == 0


async def test_what_waits_never_expires(database, url, idle):
    async with worker(database, url, patience=PATIENT) as one:
        await one.put(turn_of(1, 1))
        with Redis.from_url(url) as client:
            assert {client.ttl(key) for key in (KEYS.stream, KEYS.rows, KEYS.turns_of("ann"))} == {-1}


async def test_another_worker_reads_a_waiting_turn_without_the_database(database, url, idle):
    store = Failing(database)
    async with worker(store, url, patience=PATIENT) as one, worker(store, url, "two", patience=PATIENT) as two:
        await one.put(turn_of(1, 2, fingerprint=PRINT))
        store.reason = "locked"
        assert await turns_in(two, 1) == [ulid(1)] * 2
        assert await turns_in(two, 1, owner="bob") == []
        assert await turns_in(SqlArtifacts(database), 1) == []


async def test_a_turn_that_was_written_is_read_from_the_cache(database, url):
    async with worker(database, url, patience=PATIENT) as one, worker(database, url, "two", patience=PATIENT) as two:
        await one.put(turn_of(1, 2))
        await eventually(lambda: turns_in(SqlArtifacts(database), 1))
        with Redis.from_url(url) as client:
            await eventually(lambda: asyncio.to_thread(lambda: client.exists(*KEYS.cached_turns([ulid(1)]))))
            assert 0 < client.ttl(KEYS.cached(row(1_000, 1))) <= 600
        await SqlArtifacts(database).delete_person(HERE, "ann", 9)  # behind our back
        assert await turns_in(two, 1) == [ulid(1)] * 2
        assert await turns_in(two, 1, owner="bob") == []
        assert await two.delete_person(HERE, "ann", 9) == 0
        assert await turns_in(one, 1) == []


async def test_entries_of_a_dead_worker_are_taken_over(database, url, monkeypatch):
    clock = FakeClock()
    async with worker(database, url, "dead", patience=PATIENT) as dead:
        with monkeypatch.context() as patched:
            patched.setattr(ArtifactFlusher, "wake", lambda flusher: None)
            await dead.put(turn_of(1, 2))
        assert len(await flusher_of(dead).queue.take(10)) == 1  # and then it dies
        options = WriteBehind(idle_seconds=0.001)
        async with worker(database, url, "other", clock=clock, patience=PATIENT, options=options) as other:
            await turns_in(other, 9)
            await eventually(lambda: turns_in(SqlArtifacts(database), 1))


async def test_rows_written_twice_are_there_once(any_database, url, idle):
    async with worker(any_database, url, patience=PATIENT) as one, worker(any_database, url, "two") as two:
        await one.put(turn_of(1, 3))
        await turns_in(two, 1)
        await asyncio.gather(*(flusher_of(each).drain() for each in (one, two, one, two)))
        assert await turns_in(SqlArtifacts(any_database), 1) == [ulid(1)] * 3


@pytest.mark.parametrize("deleting", ["delete_person", "delete_chat", "delete_untouched", "trim", "delete"])
async def test_what_is_deleted_while_another_worker_writes_it_never_comes_back(any_database, url, idle, deleting):
    store, reached, go_on = Failing(any_database), asyncio.Event(), asyncio.Event()

    async def hold_up() -> None:
        reached.set()
        await go_on.wait()

    async with worker(store, url, patience=PATIENT) as slow, worker(any_database, url, "two", patience=PATIENT) as two:
        await slow.put(turn_of(1, 2))
        store.read = hold_up
        entries = await flusher_of(slow).queue.take(10)
        writing = asyncio.ensure_future(flusher_of(slow)._write(entries))
        await reached.wait()
        calls = {
            "delete_person": lambda: two.delete_person(HERE, "ann", 9),
            "delete_chat": lambda: two.delete_chat(HERE, "chat-1", 9),
            "delete_untouched": lambda: two.delete_untouched(HERE, DAY.replace(year=2030), 9),
            "trim": lambda: two.trim(HERE, "ann", 0, 9),
            "delete": lambda: two.delete(HERE, "ann", [ulid(1)], ["reasoning"]),
        }
        call = asyncio.ensure_future(calls[deleting]())
        await asyncio.sleep(0.1)
        go_on.set()
        await asyncio.gather(writing, call)
        store.read = None
        await flusher_of(slow).drain()
        assert await turns_in(SqlArtifacts(any_database), 1) == []
        assert await turns_in(slow, 1) == await turns_in(two, 1) == []


async def test_a_worker_that_is_late_writes_nothing_that_was_deleted_meanwhile(any_database, url, idle):
    async with worker(any_database, url, patience=PATIENT) as late, worker(any_database, url, "two") as two:
        await late.put(turn_of(1, 2))
        entries = await flusher_of(late).queue.take(10)
        assert await two.delete_person(HERE, "ann", 9) == 2
        await flusher_of(late)._write(entries)
        assert await turns_in(SqlArtifacts(any_database), 1) == []


async def test_a_waiting_turn_is_unbound_for_good(database, url, idle):
    async with worker(database, url, patience=PATIENT) as one:
        await one.put(turn_of(1, 1))
        await one.unbind(HERE, [ulid(1)])
        (found,) = await one.find(HERE, "ann", turn_ids=[ulid(1)], fingerprints=(), limit=9)
        assert (found.chat_id, found.message_id) == ("", "")


async def test_redis_that_comes_back_empty_loses_nothing(database, server):
    clock, telemetry = FakeClock(), RecordedTelemetry()
    store = Failing(database)
    store.reason = "locked"
    async with worker(store, server.url, clock=clock, telemetry=telemetry, patience=PATIENT) as one:
        await one.put(turn_of(1, 2))
        with Redis.from_url(server.url) as client:
            assert client.xlen(KEYS.stream) == 1
            client.flushall()
        store.reason = ""
        clock.advance(10)
        await eventually(lambda: turns_in(SqlArtifacts(database), 1))
        assert telemetry.only("redis_lost_artifacts").values == {"rows": 2}
        await eventually(lambda: asyncio.sleep(0, not flusher_of(one).unflushed))


async def test_what_a_person_wanted_forgotten_is_not_written_again_after_redis_lost_it(database, server, idle):
    async with worker(database, server.url, patience=PATIENT) as one, worker(database, server.url, "two") as two:
        clock = FakeClock()
        await one.put(turn_of(1, 2, created_at=clock.now()))
        await one.put(turn_of(2, 2, created_at=clock.now(), user_id="bob"))
        with Redis.from_url(server.url) as client:
            client.flushall()
        advanced(two, 1)
        assert await two.delete_person(HERE, "ann", 9) == 0
        await flusher_of(one)._flush()
        assert await turns_in(SqlArtifacts(database), 1) == []
        assert await turns_in(SqlArtifacts(database), 2, owner="bob") == [ulid(2)] * 2


async def test_a_restart_with_older_data_loses_nothing(database, server, idle):
    store, telemetry = Failing(database), RecordedTelemetry()
    async with worker(store, server.url, telemetry=telemetry, patience=PATIENT) as one:
        await one.put(turn_of(9, 1))
        flusher = flusher_of(one)
        await flusher._flush()  # learns which server it is
        await one.put(turn_of(1, 1))
        with Redis.from_url(server.url) as client:
            client.hdel(KEYS.rows, ulid(1_000))
            client.xtrim(KEYS.stream, 0)
        server.stop()
        with pytest.raises(RedisUnavailable):
            await flusher.drain()
        server.start()
        await eventually(lambda: reopened(one))
        store.reason = "locked"
        for _ in range(2):  # a database that fails meanwhile does not make it forget what Redis lost
            flusher._alarm.timed = True
            with pytest.raises(ArtifactsUnavailable):
                await flusher._flush()
        store.reason = ""
        await flusher._flush()
        assert await turns_in(SqlArtifacts(database), 1) == [ulid(1)]
        assert telemetry.only("redis_lost_artifacts").values == {"rows": 1}


async def test_what_another_worker_has_written_or_deleted_is_not_written_again_when_redis_vanishes(
    database, server, idle
):
    async with worker(database, server.url, patience=PATIENT) as one, worker(database, server.url, "two") as two:
        await one.put(turn_of(1, 2))
        assert await two.delete_person(HERE, "ann", 9) == 2
        await flusher_of(one)._flush()
        server.stop()
        await flusher_of(one)._flush()
        assert await turns_in(SqlArtifacts(database), 1) == []


async def test_without_redis_everything_goes_to_the_database_and_what_waits_is_written_from_memory(database, server):
    telemetry, store = RecordedTelemetry(), Failing(database)
    async with worker(store, server.url, telemetry=telemetry, patience=PATIENT) as one:
        store.reason = "locked"
        await one.put(turn_of(1, 2))
        await eventually(lambda: asyncio.sleep(0, flusher_of(one)._failures))
        store.reason = ""
        server.stop()
        await one.put(turn_of(2, 2))
        await eventually(lambda: turns_in(SqlArtifacts(database), 1))
        assert await turns_in(one, 1, 2) == [ulid(1)] * 2 + [ulid(2)] * 2
        assert await one.delete_chat(HERE, "chat-1", 9) == 4
        with pytest.raises(ArtifactsUnavailable):
            await one.delete_person(HERE, "ann", 9)
        assert len(telemetry.named("redis_unavailable")) == 1
        server.start()
        await eventually(lambda: reopened(one))
        while await one.delete_person(HERE, "ann", 9):
            pass
        assert await turns_in(one, 1, 2) == await turns_in(SqlArtifacts(database), 1, 2) == []


async def test_after_failures_in_a_row_new_rows_go_to_the_database_and_later_through_redis_again(database, url):
    clock, telemetry, store = FakeClock(), RecordedTelemetry(), Failing(database)
    options = WriteBehind(failure_limit=3)
    async with worker(store, url, clock=clock, telemetry=telemetry, patience=PATIENT, options=options) as one:
        store.reason = "full"
        await one.put(turn_of(1, 1))
        flusher = flusher_of(one)
        for failures in (2, 3):
            await eventually(lambda: asyncio.sleep(0, clock.moments))
            flusher.wake()
            await eventually(partial(lambda least: asyncio.sleep(0, flusher._failures >= least), failures))
        assert telemetry.only("artifact_flush_failed").values == {"reason": "full"}
        assert telemetry.only("artifact_flush_stopped").level == "error"
        with pytest.raises(ArtifactsUnavailable, match="full"):
            await one.put(turn_of(2, 1))
        for pause in (10, 20, 40, 80, 160, 300, 300):
            await eventually(partial(lambda due: asyncio.sleep(0, clock.moments == [due]), pause))
            clock.advance(pause)
        store.reason = ""
        await eventually(lambda: asyncio.sleep(0, clock.moments))
        clock.advance(300)
        await eventually(lambda: turns_in(SqlArtifacts(database), 1))
        await eventually(lambda: asyncio.sleep(0, not flusher.stopped))
        assert len(telemetry.named("artifact_flush_resumed")) == 1
        await one.put(turn_of(3, 1))
        await eventually(lambda: turns_in(SqlArtifacts(database), 3))


async def test_malformed_entries_are_set_aside_with_one_warning(database, url):
    telemetry = RecordedTelemetry()
    with Redis.from_url(url) as client:
        client.xadd(KEYS.stream, {"nonsense": "1"})
        client.xadd(KEYS.stream, {"owner": "ann", "ids": ulid(1), "turns": ulid(1)})
        client.hset(KEYS.rows, ulid(1), "nonsense")
        async with worker(database, url, telemetry=telemetry, patience=PATIENT) as one:
            await one.put(turn_of(2, 1))
            await eventually(lambda: turns_in(SqlArtifacts(database), 2))
            await eventually(lambda: asyncio.to_thread(lambda: client.xlen(KEYS.stream) == 0))
        assert [line.level for line in telemetry.named("artifacts_set_aside")] == ["warning", "debug"]
        assert client.xlen(KEYS.aside) == 2
        assert client.ttl(KEYS.aside) > 0


async def test_a_row_that_the_database_refuses_keeps_no_other_from_being_written(database, url, idle):
    telemetry = RecordedTelemetry()
    async with worker(database, url, telemetry=telemetry, patience=PATIENT) as one:
        await one.put([row(1_000, 1, kind="k" * 10)])
        await one.put(turn_of(2, 1))
        flusher = flusher_of(one)
        with Redis.from_url(url) as client:
            stored = client.hget(KEYS.rows, ulid(1_000))
            client.hset(KEYS.rows, ulid(1_000), stored.replace(b'"kkkkkkkkkk"', b'"' + b"k" * 300 + b'"'))
            head = int.from_bytes(stored[5:9], "big") + 290
            longer = client.hget(KEYS.rows, ulid(1_000))
            client.hset(KEYS.rows, ulid(1_000), longer[:5] + head.to_bytes(4, "big") + longer[9:])
        await flusher.drain()
        assert await turns_in(SqlArtifacts(database), 1, 2) == [ulid(2)]
        assert telemetry.only("artifacts_set_aside").values == {"reason": "refused"}


async def test_a_growing_queue_is_reported_once_until_it_shrinks(database, url, idle):
    telemetry = RecordedTelemetry()
    options = WriteBehind(warn_rows=3)
    async with worker(database, url, telemetry=telemetry, patience=PATIENT, options=options) as one:
        for turn in (1, 2, 3):
            await one.put(turn_of(turn, 2))
        assert telemetry.only("artifacts_wait").values == {"rows": 4}
        await flusher_of(one).drain()
        for turn in (4, 5):
            await one.put(turn_of(turn, 2))
        assert len(telemetry.named("artifacts_wait")) == 2


async def test_what_a_worker_holds_is_bounded(database, url, idle, monkeypatch):
    monkeypatch.setattr("adapters.redis.artifact_unflushed.MOST_ROWS", 4)
    async with worker(database, url, patience=PATIENT) as one:
        for turn in (1, 2, 3):
            await one.put(turn_of(turn, 2))
        assert len(flusher_of(one).unflushed) <= 4
        assert await turns_in(one, 1, 2, 3) == [ulid(turn) for turn in (1, 1, 2, 2, 3, 3)]


async def test_a_full_queue_sends_rows_to_the_database(database, url, idle, monkeypatch):
    monkeypatch.setattr("adapters.redis.artifact_queue.MOST_BYTES", 1_000)
    async with worker(database, url, patience=PATIENT) as one:
        await one.put([row(1_000, 1, sealed=Sealed(bytes(2_000)))])
        assert await turns_in(SqlArtifacts(database), 1) == [ulid(1)]


async def test_a_server_that_is_full_takes_nothing_more_and_gives_back_what_waits(database, server):
    store = Failing(database)
    store.reason = "locked"
    async with worker(store, server.url, patience=PATIENT) as one:
        await one.put(turn_of(1, 2))
        await eventually(lambda: asyncio.sleep(0, flusher_of(one)._failures))
        with Redis.from_url(server.url) as client:
            client.config_set("maxmemory", "1")
            store.reason = ""
            await one.put(turn_of(2, 2))
            assert await turns_in(SqlArtifacts(database), 2) == [ulid(2)] * 2
            await eventually(lambda: turns_in(SqlArtifacts(database), 1))
            await eventually(lambda: asyncio.to_thread(lambda: client.xlen(KEYS.stream) == 0))


async def test_other_data_under_our_keys_costs_redis_and_nothing_else(database, url):
    telemetry = RecordedTelemetry()
    with Redis.from_url(url) as client:
        client.set(KEYS.stream, "theirs")
        client.set(KEYS.rows, "theirs")
        client.set(KEYS.turns_of("ann"), "theirs")
    async with worker(database, url, telemetry=telemetry, patience=PATIENT) as one:
        await one.put(turn_of(1, 2))
        assert await turns_in(one, 1) == [ulid(1)] * 2
        assert "other data" in str(telemetry.only("redis_refused").values["reason"])


async def test_tampered_rows_of_others_are_never_returned(database, url, idle):
    async with worker(database, url, patience=PATIENT) as one:
        await one.put(turn_of(1, 1))
        with Redis.from_url(url) as client:
            client.hset(KEYS.turns_of("bob"), ulid(1), client.hget(KEYS.turns_of("ann"), ulid(1)))
        assert await turns_in(one, 1, owner="bob") == []


async def test_a_database_that_hangs_is_skipped_for_a_while(database, url, idle):
    clock, calls = FakeClock(), list[float]()

    class Hanging(SqlArtifacts):
        async def find(self, *arguments, **named):
            calls.append(clock.monotonic())
            clock.advance(3)
            raise ArtifactsUnavailable("timeout")

    async with worker(Hanging(database), url, clock=clock, patience=PATIENT) as one:
        await one.put(turn_of(1, 1))
        for reason in ("timeout", "skipped"):
            with pytest.raises(ArtifactsUnavailable, match=reason):
                await turns_in(one, 1, 2)
        assert await turns_in(one, 1) == [ulid(1)]
        clock.advance(10)
        with pytest.raises(ArtifactsUnavailable, match="timeout"):
            await turns_in(one, 1, 2)
    assert len(calls) == 2


async def test_what_is_added_to_a_turn_is_written_after_it(database, url, idle):
    async with worker(database, url, patience=PATIENT) as one:
        first, second = turn_of(1, 2)
        await one.put([first])
        await one.put([replace(second, kind="mark")])
        assert await turns_in(SqlArtifacts(database), 1) == [ulid(1)] * 2

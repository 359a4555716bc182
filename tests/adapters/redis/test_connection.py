"""One connection to Redis: opened lazily, given up when it is lost, opened again after pauses."""

import asyncio
import time
from contextlib import asynccontextmanager

import pytest
from redis import Redis

from adapters.redis.address import RedisAddressWrong, address_of
from adapters.redis.back_off import STEADY_SECONDS
from adapters.redis.connection import MARK, MOST_AT_ONCE, Patience, RedisConnection, key_of
from adapters.redis.trouble import FOREIGN, LOGIN, NO_SERVER, OLD, TIMEOUT, UNREACHABLE, RedisUnavailable
from tests.doubles.clock import FakeClock
from tests.doubles.redis_fake import answering, hanging, of_version
from tests.doubles.redis_server import empty_redis_url, redis_server
from tests.doubles.telemetry import RecordedTelemetry

QUICK = Patience(command=0.2, opening=0.4)


class Rig:
    """A connection whose clock and log belong to the test."""

    def __init__(self, url: str, patience: Patience | None = None) -> None:
        self.clock, self.telemetry = FakeClock(), RecordedTelemetry()
        self.connection = RedisConnection(address_of(url), self.clock, self.telemetry, patience)

    async def ping(self) -> object:
        return await self.connection.call(lambda client: client.execute_command("PING"))

    async def refusal(self) -> str:
        with pytest.raises(RedisUnavailable) as raised:
            await self.ping()
        return raised.value.reason

    @property
    def log(self) -> list[str]:
        return [line.name for line in self.telemetry.lines]


@asynccontextmanager
async def rig(url: str, patience: Patience | None = None):
    made = Rig(url, patience)
    try:
        yield made
    finally:
        await made.connection.aclose()


async def test_nothing_connects_before_the_first_call():
    async with answering(of_version("7.2.0")) as url, rig(url) as one:
        assert one.connection.state == "opening"
        assert one.log == []


async def test_the_first_call_opens_the_connection_and_is_answered():
    async with rig(empty_redis_url()) as one:
        assert await one.ping() in {True, "PONG"}
        assert one.connection.state == ""
        assert one.log == ["redis_connected"]


async def test_a_script_runs_also_after_the_server_has_forgotten_it():
    async with rig(empty_redis_url()) as one:
        for _ in range(2):
            assert await one.connection.script("return ARGV[1] + #KEYS", [b"a", b"b"], [40]) == 42
            with Redis.from_url(empty_redis_url()) as other:
                other.script_flush()


async def test_an_absent_server_is_reported_once_and_tried_after_growing_pauses():
    with redis_server() as server:
        pass
    async with rig(server.url) as one:
        pauses = []
        for _ in range(8):
            assert await one.refusal() == UNREACHABLE
            opened_at = one.clock.monotonic()
            while one.connection.begin() is None:
                one.clock.advance(5)
            assert not await one.connection.opened()
            pauses.append(one.clock.monotonic() - opened_at)
        assert pauses == [10, 20, 40, 80, 160, 300, 300, 300]
        assert one.log == ["redis_unavailable"]


async def test_a_server_that_comes_back_is_used_again_and_its_next_loss_is_retried_soon():
    with redis_server() as server:
        async with rig(server.url) as one:
            await one.ping()
            for _ in range(2):
                server.stop()
                one.clock.advance(STEADY_SECONDS)
                assert await one.refusal() == UNREACHABLE
                one.clock.advance(9)
                assert one.connection.begin() is None
                server.start()
                one.clock.advance(1)
                assert await one.connection.opened()
                assert await one.ping()
            assert one.log == ["redis_connected", *(["redis_unavailable", "redis_connected"] * 2)]


async def test_a_server_that_comes_and_goes_is_tried_less_and_less_often():
    with redis_server() as server:
        async with rig(server.url) as one:
            await one.ping()
            pauses = []
            for _ in range(4):
                server.stop()
                assert await one.refusal() == UNREACHABLE
                pauses.append(one.telemetry.named("redis_unavailable")[-1].values["retry_seconds"])
                server.start()
                one.clock.advance(300)
                assert await one.connection.opened()
            assert pauses == [10, 20, 40, 80]


async def test_while_the_server_is_away_calls_do_not_wait():
    async with hanging() as url, rig(url, Patience(command=60, opening=1)) as one:
        assert not await one.connection.opened()
        one.clock.advance(10)
        assert await one.refusal() == TIMEOUT
        opening = one.connection.begin()
        assert opening is not None
        assert not opening.done()


async def test_a_server_that_never_answers_holds_a_call_up_for_a_second_at_most():
    async with hanging() as url, rig(url) as one:
        began = time.monotonic()
        assert await one.refusal() == "opening"
        assert time.monotonic() - began < 1.5


async def test_a_server_that_stops_answering_is_given_up():
    stuck = asyncio.Event()
    sound = of_version("7.0.0")

    def answer(command: list[bytes]) -> bytes:
        if command[0] == b"GETRANGE":
            return b"$%d\r\n%s\r\n" % (len(MARK), MARK)
        return b"" if stuck.is_set() else sound(command)

    async with answering(answer) as url, rig(url, QUICK) as one:
        await one.ping()
        stuck.set()
        assert await one.refusal() == TIMEOUT
        assert await one.refusal() == TIMEOUT
        assert one.log == ["redis_connected", "redis_unavailable"]


@pytest.mark.parametrize("version", ["6.0.20", "5.0.7", "2.8.19"])
async def test_an_older_server_is_refused_by_name(version: str):
    async with answering(of_version(version)) as url, rig(url) as one:
        assert not await one.connection.opened()
        assert await one.refusal() == OLD


@pytest.mark.parametrize("reply", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"$3\r\nabc\r\n", b"\x00\xff\r\n", b"*-7\r\n"])
async def test_what_is_no_redis_is_refused(reply: bytes):
    async with answering(lambda _: reply) as url, rig(url, QUICK) as one:
        assert not await one.connection.opened()
        assert await one.refusal() in {NO_SERVER, UNREACHABLE, TIMEOUT}


async def test_a_wrong_password_is_named_and_shown_nowhere():
    with redis_server("--requirepass", "the-right-one-of-all") as server:
        url = server.url.replace("redis://", "redis://:a-wrong-one-of-all@")
        async with rig(url) as one:
            assert not await one.connection.opened()
            with pytest.raises(RedisUnavailable) as raised:
                await one.ping()
            assert raised.value.reason == LOGIN
            shown = repr(one.connection) + repr(raised.value) + repr(one.telemetry.lines) + repr(address_of(url))
            assert "wrong-one" not in shown
            assert str(server.port) not in shown
        async with rig(server.url) as one:
            assert not await one.connection.opened()
            assert await one.refusal() == LOGIN
        async with rig(server.url.replace("redis://", "redis://:the-right-one-of-all@")) as one:
            assert await one.ping()


@pytest.mark.parametrize("foreign", ["text", "list"])
async def test_keys_of_somebody_else_make_redis_unavailable(foreign: str):
    url = empty_redis_url()
    with Redis.from_url(url) as other:
        if foreign == "text":
            other.set(key_of("format"), "another program's")
        else:
            other.rpush(key_of("format"), "another program's")
        async with rig(url) as one:
            assert await one.refusal() == FOREIGN
            assert "openrouter_pipe:" in repr(one.telemetry.lines)
        assert other.type(key_of("format")) == (b"string" if foreign == "text" else b"list")


async def test_other_data_under_one_key_fails_that_call_and_is_reported_once():
    url = empty_redis_url()
    with Redis.from_url(url) as other:
        other.rpush(key_of("x"), "1")
    async with rig(url) as one:
        for _ in range(3):
            with pytest.raises(RedisUnavailable, match="other data"):
                await one.connection.script("return redis.call('HGET', KEYS[1], 'a')", [key_of("x")])
        assert await one.ping()
        assert one.log == ["redis_connected", "redis_refused"]


async def test_a_full_server_refuses_writes_and_stays_connected():
    with redis_server("--maxmemory", "1mb") as server:
        async with rig(server.url) as one:
            await one.connection.opened()
            if one.connection.state:
                assert one.connection.state == "full"
                return
            with pytest.raises(RedisUnavailable, match="full"):
                await one.connection.call(lambda client: client.set("a", b"x" * 5_000_000))
            assert one.connection.state == ""


async def test_a_cancelled_call_leaves_no_reply_behind_for_the_next():
    async with rig(empty_redis_url()) as one:
        await one.ping()
        for number in range(20):
            wait = asyncio.ensure_future(one.connection.call(lambda client: client.blpop("none", 5)))
            await asyncio.sleep(0)
            if number % 2:
                await one.ping()
            wait.cancel()
            await asyncio.wait((wait,))
            assert await one.connection.script("return ARGV[1]", [], [number]) == str(number).encode()
        assert one.log == ["redis_connected"]


async def test_a_crowd_that_waits_too_long_is_busy_and_the_connection_stays():
    async with rig(empty_redis_url(), Patience(command=0.3)) as one:
        await one.ping()
        slow = [
            asyncio.ensure_future(one.connection.call(lambda client: client.blpop("none", 1), seconds=5))
            for _ in range(MOST_AT_ONCE)
        ]
        await asyncio.sleep(0)
        assert await one.refusal() == "busy"
        await asyncio.gather(*slow)
        assert await one.ping()
        assert one.log == ["redis_connected", "redis_refused"]


async def test_a_closed_connection_opens_no_more():
    one = Rig(empty_redis_url())
    await one.ping()
    await one.connection.aclose()
    assert await one.refusal() == "closed"


async def test_closing_ends_an_opening():
    async with hanging() as url:
        one = Rig(url)
        one.connection.begin()
        await one.connection.aclose()
        assert await one.refusal() == "closed"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("redis+sentinel://host/0/mymaster", "Sentinel"),
        ("http://host", "begins with redis://"),
        ("", "begins with redis://"),
        ("redis://a,b,c:6379/0", "several servers"),
        ("redis://host:port/0", "begins with redis://"),
    ],
)
def test_a_wrong_address_is_explained_without_it(url: str, reason: str):
    with pytest.raises(RedisAddressWrong, match=reason) as raised:
        address_of(url)
    assert not url or url not in str(raised.value)


def test_an_address_cannot_switch_options_of_ours():
    options = address_of("rediss://u:p@h:1/2?decode_responses=1&socket_timeout=900&ssl_cert_reqs=none").options
    assert {name for name in options if name != "connection_class"} == {
        "host", "port", "db", "username", "password", "ssl_cert_reqs"
    }  # fmt: skip

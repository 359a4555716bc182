"""The contract of every Fetcher: the answers of real listeners on loopback, and the same answers from memory."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from ssl import SSLContext, create_default_context

import pytest
from yarl import URL

from adapters.fetch.fetcher import AioFetcher
from adapters.memory.fetcher import MemoryFetcher, Scripted
from ports.fetcher import Fetcher, Hop, HopAnswer, HopFailed, HopFlaw
from tests.doubles.offload import InlineOffload
from tests.doubles.web_server import Script, answer, web_server

FETCHERS: tuple[type[Fetcher], ...] = (AioFetcher, MemoryFetcher)
NAMES = {"files.example": ["93.184.215.14", "2606:4700::1111", "93.184.215.14"]}
BODY = bytes(range(256)) * 300


@dataclass(frozen=True, slots=True)
class Direct:
    """An environment without proxies."""

    tls: SSLContext = field(default_factory=create_default_context)
    proxies: Mapping[str, str] = field(default_factory=dict)

    def proxy_for(self, url: URL) -> str | None:
        raise AssertionError(f"no proxy is set, but asked for one for {url}")


@dataclass(frozen=True, slots=True)
class Case:
    """What a path answers: from memory, and byte for byte."""

    scripted: Scripted
    sent: bytes | Script


async def never(writer) -> None:
    await writer.wait_closed()


CASES = {
    "/file": Case(
        HopAnswer(200, BODY, "text/plain; charset=x", disposition="attachment; filename=a.txt"),
        answer(200, BODY, Content_Type="text/plain; charset=x", Content_Disposition="attachment; filename=a.txt"),
    ),
    "/empty": Case(HopAnswer(200), answer(200)),
    "/moved": Case(HopAnswer(302, b"gone", location="/file"), answer(302, b"gone", Location="/file")),
    "/busy": Case(HopAnswer(503, b"later", retry_after="7"), answer(503, b"later", Retry_After="7")),
    "/slow": Case(HopFailed(HopFlaw.TIMED_OUT), never),
    "/nonsense": Case(HopFailed(HopFlaw.UNREADABLE), b"nonsense\r\n\r\n"),
}


@dataclass(frozen=True, slots=True)
class World:
    """A fetcher, and a hop to each path."""

    fetcher: Fetcher
    hop: Callable[..., Hop]


def look_up(host: str, port: int) -> tuple[str, ...]:
    if host not in NAMES:
        raise HopFailed(HopFlaw.UNRESOLVED)
    return tuple(dict.fromkeys(NAMES[host]))


def hop_to(port: int, path: str, *, limit: int = len(BODY), seconds: float = 20.0, address: str = "127.0.0.1") -> Hop:
    return Hop(f"http://files.example:{port}{path}", "files.example", port, address, limit, seconds)


@asynccontextmanager
async def opened(kind: str) -> AsyncIterator[World]:
    async with web_server({path: case.sent for path, case in CASES.items()}) as server:

        def hop(path: str, **changes: object) -> Hop:
            return hop_to(server.port, path, **changes)  # type: ignore[arg-type]

        if kind == "aiohttp":
            yield World(AioFetcher(Direct, offload=InlineOffload(), lookups=InlineOffload(), look_up=look_up), hop)
        else:
            answers: dict[str, Sequence[Scripted]] = {hop(path).url: [case.scripted] for path, case in CASES.items()}
            yield World(MemoryFetcher({name: [each] for name, each in NAMES.items()}, answers), hop)


@pytest.fixture(params=["memory", "aiohttp"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    async with opened(request.param) as world:
        yield world


async def flaw_of(world: World, path: str, **changes: object) -> HopFlaw:
    with pytest.raises(HopFailed) as caught:
        await world.fetcher.get(world.hop(path, **changes))
    return caught.value.flaw


async def test_a_name_is_resolved_to_all_its_addresses_each_once(world):
    assert await world.fetcher.resolve("files.example", 443, 5) == ("93.184.215.14", "2606:4700::1111")


async def test_a_name_without_addresses_is_unresolved(world):
    with pytest.raises(HopFailed) as caught:
        await world.fetcher.resolve("absent.example", 443, 5)
    assert caught.value.flaw is HopFlaw.UNRESOLVED


@pytest.mark.parametrize("path", ["/file", "/empty"])
async def test_an_answer_arrives_whole_with_its_headers_as_sent(world, path):
    assert await world.fetcher.get(world.hop(path)) == CASES[path].scripted


@pytest.mark.parametrize("path", ["/moved", "/busy"])
async def test_an_answer_without_a_file_has_its_headers_and_no_content(world, path):
    given, expected = await world.fetcher.get(world.hop(path)), CASES[path].scripted
    assert isinstance(expected, HopAnswer)
    assert (given.status, given.location, given.retry_after) == (
        expected.status,
        expected.location,
        expected.retry_after,
    )
    assert given.content == b""


async def test_a_body_of_exactly_the_limit_is_read_and_one_byte_more_is_not(world):
    assert len((await world.fetcher.get(world.hop("/file", limit=len(BODY)))).content) == len(BODY)
    assert await flaw_of(world, "/file", limit=len(BODY) - 1) is HopFlaw.TOO_LARGE


async def test_an_answer_that_never_comes_is_given_up(world):
    assert await flaw_of(world, "/slow", seconds=0.2) is HopFlaw.TIMED_OUT


async def test_an_answer_that_is_no_http_is_unreadable(world):
    assert await flaw_of(world, "/nonsense") is HopFlaw.UNREADABLE


async def test_an_address_where_nobody_listens_is_unreachable():
    fetchers: tuple[Fetcher, ...] = (
        AioFetcher(Direct, offload=InlineOffload(), lookups=InlineOffload()),
        MemoryFetcher({}),
    )
    for fetcher in fetchers:
        with pytest.raises(HopFailed) as caught:
            await fetcher.get(hop_to(9, "/file"))
        assert caught.value.flaw is HopFlaw.UNREACHABLE


async def test_a_body_is_posted_as_json():
    async with web_server({"/hook": answer(204)}) as server:
        fetcher = AioFetcher(Direct, offload=InlineOffload(), lookups=InlineOffload(), look_up=look_up)
        given = await fetcher.get(replace(hop_to(server.port, "/hook"), body=b'{"a": 1}'))
    assert given.status == 204
    assert server.requests[0].startswith(b"POST /hook HTTP/1.1\r\n")
    assert (server.headers()["content-type"], server.headers()["content-length"]) == ("application/json", "8")

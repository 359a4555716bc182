"""Bodies are bounded in bytes and time, as sent and once decompressed."""

import asyncio
import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.fetch.inflate import Inflater
from ports.fetcher import HopFailed, HopFlaw
from tests.adapters.fetch.worlds import fetcher_with, flaw_of, hop
from tests.doubles.web_server import Script, answer, web_server

TEXT = b"a text that is compressed " * 1000
LIMIT = 1_000_000


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def chunked(*chunks: bytes, headers: str = "") -> bytes:
    head = f"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n{headers}\r\n".encode()
    return head + b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


async def outcome_of(sent: bytes | Script, **changes: float) -> bytes | HopFlaw:
    async with web_server({"/": sent}) as server:
        try:
            return (await fetcher_with().get(hop(server.port, **{"limit": LIMIT, **changes}))).content  # type: ignore[arg-type]
        except HopFailed as error:
            return error.flaw


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzipped(TEXT)),
        ("X-Gzip", gzipped(TEXT)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", raw_deflate(TEXT)),
        ("gzip", gzipped(TEXT[:100]) + gzipped(TEXT[100:])),
        ("identity", TEXT),
        ("", TEXT),
    ],
)
async def test_a_compressed_body_is_unpacked(encoding, packed):
    assert await outcome_of(answer(200, packed, Content_Encoding=encoding)) == TEXT


async def test_a_body_in_chunks_is_one_body():
    packed = gzipped(TEXT)
    sent = chunked(packed[:7], packed[7:9], packed[9:], headers="Content-Encoding: gzip\r\n")
    assert await outcome_of(sent) == TEXT


async def test_a_body_that_ends_with_the_connection_is_whole():
    assert await outcome_of(b"HTTP/1.1 200 X\r\n\r\n" + TEXT) == TEXT


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzipped(TEXT)[:-9]),
        ("gzip", gzipped(TEXT)[:50]),
        ("gzip", b""),
        ("gzip", TEXT),
        ("gzip", gzipped(TEXT) + b"garbage"),
        ("gzip", gzipped(b"") * 200),
        ("deflate", b"\xff" * 50),
        ("br", b"x"),
        ("zstd", b"x"),
        ("gzip, gzip", gzipped(gzipped(TEXT))),
    ],
)
async def test_a_body_that_cannot_be_unpacked_is_unreadable(encoding, packed):
    assert await outcome_of(answer(200, packed, Content_Encoding=encoding)) is HopFlaw.UNREADABLE


@pytest.mark.parametrize("pack", [gzipped, zlib.compress, raw_deflate])
async def test_a_decompression_bomb_is_too_large(pack):
    sent = answer(200, pack(bytes(100 * LIMIT)), Content_Encoding="gzip" if pack is gzipped else "deflate")
    assert await outcome_of(sent) is HopFlaw.TOO_LARGE


async def test_a_body_that_unpacks_to_exactly_the_limit_is_read():
    packed = gzipped(bytes(LIMIT))
    assert await outcome_of(answer(200, packed, Content_Encoding="gzip")) == bytes(LIMIT)
    packed = gzipped(bytes(LIMIT + 1))
    assert await outcome_of(answer(200, packed, Content_Encoding="gzip")) is HopFlaw.TOO_LARGE


@given(st.binary(max_size=3000), st.integers(1, 50), st.sampled_from([gzipped, zlib.compress, raw_deflate]))
def test_pieces_of_any_size_unpack_to_the_same_bytes(data, size, pack):
    packed, inflater = pack(data), Inflater(3000)
    found = [out for start in range(0, len(packed), size) for out in inflater.feed(packed[start : start + size])]
    inflater.finish()
    assert b"".join(found) == data


@given(st.binary(max_size=300))
def test_any_bytes_unpack_or_are_unreadable(data):
    inflater, found = Inflater(1000), None
    try:
        inflater.feed(data)
        inflater.finish()
    except HopFailed as error:
        found = error.flaw
    assert found in (None, HopFlaw.UNREADABLE, HopFlaw.TOO_LARGE)


async def test_an_announced_length_above_the_limit_is_not_read():
    read = asyncio.Event()

    async def large(writer):
        writer.write(b"HTTP/1.1 200 X\r\nContent-Length: 1000001\r\n\r\n")
        await writer.drain()
        await writer.wait_closed()
        read.set()

    assert await outcome_of(large) is HopFlaw.TOO_LARGE


@pytest.mark.parametrize("head", ["Transfer-Encoding: chunked\r\n\r\n", "\r\n"], ids=["chunked", "until the end"])
async def test_a_body_without_an_end_is_cut_at_the_limit(head):
    async def endless(writer):
        writer.write(f"HTTP/1.1 200 X\r\n{head}".encode())
        while True:
            writer.write(b"10000\r\n" + bytes(0x10000) + b"\r\n")
            await writer.drain()

    assert await outcome_of(endless) is HopFlaw.TOO_LARGE


async def test_a_server_that_drips_is_given_up_when_the_time_is_over():
    async def drip(writer):
        writer.write(b"HTTP/1.1 200 X\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    assert await outcome_of(drip, seconds=0.3) is HopFlaw.TIMED_OUT


async def test_a_body_that_is_cut_off_is_a_broken_connection():
    assert await outcome_of(b"HTTP/1.1 200 X\r\nContent-Length: 1000\r\n\r\nx") is HopFlaw.UNREACHABLE


def flood(begin: bytes, again: bytes) -> Script:
    async def send(writer):
        writer.write(begin)
        while True:
            writer.write(again)
            await writer.drain()

    return send


@pytest.mark.parametrize(
    ("begin", "again"),
    [
        (b"HTTP/1.1 200 X\r\n", b"X-Header: value\r\n" * 1000),
        (b"HTTP/1.1 200 X\r\nX: ", b"a" * 10000),
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 1000),
        (b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n" * 10000),
        (b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"a" * 10000),
        (b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Trailer: value\r\n" * 1000),
        (b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"a" * 1000),
        (b"", b"nonsense"),
    ],
    ids=[
        "headers",
        "long header",
        "early hints",
        "tiny chunks",
        "chunk extension",
        "trailers",
        "bad chunk",
        "nonsense",
    ],
)
async def test_what_surrounds_a_body_is_bounded_too(begin, again):
    assert await outcome_of(flood(begin, again)) is HopFlaw.UNREADABLE


async def test_a_port_that_speaks_no_tls_is_unreachable():
    async def serve(_reader, writer):
        writer.write(answer(400))
        await writer.drain()
        writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    assert (await flaw_of(fetcher_with(), hop(port, scheme="https")))[0] is HopFlaw.UNREACHABLE
    listener.close()

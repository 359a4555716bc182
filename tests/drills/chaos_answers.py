"""Every way in which the chaotic upstream answers, by name, and how a turn may end that got this answer last."""

import asyncio
import gzip
import json
import socket
import struct
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random

from tests.drills.chaos_frames import DONE, Json, Voice, frame

STALL = 60.0
"""Seconds for which a stalled answer says nothing: longer than any limit of the drill."""
TEXT = "text"
"""The turn ends with the whole text."""
PART = "part"
"""The turn ends, without a fault, with a beginning of the text."""
_RESET = struct.pack("ii", 1, 0)


class Hung(Exception):
    """The connection was reset on purpose."""


@dataclass
class Talk:
    """One request to answer: `stream` as its body says; `rng` decides what the answer leaves open."""

    writer: asyncio.StreamWriter
    voice: Voice
    rng: Random
    stream: bool = True
    keeps: bool = True

    async def write(self, data: bytes) -> None:
        """Write and wait until the peer takes it."""
        self.writer.write(data)
        await self.writer.drain()

    async def head(self, status: int = 200, *lines: str, kind: str = "text/event-stream", chunked: bool = True) -> None:
        """Write the head of an answer."""
        first = [f"HTTP/1.1 {status} Chaos", *([f"Content-Type: {kind}"] if kind else []), *lines]
        if chunked:
            first.append("Transfer-Encoding: chunked")
        await self.write("\r\n".join((*first, "", "")).encode())

    async def chunk(self, data: bytes, extension: str = "") -> None:
        """Write one chunk."""
        await self.write(f"{len(data):x}{extension}\r\n".encode() + data + b"\r\n")

    async def end(self) -> None:
        """Write the end of a chunked body."""
        await self.write(b"0\r\n\r\n")

    async def whole(self, status: int, body: bytes, *lines: str, kind: str = "application/json") -> None:
        """Write a whole answer with its length."""
        await self.head(status, f"Content-Length: {len(body)}", *lines, kind=kind, chunked=False)
        await self.write(body)

    async def stream_of(self, frames: Iterable[bytes]) -> None:
        """Write a stream of frames and its end."""
        await self.head()
        for one in frames:
            await self.chunk(one)
        await self.end()

    def good(self) -> list[bytes]:
        """Return all frames of the truthful answer."""
        voice = self.voice
        return [*voice.opening(), *voice.words(), *voice.closing(), voice.terminal(), DONE]

    def some(self) -> list[bytes]:
        """Return the frames of the beginning of an answer."""
        return [*self.voice.opening(), *self.voice.words(self.rng.randint(1, 20))]

    def reset(self) -> None:
        """Reset the connection."""
        held: socket.socket | None = self.writer.get_extra_info("socket")
        if held is not None:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.writer.transport.abort()
        raise Hung


Play = Callable[[Talk], Awaitable[None]]


@dataclass(frozen=True)
class Behaviour:
    """One way to answer; `ends`: TEXT, PART, and names of `FaultKind`. `early`: decided before the body is read."""

    play: Play
    ends: frozenset[str]
    early: bool = False
    slow: bool = False


BEHAVIOURS: dict[str, Behaviour] = {}


def behaviour(*ends: str, early: bool = False, slow: bool = False) -> Callable[[Play], Play]:
    """Register a way to answer under the name of its function."""

    def register(play: Play) -> Play:
        BEHAVIOURS[play.__name__] = Behaviour(play, frozenset(ends), early, slow)
        return play

    return register


# --- truthful, in odd clothes ------------------------------------------------------------------------------


@behaviour(TEXT)
async def plain(talk: Talk) -> None:
    await talk.stream_of(talk.good())


@behaviour(TEXT)
async def trickled(talk: Talk) -> None:
    data = b"".join(talk.good())
    await talk.head()
    for at in range(300):
        await talk.chunk(data[at : at + 1])
        await asyncio.sleep(0)
    await talk.chunk(data[300:])
    await talk.end()


@behaviour(TEXT)
async def split_anywhere(talk: Talk) -> None:
    data, at = b"".join(talk.good()), 0
    await talk.head()
    while at < len(data):
        size = talk.rng.randint(1, 700)
        await talk.chunk(data[at : at + size])
        at += size
    await talk.end()


@behaviour(TEXT)
async def slow_words(talk: Talk) -> None:
    await talk.head()
    for one in talk.good():
        await talk.chunk(one)
        await asyncio.sleep(0.02)
    await talk.end()


@behaviour(TEXT)
async def chunk_extensions(talk: Talk) -> None:
    await talk.head()
    for one in talk.good():
        await talk.chunk(one, ';name="a;b";other=1')
    await talk.write(b"0;last\r\nX-Trailer: 1\r\n\r\n")


@behaviour(TEXT)
async def old_http(talk: Talk) -> None:
    talk.keeps = False
    await talk.write(b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + b"".join(talk.good()))


@behaviour(TEXT)
async def early_hints(talk: Talk) -> None:
    await talk.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n")
    await talk.stream_of(talk.good())


@behaviour(TEXT)
async def wrong_type(talk: Talk) -> None:
    await talk.head(kind=talk.rng.choice(("text/plain", "application/octet-stream", "", "application/json", "a/b;;=")))
    for one in talk.good():
        await talk.chunk(one)
    await talk.end()


@behaviour(TEXT)
async def whole_object(talk: Talk) -> None:
    await talk.whole(200, json.dumps(talk.voice.whole()).encode())


@behaviour(TEXT)
async def other_line_ends(talk: Talk) -> None:
    end = talk.rng.choice((b"\r\n", b"\r"))
    await talk.stream_of(one.replace(b"\n", end) for one in (b"\xef\xbb\xbf", *talk.good()))


@behaviour(TEXT)
async def noise_between(talk: Talk) -> None:
    noise = (b": \n\n", b": OPENROUTER PROCESSING\n\n", b"event: x\nid: 7\nretry: 1\n\n", b"data:\n\n", b"nonsense\n\n")
    unknown = frame({"type": "response.never_heard_of", "payload": {"deep": [[[]]]}})
    await talk.stream_of(b for one in talk.good() for b in (talk.rng.choice((*noise, unknown)), one))


@behaviour(TEXT)
async def said_twice(talk: Talk) -> None:
    voice = talk.voice
    closing = voice.closing()
    await talk.stream_of([*voice.opening(), *voice.words(), *closing, *closing, voice.terminal(), DONE])


@behaviour(TEXT)
async def two_endings(talk: Talk) -> None:
    second = talk.voice.terminal() if talk.rng.random() < 0.5 else talk.voice.failure("server")
    again = talk.some() if talk.voice.closing() else []  # a chat's text after its finish reason is shown on purpose
    await talk.stream_of([*talk.good()[:-1], second, *again, DONE, DONE])


@behaviour(TEXT)
async def no_done(talk: Talk) -> None:
    await talk.stream_of(talk.good()[:-1])


@behaviour(TEXT)
async def left_hanging(talk: Talk) -> None:
    """Say everything, and never close the body."""
    await talk.head()
    for one in talk.good()[:-1]:
        await talk.chunk(one)
    await asyncio.sleep(STALL)


@behaviour(TEXT)
async def long_line(talk: Talk) -> None:
    filler = frame({"type": "response.never_heard_of", "payload": "x" * (5 << 20)})
    await talk.stream_of([*talk.some()[:1], filler, *talk.good()])


@behaviour(TEXT)
async def length_too_long(talk: Talk) -> None:
    """Promise more than comes, and close; everything was said."""
    talk.keeps = False
    data = b"".join(talk.good())
    await talk.head(200, f"Content-Length: {len(data) + 500}", chunked=False)
    await talk.write(data)


@behaviour(TEXT)
async def closes_after(talk: Talk) -> None:
    """Close the connection that was to be kept, a little later: the next request may be written to it."""
    await plain(talk)
    talk.keeps = False
    await asyncio.sleep(talk.rng.choice((0, 0.001, 0.05)))


@behaviour(TEXT)
async def only_at_the_end(talk: Talk) -> None:
    if talk.voice.closing():
        await talk.stream_of([talk.voice.terminal(), DONE])
    else:
        await talk.stream_of([*talk.voice.words(), talk.voice.terminal(), DONE])


# --- half true ---------------------------------------------------------------------------------------------


@behaviour(TEXT, "INTERRUPTED")
async def no_ending(talk: Talk) -> None:
    voice = talk.voice
    await talk.stream_of([*voice.opening(), *voice.words(), *voice.closing(), DONE])


@behaviour(TEXT, PART, "INTERRUPTED", "EMPTY")
async def done_first(talk: Talk) -> None:
    await talk.stream_of([DONE, *talk.good()])


@behaviour(TEXT, PART, "INTERRUPTED")
async def bad_bytes(talk: Talk) -> None:
    """Put invalid UTF-8, or a NUL, into the words."""
    bad = talk.rng.choice((b"\xff\xfe", b"\\u0000", b"\xed\xa0\x80", b"\x00", b"\\ud800"))
    await talk.stream_of(one.replace(b" word", b" " + bad + b"word") for one in talk.good())


@behaviour(PART, "CUT_SHORT")
async def limit_reached(talk: Talk) -> None:
    await talk.stream_of([*(talk.some() if talk.rng.random() < 0.7 else talk.voice.opening()), talk.voice.cut(), DONE])


@behaviour("EMPTY")
async def nothing_said(talk: Talk) -> None:
    await talk.stream_of([talk.voice.empty(), DONE])


# --- broken ------------------------------------------------------------------------------------------------


@behaviour("UNREACHABLE", early=True)
async def reset_before_reading(talk: Talk) -> None:
    talk.reset()


@behaviour("UNREACHABLE")
async def reset_after_reading(talk: Talk) -> None:
    talk.reset()


@behaviour("UNREACHABLE")
async def closed_unanswered(talk: Talk) -> None:
    talk.keeps = False


@behaviour("INTERRUPTED", "UNREACHABLE")
async def reset_in_a_frame(talk: Talk) -> None:
    await talk.head()
    for one in talk.some():
        await talk.chunk(one)
    await talk.write(b'40\r\ndata: {"type": "respo')
    await asyncio.sleep(0.01)
    talk.reset()


@behaviour("INTERRUPTED")
async def half_a_frame(talk: Talk) -> None:
    voice = talk.voice
    frames = [*talk.some(), voice.words()[0][: talk.rng.randint(1, 40)]]
    await talk.stream_of(frames)


@behaviour("INTERRUPTED", "UNREADABLE")
async def cut_body(talk: Talk) -> None:
    """Say less than the body's stated length, or send a broken chunk."""
    talk.keeps = False
    data = b"".join(talk.some())
    if talk.rng.random() < 0.5:
        await talk.head(200, f"Content-Length: {len(data) + 999}", chunked=False)
        await talk.write(data)
    else:
        await talk.head()
        await talk.chunk(data)
        await talk.write(b"zz\r\nnot a chunk\r\n")


@behaviour("INTERRUPTED", "UNREADABLE")
async def length_too_short(talk: Talk) -> None:
    """Say more than promised: the rest is garbage on the connection."""
    data = b"".join(talk.good())
    await talk.head(200, f"Content-Length: {len(data) // 3}", chunked=False)
    await talk.write(data)


@behaviour("TIMEOUT", slow=True)
async def stalled_before_head(talk: Talk) -> None:
    await asyncio.sleep(STALL)


@behaviour("TIMEOUT", slow=True)
async def stalled_in_head(talk: Talk) -> None:
    await talk.write(b"HTTP/1.1 200 OK\r\nContent-Ty")
    await asyncio.sleep(STALL)


@behaviour("TIMEOUT", slow=True)
async def stalled_in_stream(talk: Talk) -> None:
    await talk.head()
    for one in talk.some():
        await talk.chunk(one)
    await asyncio.sleep(STALL)


@behaviour("UNREADABLE", "UNREACHABLE")
async def no_http(talk: Talk) -> None:
    talk.keeps = False
    await talk.write(
        talk.rng.choice((b"SSH-2.0-OpenSSH_9\r\n\r\n", b"\x16\x03\x01\x02\x00\r\n\r\n", b"HTTP/9 x\r\n\r\n"))
    )


@behaviour("UNREADABLE")
async def huge_head(talk: Talk) -> None:
    talk.keeps = False
    await talk.head(200, "X-Long: " + "x" * 100_000)


@behaviour("INTERRUPTED", "UNREADABLE")
async def garbage(talk: Talk) -> None:
    await talk.head()
    for _ in range(20):
        await talk.chunk(talk.rng.randbytes(200))
    await talk.end()


@behaviour("INTERRUPTED", "UNREADABLE", "EMPTY", "SERVER", TEXT)
async def garbage_json(talk: Talk) -> None:
    values = ("[]", "1", '"x"', "{", '{"type": 7}', '{"type": "response.completed"}', "[" * 2000, '{"choices": 3}')
    await talk.stream_of(b"data: " + talk.rng.choice(values).encode() + b"\n\n" for _ in range(9))


@behaviour("UNREADABLE")
async def compressed(talk: Talk) -> None:
    body = gzip.compress(b"".join(talk.good()))
    await talk.whole(200, body, "Content-Encoding: gzip", kind="text/event-stream")


@behaviour("BAD_ROUTE")
async def web_page(talk: Talk) -> None:
    await talk.whole(200, b"<!doctype html><title>Welcome</title>", kind="text/html")


@behaviour("BAD_ROUTE")
async def redirect(talk: Talk) -> None:
    where = talk.rng.choice(("http://127.0.0.1:9/", "/elsewhere", "", "ftp://x"))
    await talk.whole(talk.rng.choice((301, 302, 307, 308)), b"", f"Location: {where}")


@behaviour("UNREADABLE", "EMPTY", "INTERRUPTED")
async def empty_body(talk: Talk) -> None:
    if talk.rng.random() < 0.5:
        await talk.head(204, kind="", chunked=False)
    else:
        await talk.whole(200, b"", kind=talk.rng.choice(("text/event-stream", "application/json")))


# --- refusals ----------------------------------------------------------------------------------------------


def _problem(status: int, rng: Random, **metadata: object) -> Json:
    shapes: tuple[Json, ...] = (
        {"error": {"code": status, "message": "Provider returned error", "metadata": metadata}},
        {"error": {"code": str(status), "message": "no", "metadata": None}},
        {"error": "no"},
        {},
    )
    return shapes[0] if metadata else rng.choice(shapes)


async def _refuse(talk: Talk, status: int, *lines: str, **metadata: object) -> None:
    await talk.whole(status, json.dumps(_problem(status, talk.rng, **metadata)).encode(), *lines)


def _waits(rng: Random) -> tuple[str, ...]:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=1), usegmt=True)
    return rng.choice(((), ("Retry-After: 0",), ("Retry-After: 1",), (f"Retry-After: {soon}",), ("Retry-After: soon",)))


@behaviour("SERVER", "OVERLOADED")
async def server_error(talk: Talk) -> None:
    await _refuse(talk, talk.rng.choice((500, 502, 503, 520, 522, 529)), *_waits(talk.rng))


@behaviour("SERVER", "OVERLOADED")
async def edge_page(talk: Talk) -> None:
    await talk.whole(talk.rng.choice((502, 503, 521)), b"<html>Bad gateway</html>" * 99, kind="text/html")


@behaviour("OVERLOADED")
async def long_wait(talk: Talk) -> None:
    await _refuse(talk, 503, "Retry-After: 120")


@behaviour("UPSTREAM_TIMEOUT")
async def their_timeout(talk: Talk) -> None:
    await _refuse(talk, talk.rng.choice((408, 504, 524)), *_waits(talk.rng))


@behaviour("RATE_LIMITED")
async def too_many(talk: Talk) -> None:
    await _refuse(talk, 429, *_waits(talk.rng))


@behaviour("CREDITS")
async def no_credits(talk: Talk) -> None:
    await _refuse(talk, 402, limit_source="openrouter_credits")


@behaviour("BAD_KEY")
async def bad_key(talk: Talk) -> None:
    await _refuse(talk, 401)


@behaviour("BAD_REQUEST", "NOT_FOUND", "TOO_LARGE", "FORBIDDEN", "MODERATED", "UNKNOWN_MODEL", "BAD_ROUTE")
async def refused(talk: Talk) -> None:
    await _refuse(talk, talk.rng.choice((400, 403, 404, 409, 410, 413, 415, 422, 499)))


@behaviour("SERVER", "OVERLOADED")
async def stalled_error(talk: Talk) -> None:
    """Refuse, and never finish the body of the refusal."""
    await talk.head(503)
    await talk.chunk(b'{"error": {"code": 503, "mess')
    await asyncio.sleep(STALL)


@behaviour("SERVER", "OVERLOADED", "UPSTREAM_TIMEOUT")
async def failed_in_stream(talk: Talk) -> None:
    kind = talk.rng.choice(("server", "provider_unavailable", "provider_overloaded", "timeout"))
    shapes = (
        talk.voice.failure(kind),
        frame({"type": "error", "code": "server_error", "message": "m", "param": None}),
        frame({"error": {"code": 502, "message": "m", "metadata": {"error_type": kind}}}),
    )
    said = talk.some() if talk.rng.random() < 0.5 else []
    await talk.stream_of([*said, talk.rng.choice(shapes), DONE])

"""Schedule a script: bytes to send, times to wait for, ends of a write, and the reset of the connection.

Times count from the start of the answer, so a late frame does not delay later ones.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, assert_never

from entrypoints.simulator.payload import Json
from entrypoints.simulator.scenarios.moves import (
    Begin,
    Break,
    Call,
    Comments,
    Cut,
    Decline,
    Fail,
    Finish,
    HangUp,
    Move,
    Noise,
    Picture,
    Say,
    Script,
    Think,
    Work,
)
from entrypoints.simulator.writers.facts import Tally

BATCH = 256
"""Deltas that are encoded together if there is no rate."""

COMMENT_INTERVAL = 0.25
"""Seconds between comment frames."""


@dataclass(frozen=True, slots=True)
class Due:
    """Send the following steps `offset` seconds after the start of the answer."""

    offset: float


@dataclass(frozen=True, slots=True)
class Sever:
    """Reset the connection now."""


@dataclass(frozen=True, slots=True)
class Flush:
    """Write all bytes so far now, in a write of their own."""


Step = bytes | Due | Sever | Flush


class Writer(Protocol):
    """The interface of both endpoints' writers; every method returns the bytes to send."""

    tally: Tally

    def comment(self) -> bytes: ...
    def begin(self) -> bytes: ...
    def open_message(self) -> bytes: ...
    def say(self, pieces: Sequence[str]) -> bytes: ...
    def close_message(self, citations: Sequence[Json], status: str) -> bytes: ...
    def decline(self, move: Decline) -> bytes: ...
    def open_thought(self, *, raw: bool) -> bytes: ...
    def think(self, pieces: Sequence[str]) -> bytes: ...
    def close_thought(self, *, raw: bool) -> bytes: ...
    def call(self, move: Call) -> bytes: ...
    def picture(self, base64: str) -> bytes: ...
    def work(self, move: Work) -> Iterator[bytes]: ...
    def finish(self, move: Finish) -> bytes: ...
    def fail(self, move: Fail) -> bytes: ...
    def break_off(self, move: Break) -> bytes: ...
    def hang_up(self, move: HangUp) -> bytes: ...
    def result(self) -> tuple[int, Json]: ...


def steps(script: Script, writer: Writer) -> Iterator[Step]:
    """Encode `script` with `writer` and yield its steps."""
    clock = 0.0
    for move in script:
        clock = yield from _played(move, writer, clock)


def _played(move: Move, writer: Writer, clock: float) -> Generator[Step, None, float]:
    match move:
        case Comments(seconds):
            clock = yield from _commented(seconds, writer, clock)
        case Think(pieces, rate, raw):
            yield writer.open_thought(raw=raw)
            clock = yield from _paced(pieces, rate, clock, writer.think)
            yield writer.close_thought(raw=raw)
        case Say():
            clock = yield from _said(move, writer, clock)
        case Work():
            clock = yield from _worked(move, writer, clock)
        case Cut():
            yield Sever()
        case _:
            yield _whole(move, writer)
    return clock


def _whole(move: Begin | Decline | Call | Picture | Noise | Finish | Fail | Break | HangUp, writer: Writer) -> bytes:
    match move:
        case Begin():
            return writer.begin()
        case Decline():
            return writer.decline(move)
        case Call():
            return writer.call(move)
        case Picture(base64):
            return writer.picture(base64)
        case Noise(data):
            return data
        case Finish():
            return writer.finish(move)
        case Fail():
            return writer.fail(move)
        case Break():
            return writer.break_off(move)
        case HangUp():
            return writer.hang_up(move)
    assert_never(move)


def _said(move: Say, writer: Writer, clock: float) -> Generator[Step, None, float]:
    opened = writer.open_message()
    if opened:
        yield opened

    def encode(pieces: Sequence[str]) -> bytes:
        return _framed(writer.say(pieces), move.framing)

    if move.frames is None:
        clock = yield from _paced(move.pieces, move.rate, clock, encode)
    else:
        yield from _portioned(move.pieces, move.frames, encode)
    if move.closes:
        yield writer.close_message(move.citations, move.status)
    return clock


def _worked(move: Work, writer: Writer, clock: float) -> Generator[Step, None, float]:
    for number, written in enumerate(writer.work(move)):
        if move.pause and number:
            clock += move.pause
            yield Due(clock)
        yield written
    return clock


def _framed(frames: bytes, framing: str) -> bytes:
    """Encode the same events with CRLF line ends, or each over two `data:` lines."""
    if framing == "crlf":
        return frames.replace(b"\n", b"\r\n")
    if framing == "split":
        return frames.replace(b'"sequence_number"', b'\ndata:"sequence_number"').replace(
            b'"object"', b'\ndata:"object"'
        )
    return frames


def _paced(
    pieces: Sequence[str], rate: float | None, clock: float, encode: Callable[[Sequence[str]], bytes]
) -> Generator[Step, None, float]:
    if rate is None:
        for first in range(0, len(pieces), BATCH):
            yield encode(pieces[first : first + BATCH])
        return clock
    for number, piece in enumerate(pieces):
        yield Due(clock + number / rate)
        yield encode((piece,))
    return clock + max(0, len(pieces) - 1) / rate


def _portioned(pieces: Sequence[str], frames: int, encode: Callable[[Sequence[str]], bytes]) -> Iterator[Step]:
    for first in range(0, len(pieces), frames):
        yield encode(pieces[first : first + frames])
        yield Flush()


def _commented(seconds: float, writer: Writer, clock: float) -> Generator[Step, None, float]:
    for number in range(int(seconds / COMMENT_INTERVAL) + 1):
        yield Due(clock + number * COMMENT_INTERVAL)
        yield writer.comment()
    yield Due(clock + seconds)
    return clock + seconds

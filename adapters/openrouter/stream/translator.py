"""Translates the payloads of one read into one batch of events, for both endpoints."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Protocol

from adapters.openrouter.stream.delta_run import BROKEN
from adapters.openrouter.stream.event_buffer import UNREADABLE, EventBuffer
from adapters.openrouter.wire.codec import FASTEST, Codec, load_patiently
from adapters.openrouter.wire.large_json import load_in_pieces
from ports.response_events import UpstreamEvent

DONE = b"[DONE]"


class Vocabulary(Protocol):
    """Reads the frames of one endpoint and adds their events to `events`, in order.

    `ended` is True once nothing relevant can follow: a connection that breaks afterwards is no failure.
    """

    events: EventBuffer
    ended: bool

    def read(self, frame: dict[str, Any]) -> None:
        """Read one frame."""

    def conclude(self, *, said_done: bool) -> None:
        """Add the events for the end of the stream; `said_done`: `[DONE]` was received. May be called again."""


class Translator:
    """Reads the frames of one stream in order.

    `said_done` is True once `[DONE]` was received (later frames are not read); `ended` is the vocabulary's.
    """

    def __init__(self, vocabulary: Vocabulary, *, codec: Codec = FASTEST) -> None:
        self._vocabulary = vocabulary
        self._events = vocabulary.events
        self._loads = codec.loads
        self.said_done = False
        self.ended = False

    def translate(self, payloads: Sequence[bytes], *, large: bool = False) -> list[UpstreamEvent]:
        """Return the events of one read, in order; `large` payloads are decoded in pieces (call it in a thread)."""
        if self.said_done:
            return []
        read, loads = self._vocabulary.read, self._loads
        if large:
            loads = partial(load_in_pieces, loads=loads)
        rest, follow = iter(payloads), self._events.follow
        while (other := follow(rest, loads)) is not None:
            payload, frame = other
            if frame is BROKEN:
                if payload.strip() == DONE:
                    self.said_done = True
                    self._vocabulary.conclude(said_done=True)
                    break
                frame = _salvaged(payload)
            if frame is None and b"\n" in payload:
                self._read_lines(payload)
                if self.said_done:
                    break
            elif isinstance(frame, dict):
                read(frame)
            elif payload.strip():
                self._events.add(UNREADABLE)
        self.ended = self._vocabulary.ended
        return self._events.take()

    def _read_lines(self, payload: bytes) -> None:
        """Read the lines of an event that is no JSON as a whole: an error was written into an unfinished event."""
        lines = payload.splitlines()
        frames = [frame for frame in map(_salvaged, lines) if isinstance(frame, dict)]
        for frame in frames:
            self._vocabulary.read(frame)
        if not frames:
            self._events.add(UNREADABLE)
        if lines[-1].strip() == DONE:
            self.said_done = True
            self._vocabulary.conclude(said_done=True)

    def finish(self) -> list[UpstreamEvent]:
        """Return the events held back until the end of the stream."""
        self._vocabulary.conclude(said_done=self.said_done)
        self.ended = self._vocabulary.ended
        return self._events.take(last=True)


def _salvaged(payload: bytes) -> object:
    try:
        return load_patiently(payload)
    except ValueError:
        return None

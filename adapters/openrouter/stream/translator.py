"""Translate the payloads of one read into one batch of events, whichever endpoint they come from."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Protocol

from adapters.openrouter.stream.event_buffer import UNREADABLE, EventBuffer
from adapters.openrouter.wire.codec import FASTEST, Codec, load_patiently
from adapters.openrouter.wire.large_json import load_in_pieces
from ports.response_events import UpstreamEvent

DONE = b"[DONE]"


class Vocabulary(Protocol):
    """What the frames of one endpoint mean; adds to `events` what they say, in order.

    `ended` tells that nothing of interest can follow: a connection that breaks afterwards broke nothing.
    """

    events: EventBuffer
    ended: bool

    def read(self, frame: dict[str, Any]) -> None:
        """Take one frame."""

    def conclude(self, *, said_done: bool) -> None:
        """Add what the end of the stream means; `said_done`: it came with `[DONE]`. May be called again."""


class Translator:
    """Reads the frames of one stream in order.

    `said_done` tells that `[DONE]` came (what follows it is not read), `ended` what the vocabulary's means.
    """

    def __init__(self, vocabulary: Vocabulary, *, codec: Codec = FASTEST) -> None:
        self._vocabulary = vocabulary
        self._events = vocabulary.events
        self._loads = codec.loads
        self.said_done = False
        self.ended = False

    def translate(self, payloads: Sequence[bytes], *, large: bool = False) -> list[UpstreamEvent]:
        """Return the events of one read, in order; `large` ones are decoded in pieces, in a thread."""
        if self.said_done:
            return []
        read, loads = self._vocabulary.read, self._loads
        if large:
            loads = partial(load_in_pieces, loads=loads)
        for payload in payloads:
            try:
                frame: Any = loads(payload)
            except ValueError:
                if payload.strip() == DONE:
                    self.said_done = True
                    self._vocabulary.conclude(said_done=True)
                    break
                frame = _salvaged(payload)
            if frame.__class__ is dict:
                read(frame)
            elif payload.strip():
                self._events.add(UNREADABLE)
        self.ended = self._vocabulary.ended
        return self._events.take()

    def finish(self) -> list[UpstreamEvent]:
        """Return what was held back when the stream is over."""
        self._vocabulary.conclude(said_done=self.said_done)
        self.ended = self._vocabulary.ended
        return self._events.take(last=True)


def _salvaged(payload: bytes) -> object:
    try:
        return load_patiently(payload)
    except ValueError:
        return None

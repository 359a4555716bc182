"""Translate the payloads of one read into one batch of events, joining adjacent deltas of the same thing."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from adapters.openrouter.responses.events import UNREADABLE, read_frame
from adapters.openrouter.stream.delta_run import DeltaRun
from adapters.openrouter.stream.delta_types import DELTAS
from adapters.openrouter.wire.codec import FASTEST, Codec, load_patiently
from adapters.openrouter.wire.fields import mapping
from adapters.openrouter.wire.large_json import load_in_pieces
from ports.responses import EventIgnored, ResponseEnded, UpstreamEvent

DONE = b"[DONE]"


class Translator:
    """Reads the frames of one stream in order.

    Between batches it remembers only half a surrogate pair. `said_done` tells that `[DONE]` came (what follows it
    is not read), `ended` that a terminal event did.
    """

    def __init__(self, now: Callable[[], datetime], *, generation_id: str = "", codec: Codec = FASTEST) -> None:
        self._now = now
        self._generation_id = generation_id
        self._loads = codec.loads
        self._run = DeltaRun()
        self.said_done = False
        self.ended = False

    def translate(self, payloads: Sequence[bytes], *, large: bool = False) -> list[UpstreamEvent]:
        """Return the events of one read, in order; `large` ones are decoded in pieces, in a thread."""
        if self.said_done:
            return []
        events: list[UpstreamEvent] = []
        run, loads = self._run, self._loads
        if large:
            loads = partial(load_in_pieces, loads=loads)
        for payload in payloads:
            try:
                frame: object = loads(payload)
            except ValueError:
                if payload.strip() == DONE:
                    self.said_done = True
                    break
                frame = _salvaged(payload)
            if frame.__class__ is not dict:
                self._add(UNREADABLE if payload.strip() else None, events)
                continue
            kind = frame.get("type")
            piece = DELTAS.get(kind) if kind.__class__ is str else None
            if piece is None:
                self._add(read_frame(mapping(frame), self._generation_id, self._now), events)
            elif not run.extend(piece, frame) and not run.begin(piece, frame, events):
                self._add(UNREADABLE, events)
        run.pause(events)
        return events

    def finish(self) -> list[UpstreamEvent]:
        """Return what was held back when the stream is over."""
        events: list[UpstreamEvent] = []
        self._run.close(events)
        return events

    def _add(self, event: UpstreamEvent | None, events: list[UpstreamEvent]) -> None:
        if event is None:
            return
        self._run.close(events)
        self.ended = self.ended or isinstance(event, ResponseEnded)
        last = events[-1] if events else None
        if isinstance(event, EventIgnored) and isinstance(last, EventIgnored) and last.what == event.what:
            events[-1] = EventIgnored(event.what, last.count + event.count)
        else:
            events.append(event)


def _salvaged(payload: bytes) -> object:
    try:
        return load_patiently(payload)
    except ValueError:
        return None

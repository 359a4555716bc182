"""Collects the events of one read; adjacent deltas of one part are joined."""

from dataclasses import replace
from typing import Any

from adapters.openrouter.stream.delta_run import REPLACEMENT, DeltaRun
from adapters.openrouter.stream.delta_types import Piece, joined_halves
from ports.response_events import EventIgnored, ItemProgress, UpstreamEvent

TYPE_LIMIT = 100
UNREADABLE = EventIgnored("unreadable")


class EventBuffer:
    """Deltas and events in order, until they are taken."""

    __slots__ = ("_events", "_run", "follow")

    def __init__(self) -> None:
        self._run = DeltaRun()
        self._events: list[UpstreamEvent] = []
        self.follow = self._run.follow
        """Reads payloads as long as they go on with the current run."""

    def say(self, piece: Piece, frame: dict[str, Any]) -> bool:
        """Add a delta: `frame` contains `delta` and its position under the keys of `POST /responses`.

        Return False if it has no text.
        """
        return self._run.extend(piece, frame) or self._run.begin(piece, frame, self._events)

    def add(self, event: UpstreamEvent) -> None:
        """Add an event that is not a delta; consecutive ignored frames are counted together, equal stages once."""
        self._run.close(self._events)
        last = self._events[-1] if self._events else None
        if isinstance(event, EventIgnored) and isinstance(last, EventIgnored) and last.what == event.what:
            self._events[-1] = replace(last, count=last.count + event.count)
        elif isinstance(event, ItemProgress) and event == last:
            pass
        else:
            self._events.append(event)

    def take(self, *, last: bool = False) -> list[UpstreamEvent]:
        """Return the collected events; a lone high surrogate waits for the next read unless this is the `last`."""
        if last:
            self._run.close(self._events)
        else:
            self._run.pause(self._events)
        events, self._events = self._events, []
        return events


def ignored(kind: str, *, unknown: bool = False) -> EventIgnored:
    """Return the event for a frame that is left out; `unknown`: because nobody knows its type."""
    return EventIgnored(kind[:TYPE_LIMIT], unknown=unknown)


def whole_text(pieces: list[str]) -> str:
    """Join the pieces of a text as deltas are joined: surrogate pairs become whole, lone ones are replaced."""
    said, half = joined_halves("".join(pieces))
    return said + REPLACEMENT if half else said

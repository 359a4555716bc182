"""Decide when a piece of text is sent to the page: the first at once, then about 25 times a second.

Hosts up to 0.10 send the whole text again with every piece, so the interval grows with the length. Outputs that are
neither text nor reasoning are sent at once, after the text held back before them. Source: the output profiles, cost
and pace.
"""

from dataclasses import dataclass

from domain.turn.steps import Output, ShowReasoning, ShowText

INTERVAL = 0.04
"""Seconds between pieces."""

REPEATED_PER_SECOND = 300_000
"""Characters per second that a repeating host may have to send again."""

LONGEST_INTERVAL = 2.0


@dataclass(frozen=True, slots=True)
class ThoughtLine:
    """A line of the model's thinking as a status; an empty one removes the line."""

    text: str


Leaving = Output | ThoughtLine
"""What is sent to the page."""


class Pacer:
    """Holds text back; times are clock values in seconds."""

    def __init__(self) -> None:
        self._head: ShowText | ShowReasoning | None = None
        self._held: list[str] = []
        self._next = 0.0
        self._started = False

    def offer(self, output: Output, now: float) -> list[Leaving]:
        """Take an output; return what may be sent now, in order."""
        head = self._head
        if head is None and (not self._started or now >= self._next):
            return [output]
        if not isinstance(output, ShowText | ShowReasoning):
            return [*self._taken(), output]
        leaving: list[Leaving] = []
        if head is not None and (type(head) is not type(output) or head.segment != output.segment):
            leaving += self._taken()
            head = None
        if head is None:
            self._head = output
        self._held.append(output.text)
        if not self._started or now >= self._next:
            leaving += self._taken()
        return leaving

    def due(self) -> float | None:
        """Return when the text held back must be sent; None if there is none."""
        return self._next if self._head is not None else None

    def late(self, now: float) -> list[Leaving]:
        """Return what is due at `now`."""
        return [*self._taken()] if self._head is not None and now >= self._next else []

    def flush(self) -> list[Leaving]:
        """Return the text held back."""
        return [*self._taken()]

    def left(self, now: float, repeated: int) -> None:
        """Note that text was sent at `now`; `repeated` characters are sent again with every piece."""
        self._started = True
        self._next = now + min(LONGEST_INTERVAL, max(INTERVAL, repeated / REPEATED_PER_SECOND))

    def wait(self, seconds: float) -> None:
        """Note that the host took so long for a line of thinking."""

    def _taken(self) -> list[Output]:
        head = self._head
        if head is None:
            return []
        text = "".join(self._held)
        self._head, self._held = None, []
        return [type(head)(head.segment, text)]

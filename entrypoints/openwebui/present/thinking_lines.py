"""What the model thinks now, as status lines of the page.

The host reads and writes the whole chat for each status, so lines are few: only the newest windows are shown, at pauses
that grow, and a limited number of times in a turn.
"""

import re

from domain.egress.lines import visible_line
from domain.turn.steps import CloseReasoning, Output, ShowReasoning
from entrypoints.openwebui.present.pace import Leaving, Pacer, ThoughtLine
from entrypoints.openwebui.present.thinking_windows import LONGEST, ThinkingWindows

PAUSE, GROWTH, LONGEST_PAUSE = 0.75, 1.1, 5.0
"""Seconds between the first two lines; each pause is longer than the one before by this factor, up to a limit."""
MOST_LINES = 100
"""Lines in one turn. The last one stays until the thinking ends."""
SPARING = 10
"""A line is followed by a pause so many times as long as the host took for it, besides the others."""
LONGEST_TITLE = 60
_READ = 4 * LONGEST
_TITLE = re.compile(r"\s*(?:\*\*([^*]+)\*\*|#{1,6}\s+(.+?))\s*")


class ThinkingLines:
    """The lines of one turn. Times are clock values (s); pure."""

    def __init__(self) -> None:
        self._windows = ThinkingWindows()
        self._newest: list[str] = []
        self._title = ""
        self._next, self._pause, self._left = 0.0, PAUSE, MOST_LINES
        self._shown = False

    def think(self, text: str, now: float) -> list[ThoughtLine]:
        """Take a piece of thinking; return the line to show now, if any. Only the end of a huge piece is read."""
        self._keep(self._windows.add(text[-_READ:], now))
        return self.late(now)

    def pause(self, now: float) -> list[ThoughtLine]:
        """Note that a block of thinking is complete."""
        self._keep(self._windows.rest())
        return self.late(now)

    def due(self) -> float | None:
        """Return when there will be a line to show; None if more thinking has to come first."""
        if not self._left:
            return None
        ready = self._next if self._newest else self._windows.due()
        return None if ready is None else max(ready, self._next)

    def late(self, now: float) -> list[ThoughtLine]:
        """Return the line that is due at `now`, if any."""
        if now < self._next or not self._left:
            return []
        due = self._windows.due()
        if due is not None and now >= due:
            self._keep(self._windows.rest())
        if not self._newest:
            return []
        line = self._line()
        if not line:
            return []
        self._left -= 1
        self._next, self._pause = now + self._pause, min(LONGEST_PAUSE, self._pause * GROWTH)
        self._shown = True
        return [ThoughtLine(line)]

    def wait(self, seconds: float) -> None:
        """Note that the host took so long for a line: the answer waited, so the next one comes later."""
        self._next += min(seconds, LONGEST_PAUSE) * SPARING

    def end(self) -> list[ThoughtLine]:
        """Forget what was not shown; remove the line that shows."""
        shown, self._shown = self._shown, False
        self._windows.rest()
        self._newest, self._title = [], ""
        return [ThoughtLine("")] if shown else []

    def _keep(self, windows: list[str]) -> None:
        """Keep the newest windows, as many as one line holds; a heading begins anew."""
        for window in windows:
            title = _TITLE.fullmatch(window)
            if title:
                self._title = visible_line(title[1] or title[2])[:LONGEST_TITLE]
                self._newest = [""]
            elif window.strip():
                self._newest.append(window)
        while len(self._newest) > 1 and sum(map(len, self._newest)) > LONGEST:
            del self._newest[0]

    def _line(self) -> str:
        """Return title and body on one line, without the signs of bold text."""
        body, self._newest = visible_line("".join(self._newest).replace("**", "")), []
        return f"{self._title}: {body}" if self._title and body else self._title or body


class ThinkingPacer(Pacer):
    """Sends lines of thinking beside what any pacer sends."""

    def __init__(self) -> None:
        super().__init__()
        self._lines = ThinkingLines()

    def offer(self, output: Output, now: float) -> list[Leaving]:
        """Take an output; whatever is not thinking ends the line."""
        leaving = super().offer(output, now)
        if isinstance(output, ShowReasoning):
            return [*leaving, *self._lines.think(output.text, now)]
        if isinstance(output, CloseReasoning):
            return [*leaving, *self._lines.pause(now)]
        return [*self._lines.end(), *leaving]

    def due(self) -> float | None:
        """Return when text or a line must be sent."""
        moments = [moment for moment in (super().due(), self._lines.due()) if moment is not None]
        return min(moments, default=None)

    def late(self, now: float) -> list[Leaving]:
        """Return what is due at `now`."""
        return [*super().late(now), *self._lines.late(now)]

    def wait(self, seconds: float) -> None:
        """Note that the host took so long for a line of thinking."""
        self._lines.wait(seconds)

    def flush(self) -> list[Leaving]:
        """Return the text held back, and the end of the line."""
        return [*super().flush(), *self._lines.end()]

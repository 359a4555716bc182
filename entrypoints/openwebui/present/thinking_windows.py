"""Cut the model's thinking into windows that can be read: sentences, lines, or what has come after a while."""

import re

LONGEST = 160
"""Characters of a window."""
SHORTEST, PATIENCE = 12, 0.75
"""Characters that become a window of their own once the first of them has waited so many seconds."""
_CLOSING = 8
"""Characters before a piece that may end a sentence with its first one."""
_END = re.compile("[.!?\u2026][\"')\\]\u201d\u2019*_]*(?=\\s)|[\u3002\uff01\uff1f]|\n")


class ThinkingWindows:
    """Loses nothing: all windows and what is held, joined, are the thinking. Times are clock values (s)."""

    def __init__(self) -> None:
        self._held, self._since = "", 0.0

    def add(self, text: str, now: float) -> list[str]:
        """Take a piece of thinking; return the windows that are complete."""
        if not self._held:
            self._since = now
        ends = _END.search(self._held[-_CLOSING:] + text) is not None
        text = self._held + text
        if not ends and len(text) < LONGEST:
            self._held = text
            return []
        windows, start = list[str](), 0
        while end := _end(text, start):
            windows.append(text[start:end])
            start, self._since = end, now
        self._held = text[start:]
        return windows

    def due(self) -> float | None:
        """Return when what is held becomes a window; None if it has to grow first."""
        return self._since + PATIENCE if len(self._held.strip()) >= SHORTEST else None

    def rest(self) -> list[str]:
        """Return what is held as a window, if there is any."""
        held, self._held = self._held, ""
        return [held] if held else []


def _end(text: str, start: int) -> int:
    """Return where the window that begins at `start` ends; 0 if it is not complete."""
    found = _END.search(text, start, start + LONGEST + 1)
    if found and found.end() <= start + LONGEST:
        return found.end()
    if len(text) - start < LONGEST:
        return 0
    blank = text.rfind(" ", start + LONGEST // 2, start + LONGEST)
    return blank + 1 if blank > 0 else start + LONGEST

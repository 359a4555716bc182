"""Stands in for the module re2 of google-re2 where that is not installed; counts what it was asked to compile."""

import re
from types import SimpleNamespace


class Re2Double:
    """The parts of the module that are used. Python's `re` does the work: give it harmless patterns only."""

    def __init__(self) -> None:
        self.compiled: list[str] = []

    def Options(self) -> SimpleNamespace:
        """Return options to set."""
        return SimpleNamespace()

    def compile(self, pattern: str, options: SimpleNamespace) -> "re.Pattern[str]":
        """Compile a pattern; re2 takes no look-ahead and no back-reference."""
        assert options.max_mem > 0
        if "(?=" in pattern or "\\1" in pattern:
            raise ValueError("invalid perl operator")
        self.compiled.append(pattern)
        return re.compile(pattern)

"""What operators get to see: structured log lines."""

from collections.abc import Callable
from typing import Literal, Protocol, runtime_checkable

LogValue = str | int | float | bool | None
Level = Literal["debug", "info", "warning", "error"]
Redactor = Callable[[str], str]
"""Masks whatever is secret in a text; the rule is the core's, adapters are handed the function."""


@runtime_checkable
class Telemetry(Protocol):
    """Takes structured events. Never blocks and never raises; values hold no secrets and no prompt text."""

    def event(self, level: Level, name: str, **values: LogValue) -> None:
        """Record one event, `name` in snake_case."""
        ...

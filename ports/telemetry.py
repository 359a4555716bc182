"""Structured log lines for operators."""

from collections.abc import Callable
from typing import Literal, Protocol, runtime_checkable

LogValue = str | int | float | bool | None
Level = Literal["debug", "info", "warning", "error"]
Redactor = Callable[[str], str]
"""Masks secrets in a text. The core defines what is secret and passes this function to the adapters."""


@runtime_checkable
class Telemetry(Protocol):
    """Accepts structured events. Never blocks and never raises; values contain no secrets and no prompt text."""

    def event(self, level: Level, name: str, **values: LogValue) -> None:
        """Log one event, `name` in snake_case."""
        ...

    def wants(self, level: Level) -> bool:
        """Return whether an event of this level would reach anybody now; if not, its values need not be made."""
        ...

"""Telemetry through structlog and the standard library's logger `openrouter_pipe`."""

from collections.abc import Callable, MutableMapping
from logging import DEBUG, ERROR, INFO, WARNING, Logger, getLevelName, getLogger
from typing import Any, Literal

from structlog.processors import JSONRenderer, KeyValueRenderer

from ports.telemetry import Level, LogValue, Redactor
from ports.turn_scope import running_turn

LOGGER_NAME = "openrouter_pipe"
VALUE_LIMIT = 2_000
Fields = MutableMapping[str, Any]

_NUMBERS: dict[Level, int] = {"debug": DEBUG, "info": INFO, "warning": WARNING, "error": ERROR}


class StructlogTelemetry:
    """Implements Telemetry. Every text passes through `redact` before it is written.

    Changes only the level of the named logger; handlers and structlog's global settings belong to the host.
    """

    def __init__(
        self,
        redact: Redactor,
        *,
        level: str = "INFO",
        form: Literal["text", "json"] = "text",
        logger: Logger | None = None,
    ) -> None:
        self._redact = redact
        self._logger = logger or getLogger(LOGGER_NAME)
        self._suspects: Callable[[str], bool] | None = getattr(redact, "suspects", None)
        self._render: Callable[..., str | bytes] = JSONRenderer() if form == "json" else _text_renderer()
        self.set_level(level)

    def set_level(self, level: str) -> None:
        """Write events of `level` ("debug" ... "critical") and above; an unknown name changes nothing.

        An unchanged level is not set again: setting a level clears the level caches of all loggers in the process.
        """
        name = level.strip().upper()
        try:
            if getLevelName(self._logger.level) != name:
                self._logger.setLevel(name)
        except ValueError:
            self.event("warning", "log_level_unknown", given=level)

    def event(self, level: Level, name: str, **values: LogValue) -> None:
        """Write one line. That of a running turn carries its ids, and goes to its record whatever the level."""
        try:
            turn = running_turn()
            if turn is not None and turn.lines is not None:
                turn.lines.log(level, name, values)
            if self._logger.isEnabledFor(_NUMBERS[level]):
                fields = {**({} if turn is None else turn.ids), **values, "event": name, "level": level}
                self._logger.log(_NUMBERS[level], self._render(self._logger, level, self._masked(fields)))
        except Exception:  # noqa: BLE001 - an edge: handlers belong to the host, and a log line must never end a turn
            return

    def wants(self, level: Level) -> bool:
        """Return whether the logger writes events of this level, or the running turn is recorded."""
        turn = running_turn()
        return (turn is not None and turn.lines is not None) or self._logger.isEnabledFor(_NUMBERS[level])

    def _masked(self, fields: Fields) -> Fields:
        texts = [value for value in fields.values() if isinstance(value, str)]
        if self._suspects is not None and max(map(len, texts)) <= VALUE_LIMIT and not self._suspects("\n".join(texts)):
            return fields
        return {
            key: self._redact(value)[:VALUE_LIMIT] if isinstance(value, str) else value for key, value in fields.items()
        }


def _text_renderer() -> KeyValueRenderer:
    return KeyValueRenderer(key_order=["event"], drop_missing=True)

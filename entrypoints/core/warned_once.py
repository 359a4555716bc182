"""Warnings that are logged once, until what they are about works again."""

from ports.telemetry import Telemetry


class WarnedOnce:
    """Logs each pair of event and reason once."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._logged: set[tuple[str, str]] = set()

    def warn(self, event: str, reason: str) -> None:
        """Log a warning, unless it was logged."""
        if (event, reason) not in self._logged:
            self._logged.add((event, reason))
            self._telemetry.event("warning", event, reason=reason)

    def forget(self, event: str) -> None:
        """Log warnings of this event again when they come back."""
        self._logged = {logged for logged in self._logged if logged[0] != event}

"""Report each type of upstream's events and items that no table of ours knows: once in the life of the process."""

from domain.conversation.item_types import SDK
from domain.turn.steps import UnknownTypes
from ports.telemetry import Telemetry

MOST, LONGEST = 500, 100
"""Types that are remembered, further ones are not reported; and the characters of one."""


class ReportUnknown:
    """Not thread-safe; one per process."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._known: set[tuple[str, str]] = set()

    def report(self, found: UnknownTypes, error_id: str) -> None:
        """Log the types that are new to this process."""
        for what, kinds in (("event", found.events), ("item", found.items)):
            for kind in (one[:LONGEST] for one in kinds):
                if (what, kind) not in self._known and len(self._known) < MOST:
                    self._known.add((what, kind))
                    self._telemetry.event(
                        "warning",
                        "unknown_upstream_type",
                        what=what,
                        type=kind,
                        tables_of_sdk=SDK,
                        error_id=error_id,
                    )

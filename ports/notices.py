"""Status lines for the user, shown beside the answer."""

from typing import Protocol, runtime_checkable


@runtime_checkable
class Notices(Protocol):
    """Shows status lines to the user who sent this turn. Never raises; some hosts show nothing."""

    async def status(self, text: str, *, done: bool) -> None:
        """Show `text` as the latest status; `done` stops its animation."""
        ...

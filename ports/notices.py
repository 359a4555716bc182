"""Short words to the person, beside the answer."""

from typing import Protocol, runtime_checkable


@runtime_checkable
class Notices(Protocol):
    """Shows a status line to the one person this turn belongs to. Never raises; may show nothing at all."""

    async def status(self, text: str, *, done: bool) -> None:
        """Show `text` as the latest status; `done` ends its animation."""
        ...

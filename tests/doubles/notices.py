"""A person who reads status lines."""


class RecordedNotices:
    """Implements Notices; `said` holds text and whether it was the last word."""

    def __init__(self) -> None:
        self.said: list[tuple[str, bool]] = []

    async def status(self, text: str, *, done: bool) -> None:
        """Remember one status."""
        self.said.append((text, done))

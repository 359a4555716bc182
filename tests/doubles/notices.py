"""Records status lines."""


class RecordedNotices:
    """Implements Notices; `said` lists each text and whether it was the last."""

    def __init__(self) -> None:
        self.said: list[tuple[str, bool]] = []

    async def status(self, text: str, *, done: bool) -> None:
        """Record one status."""
        self.said.append((text, done))

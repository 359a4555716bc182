"""Records status lines."""

from ports.notices import Notice


class RecordedNotices:
    """Implements Notices; `seen` holds the notices in order."""

    def __init__(self) -> None:
        self.seen: list[Notice] = []

    async def notify(self, notice: Notice) -> None:
        """Remember one notice."""
        self.seen.append(notice)

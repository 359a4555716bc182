"""Where the thoughts of an answer stand among the items that the host reads."""

NO_ITEM = -1
"""The place of a thought that is not shown as an item."""


class ThoughtPlaces:
    """The places by segment. `first`: the place of the first thought that is an item."""

    def __init__(self) -> None:
        self.first = NO_ITEM
        self._places: dict[int, int] = {}

    def of(self, segment: int) -> int | None:
        """Return the place of a thought; None if nothing of it has come."""
        return self._places.get(segment)

    def hide(self, segment: int) -> None:
        """Note a thought that is not shown."""
        self._places.setdefault(segment, NO_ITEM)

    def show(self, segment: int, index: int) -> None:
        """Note the place at which a thought is shown."""
        self._places[segment] = index
        self.first = index if self.first == NO_ITEM else self.first

"""Call ids: upstream rejects a request in which two calls have the same id, so ids are made unique."""

from collections.abc import Iterable

LONGEST = 64
"""Characters of an id made here; some providers reject longer ones."""
ROOM = 8  # characters of it that are reserved for the number


class CallIds:
    """The call ids that are in use; chooses unused ones."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._numbers: dict[str, int] = {}

    def take(self, *wished: str) -> str:
        """Reserve and return the first unused one of the wished ids; if all are used, the last with a number."""
        chosen = next((call_id for call_id in wished if call_id not in self._taken), None)
        if chosen is None:
            stem = wished[-1][: LONGEST - ROOM]
            number = self._numbers.get(stem, 1)
            while chosen is None or chosen in self._taken:
                number += 1
                chosen = f"{stem}_{number}"
            self._numbers[stem] = number
        self._taken.add(chosen)
        return chosen

"""Call ids: upstream refuses one that stands for two calls, so within a request each stands for one."""

from collections.abc import Iterable

LONGEST = 64
"""Characters of an id made here; upstream takes no longer ones everywhere."""
ROOM = 8  # of them, for the number


class CallIds:
    """The ids of calls that are taken; hands out free ones."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._numbers: dict[str, int] = {}

    def take(self, *wished: str) -> str:
        """Take the first of the wished ids that is free, or else the last of them with a number."""
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

"""How many examples a property is tried with: all in the whole suite, a share in `make check` and `test-lowest`.

They are the same in each run: whether the suite passes depends on the code alone. `make explore` tries others.
"""

import os
from collections.abc import Iterable
from typing import Any, TypeVar

from hypothesis import settings

T = TypeVar("T")

SHARE = int(os.environ.get("SHARE_OF_EXAMPLES", "1"))
FEWEST = 5
EXPLORES = "EXPLORE" in os.environ


def examples(count: int, **more: Any) -> settings:
    """Return the settings of a property: `count` examples, or a part of them, and no limit of time for one."""
    return settings(max_examples=max(FEWEST, count // SHARE), deadline=None, derandomize=not EXPLORES, **more)


def some_of(values: Iterable[T]) -> list[T]:
    """Return all of the values, or a share of them, spread over the whole."""
    return list(values)[::SHARE]

"""How many examples a property is tried with: all of them in the whole suite, a share of them in `make check`."""

import os
from typing import Any

from hypothesis import settings

SHARE = int(os.environ.get("SHARE_OF_EXAMPLES", "1"))
FEWEST = 5


def examples(count: int, **more: Any) -> settings:
    """Return the settings of a property: `count` examples, or a part of them, and no limit of time for one."""
    return settings(max_examples=max(FEWEST, count // SHARE), deadline=None, **more)

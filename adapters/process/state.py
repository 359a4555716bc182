"""State shared by all loads of this code in one process, although they cannot import each other's modules."""

import sys
from collections.abc import MutableMapping
from types import ModuleType

ENTRY = "_openrouter_pipe_process"
VERSION = 1


def shared_state() -> MutableMapping[str, object]:
    """Return the mapping stored in one private entry of `sys.modules`; the first caller creates it.

    It contains objects of the standard library only, so that loads of any version can read it. `version` is the newest
    layout written; a new layout uses new keys and leaves the old ones alone. Safe in any thread.
    """
    fresh = ModuleType(ENTRY, "Shared by all loads of one process.")
    vars(fresh).update(version=VERSION, state={})
    entry = sys.modules.setdefault(ENTRY, fresh)
    state: MutableMapping[str, object] = vars(entry).setdefault("state", {})
    return state

"""What all loads of this code in one process share, although they never see each other's modules."""

import sys
from collections.abc import MutableMapping
from types import ModuleType

ENTRY = "_openrouter_pipe_process"
VERSION = 1


def shared_state() -> MutableMapping[str, object]:
    """Return the mapping behind the one private entry of `sys.modules`, made by whoever asks first.

    It holds objects of the standard library only, so that loads of any version can read it. `version` of the entry
    tells the newest layout written; a new layout takes new keys and leaves the old ones alone. Safe in any thread.
    """
    fresh = ModuleType(ENTRY, "Shared by all loads of one process.")
    vars(fresh).update(version=VERSION, state={})
    entry = sys.modules.setdefault(ENTRY, fresh)
    state: MutableMapping[str, object] = vars(entry).setdefault("state", {})
    return state

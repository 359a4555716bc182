"""Regular expressions of foreign schemas. They run in RE2, whose time is linear, or not at all: never in Python's `re`.

RE2 comes with google-re2, which the host may have. Without it the keywords that need it are left out.
"""

from functools import lru_cache
from importlib import import_module
from typing import Any

from ports.work_budget import WorkBudget

LONGEST = 2_000
"""Characters of a pattern. Longer ones are left out."""
MEMORY = 1024 * 1024
"""Bytes a compiled pattern may take."""
CHARACTERS_PER_STEP = 32


def matches(pattern: str, text: str, budget: WorkBudget) -> bool | None:
    """Return whether a pattern is found anywhere in `text`; None if that cannot be judged."""
    budget.spend(1 + len(text) // CHARACTERS_PER_STEP + len(pattern) // CHARACTERS_PER_STEP)
    compiled = _compiled(pattern) if len(pattern) <= LONGEST else None
    if compiled is None:
        return None
    try:
        return compiled.search(text) is not None
    except Exception:  # noqa: BLE001 - a library in C++: text with lone surrogates, or no memory left for the match
        return None


@lru_cache(maxsize=1)
def _engine() -> Any:
    try:
        return import_module("re2")
    except Exception:  # noqa: BLE001 - an optional library: whatever keeps it from loading, there is none
        return None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    engine = _engine()
    if engine is None:
        return None
    try:
        options = engine.Options()
        options.max_mem, options.log_errors = MEMORY, False
        return engine.compile(pattern, options)
    except Exception:  # noqa: BLE001 - a pattern of another dialect, too large, or of lone surrogates
        return None

"""Lists of names, as sentences contain them."""

LONGEST_LIST = 2_000
"""Characters of the names that one line lists."""


def listed_names(names: tuple[str, ...]) -> str:
    """Return names as a list of bounded length; the rest is counted."""
    shown: list[str] = []
    for name in names:
        if sum(map(len, shown)) + len(name) > LONGEST_LIST:
            break
        shown.append(name)
    rest = len(names) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")

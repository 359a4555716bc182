"""The names of what a reduced object lacks of the one it was made of."""

from collections.abc import Iterator

LONGEST_LABEL, MOST_NAMED = 80, 32
"""Characters of a name, and names of one object."""
_NOTHING: tuple[object, ...] = (None, (), [], {}, "")


def lost(given: object, kept: object, path: str) -> tuple[str, ...]:
    """Return the paths of what `kept` lacks of `given`, such as `provider.sort`; `path` itself if nothing was kept.

    A value that was changed, such as a clamped number, is not lost.
    """
    found: list[str] = []
    for name in _lost(given, kept, path):
        found.append(name[:LONGEST_LABEL])
        if len(found) == MOST_NAMED:
            break
    return tuple(found)


def _lost(given: object, kept: object, path: str) -> Iterator[str]:
    if kept is given or given in _NOTHING:
        return
    if kept is None or (isinstance(given, list) and isinstance(kept, list) and len(kept) < len(given)):
        yield path
    elif isinstance(given, dict) and isinstance(kept, dict):
        for key, value in given.items():
            yield from _lost(value, kept.get(key), f"{path}.{_name(key)}")
    elif isinstance(given, list) and isinstance(kept, list):
        for one, other in zip(given, kept, strict=False):
            yield from _lost(one, other, path)


def _name(key: object) -> str:
    """Return a key as a log can hold it: bounded, on one line, without lone surrogates."""
    name = str(key)[:LONGEST_LABEL]
    return name if name.isprintable() else ascii(name)[1:-1]

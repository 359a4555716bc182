"""The one form of a tool's name upstream: the same where the tool is offered and where a history calls it."""

import re
from hashlib import sha256

LONGEST = 64
_LEGAL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_FIRST = re.compile(r"[A-Za-z_]")
ILLEGAL = re.compile(r"[^A-Za-z0-9_-]+")


def legal(name: str) -> str:
    """Return a name that every maker takes: itself, or what is legal of it with a hash, the same in every request.

    The first character is a letter or an underscore, as Google wants it. Sources: the makers' references of tools.
    """
    return name if _LEGAL.fullmatch(name) else marked(stem(name), name)


def is_legal(name: str) -> bool:
    """Return whether every maker takes a name as it is."""
    return _LEGAL.fullmatch(name) is not None


def stem(name: str) -> str:
    """Return what is legal of a name; it may be too long."""
    found = ILLEGAL.sub("_", name).strip("_") or "tool"
    return found if _FIRST.match(found) else f"_{found}"


def marked(name: str, original: str) -> str:
    """Return a name of bounded length that ends with a hash of the original."""
    mark = sha256(original.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{name[: LONGEST - 9]}_{mark}"

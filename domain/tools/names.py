"""Tool names that upstream accepts: legal, unique, and independent of the order of the tools."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from hashlib import sha256

LONGEST = 64
_LEGAL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_FIRST = re.compile(r"[A-Za-z_]")
_ILLEGAL = re.compile(r"[^A-Za-z0-9_-]+")
Key = tuple[str, str]


def named(tools: Iterable[Key], taken: Collection[str] = ()) -> dict[Key, str]:
    """Return the name upstream gets for each (source, name).

    A legal name is kept. An illegal name is rewritten and gets a hash of the original, so it does not depend on other
    tools. If names clash, with each other or with a `taken` name, every tool involved gets its source as a prefix, so
    their order does not matter. Source of the rule: OpenRouter API reference, tools.
    """
    keys = sorted(set(tools))
    plain = {key: legal(key[1]) for key in keys}
    counted = Counter(plain.values())
    clashing = {name for name, count in counted.items() if count > 1} | set(taken)
    names: dict[Key, str] = {}
    used = set(taken)
    for key in sorted(keys, key=lambda key: (plain[key] in clashing, key)):
        name = plain[key] if plain[key] not in clashing else legal(f"{_stem(key[0])}_{_stem(key[1])}")
        names[key] = name if name not in used else _marked(name, "\0".join(key))
        used.add(names[key])
    return names


def legal(name: str) -> str:
    """Return a name that every maker takes: itself, or what is legal of it with a hash, the same in every request.

    The first character is a letter or an underscore, as Google wants it. Sources: the makers' references of tools.
    """
    return name if _LEGAL.fullmatch(name) else _marked(_stem(name), name)


def _stem(name: str) -> str:
    stem = _ILLEGAL.sub("_", name).strip("_") or "tool"
    return stem if _FIRST.match(stem) else f"_{stem}"


def _marked(name: str, original: str) -> str:
    mark = sha256(original.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{name[: LONGEST - 9]}_{mark}"

"""Tool names that upstream accepts: legal, unique, and independent of the order of the tools."""

from collections import Counter
from collections.abc import Collection, Iterable

from domain.conversation.tool_names import legal, marked, stem

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
        name = plain[key] if plain[key] not in clashing else legal(f"{stem(key[0])}_{stem(key[1])}")
        names[key] = name if name not in used else marked(name, "\0".join(key))
        used.add(names[key])
    return names

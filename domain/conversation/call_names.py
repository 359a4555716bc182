"""The names of called tools: which offered tool a leaked name means, and the form that every receiver accepts.

Models write names with control tokens, namespaces, tags, quotes and blanks around them. Sources of the forms: public
reports about gpt-oss (`search<|channel|>commentary`), Kimi (`functions.search:0`, `functions_search_2`), Gemini
(`default_api.search`), models that were trained to write calls as XML (`search</function`, `search" string="true`).
"""

import re
from collections.abc import Collection, Iterator

from domain.conversation.tool_names import ILLEGAL, is_legal, legal

_AROUND = " \t\r\n\0\ufeff\u200b\u2060\"'`.,:;()[]{}"
_CUT = re.compile(r"[<>\"'`(\[{|\n]")
_BEFORE = re.compile(r"(?:to=|name=[\"']?|<function=|<invoke>|<tool_call>|_begin\|>)\s*([\w./:-]+)")
_NAMESPACE = re.compile(r"[./:]")
_COUNTED = re.compile(r"(?:[:.]|_)\d{1,4}\Z")
_PREFIXES = ("functions", "function", "default_api", "tools", "tool", "api", "mcp")
_WORD = re.compile(r"[A-Za-z0-9_-]+")
_TOKEN_WORDS = frozenset(_PREFIXES).union(
    ("tool_call", "tool_calls", "call", "invoke", "name", "recipient", "to", "print", "action"),
    ("start", "end", "im_start", "im_end", "message", "channel", "constrain", "return", "commentary", "analysis"),
    ("assistant", "user", "system", "developer", "final", "json", "code", "python"),
)
"""Words of the chat templates that leak into names, and what models write before a name."""
_READ = 400
"""Characters of a name that are looked at."""


def meant(name: str, offered: Collection[str]) -> str:
    """Return the offered tool that a name means; the name itself if it means none, or more than one."""
    if name in offered or not offered:
        return name
    for forms in _forms(name[:_READ]):
        found = {form for form in forms if form in offered}
        if found:
            return found.pop() if len(found) == 1 else name
    plain = _plain(next(iter(_bare(name[:_READ])), ""))
    alike = [one for one in offered if _plain(one) == plain]
    return alike[0] if len(alike) == 1 and plain else name


def legal_name(name: str) -> str:
    """Return a name that matches ^[a-zA-Z0-9_-]{1,64}$: the name itself, or what is left of it without known leaks.

    Any other name is written as an offered tool of that name is.
    """
    if is_legal(name):
        return name
    bare = next(iter(_bare(name[:_READ])), "")
    for prefix in _PREFIXES:
        if bare.startswith(prefix) and bare[len(prefix) : len(prefix) + 1] in tuple("./:"):
            bare = bare[len(prefix) + 1 :]
            break
    return bare if is_legal(bare) and len(name) <= _READ else legal(name)


def _forms(name: str) -> Iterator[list[str]]:
    """Yield the forms that a name may stand for, the most certain first."""
    bare = _bare(name)
    yield bare
    yield [form for one in bare for form in _without_namespace(one)]
    uncounted = [_COUNTED.sub("", one) for one in bare if _COUNTED.search(one)]
    yield [*uncounted, *(form for one in uncounted for form in _without_namespace(one))]
    prefixed = [one.partition("_")[2] for one in (*bare, *uncounted) if one.startswith(("functions_", "function_"))]
    api = [one.removeprefix("default_api_") for one in bare if one.startswith("default_api_")]
    halves = [one[: len(one) // 2] for one in bare if one and one == one[: len(one) // 2] * 2]
    yield [*prefixed, *api, *halves]
    words = {word for word in _WORD.findall(name) if word.casefold() not in _TOKEN_WORDS and not word.isdigit()}
    yield [*words] if len(words) == 1 else []


def _bare(name: str) -> list[str]:
    """Return what is left of a name without tokens, tags, quotes and blanks; several forms if a token names another."""
    found = [named[1].strip(_AROUND) for named in _BEFORE.finditer(name)]
    head = _CUT.split(name.strip(_AROUND), maxsplit=1)[0].strip(_AROUND)
    head = head if not found else ""
    return list(dict.fromkeys(form for form in (head, *found) if form))


def _without_namespace(name: str) -> list[str]:
    """Return the ends of a name that follow a dot, a slash or a colon."""
    parts = _NAMESPACE.split(name)
    return [end for end in (parts[-1], *_joined(parts)) if end and len(parts) > 1]


def _joined(parts: list[str]) -> list[str]:
    return [joint.join(parts[start:]) for start in range(len(parts) - 1) for joint in ("_", "-", "__")]


def _plain(name: str) -> str:
    return ILLEGAL.sub("_", name).replace("-", "_").casefold()

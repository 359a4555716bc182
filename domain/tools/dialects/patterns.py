"""Whether a regular expression is of the kind that every maker's validator compiles.

ECMA-262, which JSON Schema names, has more than they take: OpenAI refuses lookaround ("regex lookaround is not
supported") and whatever Python's `re` cannot compile, Anthropic also backreferences and word boundaries. Sources:
OpenAI's and Anthropic's pages on structured outputs; public error reports.
"""

import re

LONGEST = 2_000
_ESCAPED = r"\\(?:[dDwWsSnrtfv]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[^A-Za-z0-9])"
_TOKEN = re.compile(
    rf"{_ESCAPED}"
    rf"|\[\^?(?:{_ESCAPED}|[^\]\[\\])+\]"
    r"|\((?:\?:)?|\)|[|^$.]|[*+?]\??|\{\d{1,3}(?:,\d{0,3})?\}\??|[^\\\[\]()|^$.*+?{}]"
)
_QUANTIFIER = re.compile(r"[*+?{]")
_RANGE = re.compile(r"\[\^?.*\\[dDwWsS]-[^\]]|\[\^?.*[^\\]-\\[dDwWsS]", re.DOTALL)


def is_portable(pattern: str) -> bool:
    """Return whether a pattern has only what all dialects share. One pass, no backtracking over the whole."""
    if len(pattern) > LONGEST:
        return False
    place, open_, repeatable = 0, 0, False
    while place < len(pattern):
        token = _TOKEN.match(pattern, place)
        if token is None:
            return False
        text = token.group()
        if text[0] == "[" and not _is_class(text):
            return False
        if _QUANTIFIER.match(text):
            if not repeatable:
                return False
            repeatable = False
        else:
            repeatable = not text.startswith(("(", "|", "^", "$"))
        open_ += text.startswith("(") - (text == ")")
        if open_ < 0:
            return False
        place = token.end()
    return open_ == 0


def _is_class(text: str) -> bool:
    """Return whether a class has only ranges that rise and join single characters."""
    if _RANGE.match(text):
        return False
    ranges = re.finditer(r"([^\\\[])-([^\\\]])", text[1:-1])
    return all(low <= high for low, high in (found.groups() for found in ranges))

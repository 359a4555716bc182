"""How a value may be spelled: in URLs, JSON, source text and HTML, whichever signs a writer chooses to escape."""

import json
import re
from html import escape

_RUNS = re.compile(r"(\\+)|.", re.DOTALL)
_ESCAPED = 8
"""Backslashes that one sign may become or get, written as JSON within JSON within JSON."""
LONGEST = 512
"""Characters: the spellings of longer values are not worked out."""


def anchor_of(value: str) -> str:
    """Return the longest run of letters and digits: it looks the same in every spelling. Empty if there is none."""
    return max(re.findall(r"[A-Za-z0-9]+", value), key=len, default="")


def pattern_of(value: str) -> re.Pattern[str] | None:
    """Return what finds every spelling of a value, in time linear in the text; None if it has only one."""
    if len(value) > LONGEST or (value.isascii() and value.isalnum()):
        return None
    return re.compile("".join(_backslashes(run[1]) if run[1] else _sign(run[0]) for run in _RUNS.finditer(value)))


def _backslashes(run: str) -> str:
    """Return a pattern for a run of backslashes as one, so that no two patterns share what they may find."""
    return f"(?:\\\\{{{len(run)},{_ESCAPED * len(run)}}}|(?i:{_codes(run[0])}){{{len(run)}}})"


def _sign(sign: str) -> str:
    """Return a pattern for one sign: as it stands, or by any of its codes in letters of either case."""
    if sign.isascii() and sign.isalnum():
        return sign
    texts = {sign, json.dumps(sign)[1:-1].lstrip("\\"), escape(sign), "+" if sign == " " else sign} - {""}
    plain = [re.escape(text) for text in sorted(texts, key=lambda text: (-len(text), text))]
    return f"(?:(?i:{_codes(sign)})|\\\\{{0,{_ESCAPED - 1}}}(?:{'|'.join(plain)}))"


def _codes(sign: str) -> str:
    """Return the codes of a sign: percent, JSON, source text, HTML."""
    raw, wide = sign.encode("utf-8", "replace"), sign.encode("utf-16-be", "surrogatepass")
    codes = [
        "".join(f"%(?:25)*{byte:02x}" for byte in raw),
        "".join(rf"\\{{1,8}}x{byte:02x}" for byte in raw),
        "".join(rf"\\{{1,8}}u{wide[place : place + 2].hex()}" for place in range(0, len(wide), 2)),
        rf"\\{{1,8}}U{ord(sign):08x}",
        rf"\\{{1,8}}x{ord(sign):02x}",
        f"&#(?:0*{ord(sign)}|x0*{ord(sign):x});",
    ]
    return "|".join(codes)

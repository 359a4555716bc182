"""Recognise secrets by their shape: keys, tokens, passwords, account ids, inlined data.

Values that are known to be secret are masked whatever they look like: `domain/redaction/known.py`.
"""

import re

MASK = "\u2026"
_NAMES = (
    r"(?:api[_-]?key|access[_-]?key|account[_-]?key|private[_-]?key|secret[_-]?key|encryption[_-]?key|auth[_-]?key"
    r"|secret|passwords?|passwd|passphrase|pwd|token|credentials?|session[_-]?id)"
)
_ASSIGNED = rf"(?i)({_NAMES}[\"'\\]*\s*[:=]>?\s*"
_PATTERNS = (
    (re.compile(r"-{5}BEGIN\s[A-Z\s]{0,40}PRIVATE\sKEY-{5}[\s\S]*?(?:-{5}END\s[A-Z\s]{0,40}-{5}|\Z)"), MASK),
    (re.compile(r"(?<![A-Za-z0-9])([sr]k[-_])[A-Za-z0-9_-]{6,}"), r"\1" + MASK),
    (re.compile(r"(?i)(bearer\s+)[A-Za-z0-9._~+/=-]{6,}"), r"\1" + MASK),
    (re.compile(r"((?i:\bbasic)\s+)[A-Za-z0-9+/_-]*(?:[0-9=]|[a-z][A-Z])[A-Za-z0-9+/=_-]{4,}"), r"\1" + MASK),
    (re.compile(r"(?i)((?:authorization|cookie)[\"'\\]*\s*[:=,]\s*[\"'\\]*)[^\r\n\"'\\]+"), r"\1" + MASK),
    (re.compile(_ASSIGNED + r"\")(?:[^\"\\\r\n]|\\.)+"), r"\1" + MASK),
    (re.compile(_ASSIGNED + r"')(?:[^'\\\r\n]|\\.)+"), r"\1" + MASK),
    (re.compile(_ASSIGNED + r"[\"'\\]*)[^\s\"',;&\\]{4,}"), r"\1" + MASK),
    (re.compile(r"(?i)([?&](?:key|sig|code|auth)=)[^\s\"'&#]+"), r"\1" + MASK),
    (re.compile(r"(?i)(\buser_?id[\"'\\]*\s*[:=]\s*[\"'\\]*)[\w.|-]+"), r"\1" + MASK),
    (re.compile(r"\b(user|org)_[0-9A-Za-z]{16,}"), r"\1_" + MASK),
    (re.compile(r"data:[\w.+/-]+;base64,[A-Za-z0-9+/=]{16,}"), "data:" + MASK),
    (re.compile(r"//[^/\s:@\"'<>]*:[^/\s\"'<>]+@"), "//" + MASK + "@"),
    (re.compile(r"//[A-Za-z0-9_-]{16,}@"), "//" + MASK + "@"),
    (re.compile(r"(hooks\.slack\.com/services/)[\w/-]+"), r"\1" + MASK),
    (re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?"), MASK),
    (re.compile(r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[0-9A-Z]{16}"), MASK),
    (
        re.compile(r"(?<![A-Za-z0-9])(?:AIza[0-9A-Za-z_-]{30,}|ya29\.[0-9A-Za-z_-]{16,}|GOCSPX-[0-9A-Za-z_-]{16,})"),
        MASK,
    ),
    (re.compile(r"(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}|glpat-[\w-]{16,})"), MASK),
    (re.compile(r"(?<![A-Za-z0-9])(?:xox[abeoprs]-[A-Za-z0-9-]{8,}|hf_[A-Za-z0-9]{16,}|gsk_[A-Za-z0-9]{16,})"), MASK),
)
_BY_NAME = tuple(pattern.pattern.startswith(_ASSIGNED) for pattern, _ in _PATTERNS)
_NAME = re.compile("key|secret|passw|passphrase|pwd|token|credent|sess")
"""Every text with a secret that its name gives away contains one of these; looking for the names takes longest."""
_HINT = re.compile(
    r"s(?:k[-_]|ecret|ession)|rk[-_]|b(?:earer|asic)|a(?:uthorization|kia|sia|iza)|c(?:ookie|redential)|key|token"
    r"|p(?:assw|assphrase|wd)|-----begin|\?(?:sig|code|auth)=|&(?:sig|code|auth)=|user(?:_|id)|org_|data:|//|eyj|ya29|xox"
    r"|h(?:ooks\.slack|f_)|g(?:ocspx|h[pousr]_|ithub_|lpat)"
)
"""Every text with a secret contains one of these in lower case; almost all texts contain none and return at once.

There is one alternative for each first character: Python tries as many at each place of a text.
"""


def may_hold_secrets(text: str) -> bool:
    """Return whether `redact` might change `text`, or a part of it."""
    return _HINT.search(_folded(text)) is not None


def redact(text: str) -> str:
    """Return `text` with everything that looks like a secret masked. Idempotent."""
    folded = _folded(text)
    if _HINT.search(folded) is None:
        return text
    named = _NAME.search(folded) is not None
    for (pattern, replacement), by_name in zip(_PATTERNS, _BY_NAME, strict=True):
        if named or not by_name:
            text = pattern.sub(replacement, text)
    return text


def _folded(text: str) -> str:
    """Return a text in lower case, its Turkish letters i as Latin ones: patterns that ignore case find them too."""
    return text.casefold().replace("i\u0307", "i").replace("\u0131", "i")

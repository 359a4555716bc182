"""Mask secrets: keys, tokens, account ids and inlined data never reach a log, an error or a card."""

import re

MASK = "\u2026"
_PATTERNS = (
    (re.compile(r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{6,}"), "sk-" + MASK),
    (re.compile(r"(?i)(bearer\s+)[A-Za-z0-9._~+/=-]{6,}"), r"\1" + MASK),
    (re.compile(r"(?i)((?:authorization|cookie)[\"']?\s*[:=]\s*[\"']?)[^\r\n\"']+"), r"\1" + MASK),
    (re.compile(r"(?i)((?:api[_-]?key|password|token)[\"']?\s*[:=]\s*[\"']?)[^\s\"',;]{4,}"), r"\1" + MASK),
    (re.compile(r"(?i)(\buser_?id[\"'\\]*\s*[:=]\s*[\"'\\]*)[\w.|-]+"), r"\1" + MASK),
    (re.compile(r"\b(user|org)_[0-9A-Za-z]{16,}"), r"\1_" + MASK),
    (re.compile(r"data:[\w.+/-]+;base64,[A-Za-z0-9+/=]{16,}"), "data:" + MASK),
    (re.compile(r"//[^/\s:@]+:[^/\s@]+@"), "//" + MASK + "@"),
)
_HINT = re.compile(r"(?i)sk-|bearer|authorization|cookie|api[_-]?key|password|token|user_|userid|org_|data:|//")
"""Every secret contains one of these; almost all texts contain none and are returned at once."""


def redact(text: str) -> str:
    """Return `text` with everything that looks like a secret masked. Idempotent."""
    if _HINT.search(text) is None:
        return text
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text

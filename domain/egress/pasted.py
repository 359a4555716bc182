"""Keys and addresses as people paste them: with quotes, invisible characters, a scheme word or an endpoint.

A key is a bearer token, which has no blank and only ASCII letters. Source: RFC 6750, part 2.1.
"""

import re
from unicodedata import category
from urllib.parse import SplitResult, urlsplit, urlunsplit

_QUOTES = (
    "\"'`<>\\\u00b4\u00ab\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2039\u203a\u300c\u300d\uff02\uff07"
)
_AROUND = f"{_QUOTES} ,;"
_BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"
_NAMED = re.compile(r"(?:export\s+|set\s+)?(?:[\w-]*api[_-]?key|(?:proxy-)?authorization)\s*[:=]\s*", re.IGNORECASE)
_SCHEME = re.compile(r"bearer(?:[\s:=\"']+|(?=sk-)|$)", re.IGNORECASE)
_OFFICIAL = "openrouter.ai"
_NO_SCHEME = re.compile(rf"(?:https?:)?/*(?:www\.)?{re.escape(_OFFICIAL)}(?=[/:?#]|$)", re.IGNORECASE)
_GENERATES = re.compile(r"/(?:chat/completions|completions|responses)/*$", re.IGNORECASE)
_VERSIONED = re.compile(
    r"(?<=/)(v\d+\w*)/(?:chat|models(?:/user|/count)?|embeddings|messages|generation|key|credits|endpoints/zdr)/*$",
    re.IGNORECASE,
)
_BASE = "/api/v1"
_LONGEST = 8192
"""Characters: no key and no address is longer, and what was pasted by mistake is not taken apart end by end."""


def pasted_key(text: str) -> str:
    """Return the key in a pasted text; empty if there is none. Characters that no key has stay: see `is_key`."""
    key, before = _visible(text), ""
    while key != before and len(key) <= _LONGEST:
        before = key
        key = key.strip(_AROUND)
        for beside in (_NAMED, _SCHEME):
            if found := beside.match(key):
                key = key[found.end() :]
    return key.replace(" ", "")


def is_key(key: str) -> bool:
    """Return whether a header can carry `key`."""
    return bool(key) and key.isascii() and key.isprintable()


def pasted_base_url(text: str) -> str:
    """Return the base address in a pasted one: without endpoint, query and fragment; OpenRouter's with its path.

    An address that needs no change, or cannot be parsed, is returned as it stands. Of other hosts only the paths of
    endpoints are removed: where their API begins is not known.
    """
    if len(text) > _LONGEST:
        return text
    address = _visible(text).strip(_AROUND)
    if found := _NO_SCHEME.match(address):
        address = f"https://{_OFFICIAL}{address[found.end() :]}"
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").lower()
    except ValueError:
        return text
    if not host or parts.scheme not in ("http", "https"):
        return text
    path = _base_path(parts.path.rstrip("/"))
    if (host == _OFFICIAL or host.endswith(f".{_OFFICIAL}")) and not re.match(r"/api/[^/]", path):
        path = _BASE
    mended = urlunsplit(SplitResult(parts.scheme, parts.netloc, path, "", "")).rstrip(_AROUND)
    return text if mended == text.strip().rstrip("/") else mended


def _base_path(path: str) -> str:
    before = ""
    while path != before:
        before = path
        path = _VERSIONED.sub(r"\1", _GENERATES.sub("", path)).rstrip("/")
    return path


def _visible(text: str) -> str:
    """Return a text without characters that nobody sees; blanks and line breaks of any kind become spaces."""
    spaced = "".join(" " if letter.isspace() or letter in _BLANK_LETTERS else letter for letter in text)
    return "".join(letter for letter in spaced if category(letter) not in ("Cf", "Cc") and not _selects(letter))


def _selects(letter: str) -> bool:
    """Return whether a character only selects the form of the one before it."""
    return "\ufe00" <= letter <= "\ufe0f" or "\U000e0100" <= letter <= "\U000e01ef"

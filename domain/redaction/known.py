"""Mask values that are known to be secret, whatever they look like and however they are written."""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from re import IGNORECASE, Pattern
from re import compile as pattern
from urllib.parse import quote, quote_plus, unquote

from domain.redaction.secrets import MASK, may_hold_secrets, redact
from domain.redaction.spellings import anchor_of, pattern_of

SHORTEST = 8
"""Characters: what is shorter may be an ordinary word, which a text would be full of."""
MOST_VALUES = 256
_LONGEST = 16 * 1024
_VARIABLES = pattern(
    r"(?:KEY|SECRET|TOKEN|PASSWD|PASSWORD|PASSPHRASE|_PASS|PWD|CREDENTIALS?|_DSN|PRIVATE)(?:_\w+)?$", IGNORECASE
)
_NO_SECRET = pattern(r"(?:_FILE|_PATH|_DIR|_NAME|_ID|_TYPE|_METHOD|_ALGORITHM|_URL|_URI|_SECONDS|_SIZE)$", IGNORECASE)
_RUN = pattern(r"\S+")
_USER_INFO = pattern(r"://([^/\s@]*):(\S+)")
_PROXY = pattern(r"_PROXY$", IGNORECASE)
_QUERY = pattern(r"[?&;](?:[\w-]*(?:key|secret|token|password|passwd|pwd|sig|auth))=([^&#\s]+)", IGNORECASE)


@dataclass(frozen=True, slots=True)
class KnownSecrets:
    """Secret values of this process; made by `known`.

    `forms`: as they may be quoted, longest first; `heads`: how those begin, and what of a value looks the same in every
    spelling; `patterns` find the values in any other spelling.
    """

    values: frozenset[str] = field(default=frozenset(), repr=False)
    forms: tuple[str, ...] = field(default=(), repr=False)
    heads: tuple[str, ...] = field(default=(), repr=False)
    patterns: tuple[Pattern[str], ...] = field(default=(), repr=False)

    def mask(self, text: str) -> str:
        """Return `text` without any of the values, and without anything that looks like a secret. Idempotent.

        A value that was cut off at the end of the text is masked too.
        """
        for head in self.heads:  # nearly always there is none
            if head in text:
                return redact(self._masked(text))
        return redact(text)

    def suspects(self, text: str) -> bool:
        """Return whether `mask` might change `text`, or a part of it; nearly always it would not."""
        for head in self.heads:
            if head in text:
                return True
        return may_hold_secrets(text)

    def _masked(self, text: str) -> str:
        for form in self.forms:
            if form in text:
                text = text.replace(form, MASK)
        for spelling in self.patterns:
            text = spelling.sub(MASK, text)
        for form in self.forms:
            begin = text.find(form[:SHORTEST], max(0, len(text) - len(form)))
            if begin >= 0 and form.startswith(text[begin:]):
                text = text[:begin] + MASK
        return text


NOTHING_KNOWN = KnownSecrets()


def known(values: Iterable[str], before: KnownSecrets = NOTHING_KNOWN) -> KnownSecrets:
    """Return what masks `values` and those of `before`; values shorter than SHORTEST are left out."""
    newest = list(dict.fromkeys(stripped for value in values if _is_long(stripped := value.strip())))[:MOST_VALUES]
    kept = frozenset([*newest, *sorted(before.values)][:MOST_VALUES])
    if kept == before.values:
        return before
    forms = {form for value in kept for form in _forms(value)}
    spelled = {value: found for value in sorted(kept) if (found := pattern_of(value)) is not None}
    heads = tuple(sorted({form[:SHORTEST] for form in forms} | {anchor_of(value) for value in spelled}))
    longest_first = tuple(sorted(forms, key=lambda form: (-len(form), form)))
    return KnownSecrets(kept, longest_first, heads, tuple(spelled.values()))


def secrets_in_url(text: str) -> tuple[str, ...]:
    """Return the passwords a URL contains, as written and decoded: its user-info's and those of its query."""
    found = [part for user, password in _user_infos(text) for part in (password, f"{user}:{password}")]
    found += [value[1] for value in _QUERY.finditer(text)]
    return tuple(dict.fromkeys(spelling for value in found for spelling in (value, unquote(value))))


def _user_infos(text: str) -> Iterable[tuple[str, str]]:
    """Yield user and password of each run without blanks: what is before its last `@`.

    It is looked for only there: a search that runs to the end for each `://` takes seconds for a few long texts.
    """
    for run in _RUN.finditer(text):
        end = text.rfind("@", *run.span())
        found = _USER_INFO.search(text, run.start(), end) if end >= 0 else None
        if found is not None:
            yield found[1], found[2]


def names_a_secret(name: str) -> bool:
    """Return whether the name of a variable or a key says that its value is secret, such as `ACCESS_TOKEN`."""
    return _VARIABLES.search(name) is not None and _NO_SECRET.search(name) is None


def secrets_in_environment(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values of variables whose names say that they are secret, and the passwords of URLs in any other."""
    found: list[str] = []
    for name, value in environment.items():
        if names_a_secret(name):
            found.append(value)
        if "://" in value:
            found += secrets_in_url(value)
        elif _PROXY.search(name):  # a proxy may be named without a scheme
            found += secrets_in_url(f"http://{value.lstrip('/')}")
    return tuple(found)


def _is_long(value: str) -> bool:
    return SHORTEST <= len(value) <= _LONGEST


def _forms(value: str) -> Iterable[str]:
    """Yield the value as it stands, escaped for URLs, JSON, source text and HTML, and in base64."""
    percent = (quote(value, safe="", errors="replace"), quote_plus(value, errors="replace"))
    yield value
    yield from percent
    yield from (quote(value, errors="replace"), percent[0].replace("%", "%25"))
    yield from (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    yield from (repr(value)[1:-1], escape(value))
    raw = value.encode("utf-8", "replace")
    yield raw.hex()
    for before in range(3):  # in the middle of other bytes, as of a user's name, it looks different
        for encode in (b64encode, urlsafe_b64encode):
            whole = encode(b"\0" * before + raw).decode().rstrip("=")
            inner = whole[(0, 2, 3)[before] : len(whole) - ((before + len(raw)) % 3 != 0)]
            if len(inner) >= SHORTEST:
                yield inner

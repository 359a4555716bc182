"""Mask secrets in JSON values, for records of turns: by value, by the name of their key, and by shape.

The masks keep the shape of a value: keys stay, texts are masked, data that is inlined is named by its kind and length.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from domain.redaction.known import names_a_secret
from domain.redaction.secrets import MASK
from ports.json_values import JsonObject
from ports.telemetry import Redactor

LONGEST_TEXT, LONGEST_KEY, MOST_VALUES, DEEPEST = 1024 * 1024, 200, 50_000, 100
"""Characters of a text and of a key, values in all, levels of nested values; the rest is left out."""
KEYS_KNOWN = 1_000
WINDOW, OVERLAP, MOST_WINDOWS = 8 * 1024, 4 * 1024, 2
"""Characters of a text that are searched at once, those that two windows share, and windows that are masked at once."""
LEFT_OUT = "[left out]"
_CREDENTIAL = re.compile(r"authorization|cookie|auth$", re.IGNORECASE)
TYPE = "$"
"""The key that names the type of a value in a record: it stays, so that the record can be read."""
_NO_SECRET = frozenset({"prompt_cache_key"})
"""Names that look like those of secrets and are none."""
_DATA = re.compile(r"data:([\w.+-]{1,60}/[\w.+-]{1,60})?((?:;[\w.+=\"-]{1,80}){0,8}),([A-Za-z0-9+/=_%-]{16,})")
_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])")


@dataclass(slots=True)
class RecordMask:
    """Masks the values of one record; `changed` counts the texts that differ from the originals.

    `redact` masks secrets by value and by shape; `emails`: addresses of people are masked too. Idempotent, and linear
    in the size of a value.
    """

    redact: Redactor
    emails: bool = True
    changed: int = 0
    _left: int = MOST_VALUES
    _keys: dict[str, str] = field(default_factory=dict)

    def value(self, value: object) -> object:
        """Return a JSON value without secrets. Anything that is no JSON value is left out."""
        self._left = MOST_VALUES
        return self._masked(value, DEEPEST, secret=False)

    def fields_of(self, value: Mapping[str, object]) -> JsonObject:
        """Return a JSON object without secrets."""
        masked = self.value(value)
        return masked if isinstance(masked, dict) else {}

    def name(self, name: str) -> str:
        """Return an id or a key without secrets; those seen before are known."""
        return self._key(name)

    def text(self, text: str, *, longest: int = LONGEST_TEXT) -> str:
        """Return a text without secrets, of at most `longest` characters."""
        masked = self._plain(_DATA.sub(_named, text) if "data:" in text else text)
        if self.emails and "@" in masked:
            masked = "".join(_EMAIL.sub(MASK + "@" + MASK, piece) for piece in _between_words(masked))
        if len(masked) > longest:
            masked = masked[: max(0, longest - len(LEFT_OUT))] + LEFT_OUT
        if masked != text:
            self.changed += 1
        return masked

    def _plain(self, text: str) -> str:
        """Mask a text in windows that overlap: a search never holds up other threads for long.

        A secret lies in one window as a whole. Windows in a row that have any are masked together, or left out if they
        are many.
        """
        if len(text) <= WINDOW:
            return self.redact(text)
        parts, kept, run, end = list[str](), 0, -1, 0
        for start in range(0, len(text), WINDOW - OVERLAP):
            window = text[start : start + WINDOW]
            if self.redact(window) != window:
                run = start if run < 0 else run
                end = start + len(window)
            elif run >= 0:
                parts += (text[kept:run], self._several(text[run:end]))
                kept, run = end, -1
        if run >= 0:
            parts += (text[kept:run], self._several(text[run:]))
            kept = len(text)
        return "".join([*parts, text[kept:]])

    def _several(self, text: str) -> str:
        return self.redact(text) if len(text) <= MOST_WINDOWS * WINDOW else LEFT_OUT

    def _masked(self, value: object, depth: int, *, secret: bool) -> object:
        self._left -= 1
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self._hidden(value) if secret else self.text(value)
        if isinstance(value, int | float):
            return self._hidden(value) if secret else value
        if depth <= 0 or self._left <= 0 or not isinstance(value, Mapping | list | tuple):
            self.changed += value != LEFT_OUT
            return LEFT_OUT
        if isinstance(value, Mapping):
            return self._fields(value, depth - 1, secret=secret)
        kept = value[: self._left]
        self.changed += len(kept) != len(value)
        if len(kept) == 2 and _is_secret(kept[0]):  # a header
            return [self._masked(kept[0], depth - 1, secret=False), self._masked(kept[1], depth - 1, secret=True)]
        return [self._masked(one, depth - 1, secret=secret) for one in kept]

    def _fields(self, value: Mapping[object, object], depth: int, *, secret: bool) -> JsonObject:
        masked: dict[str, object] = {}
        for name, one in value.items():
            if self._left <= 0:
                self.changed += 1
                break
            key = self._key(name)
            masked[key] = self._masked(one, depth, secret=name != TYPE and (secret or _is_secret(name)))
        return masked

    def _key(self, name: object) -> str:
        """Return a key: a text of bounded length without secrets."""
        if not isinstance(name, str) or len(name) > LONGEST_KEY:
            self.changed += 1
            name = name[:LONGEST_KEY] if isinstance(name, str) else repr(name)[:LONGEST_KEY]
        known = self._keys.get(name)
        if known is None:
            known = self.text(name)[:LONGEST_KEY]
            if len(self._keys) < KEYS_KNOWN and known == name:
                self._keys[name] = known
        return known

    def _hidden(self, value: object) -> object:
        if value in ("", MASK):
            return value
        self.changed += 1
        return MASK


def _between_words(text: str) -> Iterator[str]:
    """Split a long text between words, of which no address has any."""
    start = 0
    while len(text) - start > WINDOW:
        end = max(text.rfind(space, start, start + WINDOW) for space in (" ", "\n")) + 1
        end = end if end > start else start + WINDOW
        yield text[start:end]
        start = end
    yield text[start:]


def _is_secret(name: object) -> bool:
    if not isinstance(name, str):
        return False
    short = name[-LONGEST_KEY:]
    return short not in _NO_SECRET and (_CREDENTIAL.search(short) is not None or names_a_secret(short))


def _named(data: re.Match[str]) -> str:
    """Return what is left of inlined data: its kind, and its length in characters."""
    return f"[data of {data[1] or 'no kind'}, {len(data[3])} characters]"

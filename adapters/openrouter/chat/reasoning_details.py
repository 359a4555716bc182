"""The entries of `reasoning_details`: assembles their pieces, and builds the list to send back.

Source: OpenRouter API reference, chat completions: pieces of one entry share type and index, a signature may arrive
alone and later, the list must be sent back unchanged.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from adapters.openrouter.stream.event_buffer import whole_text
from adapters.openrouter.wire.fields import text
from ports.json_values import JsonObject

TEXT, SUMMARY, ENCRYPTED = "reasoning.text", "reasoning.summary", "reasoning.encrypted"
SAID_UNDER: Mapping[str, str] = {TEXT: "text", SUMMARY: "summary", ENCRYPTED: "data"}
PLAIN = ""
"""The kind of reasoning that arrives in `reasoning` only and is not an entry of the list."""


class Entry:
    """One entry in progress: its text in pieces, every other key with its latest value."""

    __slots__ = ("fields", "frame", "kind", "pieces")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.fields: dict[str, Any] = {}
        self.pieces: list[str] = []
        self.frame: dict[str, Any] | None = None
        """Position at which its text is emitted; None until some text is."""

    @property
    def signed(self) -> bool:
        """Return whether the signature has arrived; no text can follow it."""
        return bool(text(self.fields.get("signature")))

    @property
    def id(self) -> str:
        """Return upstream's id of the entry; empty if none."""
        return text(self.fields.get("id"))

    def takes(self, detail: JsonObject, visible_text: str) -> bool:
        """Return whether a detail is another piece of this entry."""
        if detail.get("type") != self.kind or self.kind not in SAID_UNDER:
            return False
        if detail.get("index") != self.fields.get("index") or (visible_text and self.signed):
            return False
        theirs = text(detail.get("id"))
        return not theirs or self.id in ("", theirs)

    def add(self, detail: JsonObject) -> None:
        """Add a piece; repeated encrypted data is added once."""
        key = SAID_UNDER.get(self.kind)
        for name, value in detail.items():
            if name == key and isinstance(value, str):
                self.fields.setdefault(name, "")
                if self.kind != ENCRYPTED or value != self.joined():
                    self.pieces.append(value)
            elif name == "signature" and isinstance(value, str):
                known = text(self.fields.get(name))
                self.fields[name] = known if value == known else known + value
            elif value is not None or name not in self.fields:
                self.fields[name] = value

    def joined(self) -> str:
        """Return the text so far."""
        return whole_text(self.pieces)

    def whole(self) -> JsonObject:
        """Return the entry as one object, with its keys in order of arrival."""
        key = SAID_UNDER.get(self.kind)
        return {**self.fields, key: self.joined()} if key and self.pieces else dict(self.fields)


class KnownEntries:
    """Finds the entry of a piece without searching all entries: there may be ten thousands. `signed`: how many are."""

    def __init__(self) -> None:
        self.signed = 0
        self._entries: dict[tuple[str, object], list[Entry]] = {}
        self._unsigned: dict[tuple[str, object], list[Entry]] = {}
        self._ids: dict[str, int] = {}

    def find(self, detail: JsonObject, visible_text: str) -> Entry | None:
        """Return the latest entry that takes a detail; no signed one takes a text."""
        place = _place(detail)
        entries = self._entries.get(place, [])
        if visible_text:
            entries = self._unsigned.get(place, [])
            while entries and entries[-1].signed:
                entries.pop()
        return next((entry for entry in reversed(entries) if entry.takes(detail, visible_text)), None)

    def note(self, entry: Entry, detail: JsonObject) -> None:
        """Note an entry that begins with a detail."""
        if entry.kind in SAID_UNDER:
            for entries in (self._entries, self._unsigned):
                entries.setdefault(_place(detail), []).append(entry)

    def add(self, entry: Entry, detail: JsonObject) -> None:
        """Add a piece to an entry."""
        self._count(entry, -1)
        entry.add(detail)
        self._count(entry, 1)

    def has_other_id(self, one: str) -> bool:
        """Return whether an entry has another id than this one."""
        return len(self._ids) > 1 or bool(self._ids and one not in self._ids)

    def _count(self, entry: Entry, step: int) -> None:
        self.signed += step * entry.signed
        if entry.id and entry.kind in SAID_UNDER:
            left = self._ids.pop(entry.id, 0) + step
            if left:
                self._ids[entry.id] = left


def _place(detail: JsonObject) -> tuple[str, object]:
    """Return what the pieces of one entry have in common."""
    index = detail.get("index")
    return text(detail.get("type")), index if isinstance(index, Hashable) else repr(index)


def visible(detail: JsonObject) -> str:
    """Return the human-readable text of a detail; empty for encrypted data."""
    kind = detail.get("type")
    return text(detail.get(SAID_UNDER[kind])) if kind in (TEXT, SUMMARY) else ""


def details_of(item: JsonObject, first_index: int = 0) -> list[JsonObject]:
    """Translate a reasoning item of `POST /responses` into entries, numbered from `first_index`."""
    entries: list[JsonObject] = [
        {"type": SUMMARY, "summary": visible_text}
        for visible_text in map(_text_of, _parts(item.get("summary")))
        if visible_text
    ]
    thought = "".join(map(_text_of, _parts(item.get("content"))))
    signature = text(item.get("signature"))
    if thought or signature:
        entries.append({"type": TEXT, "text": thought, **({"signature": signature} if signature else {})})
    if text(item.get("encrypted_content")):
        entries.append({"type": ENCRYPTED, "data": item["encrypted_content"]})
    known = {key: item[key] for key in ("id", "format") if text(item.get(key))}
    return [{**entry, **known, "index": index} for index, entry in enumerate(entries, first_index)]


def plain_thinking(item: JsonObject) -> str:
    """Return the reasoning text of an item without summary, signature, format or encrypted data; otherwise ""."""
    if any(item.get(key) for key in ("summary", "encrypted_content", "signature", "format")):
        return ""
    return "".join(map(_text_of, _parts(item.get("content"))))


def append_details(details: list[JsonObject], more: Iterable[JsonObject]) -> None:
    """Append entries of the same answer; a late signature is merged into the text it belongs to."""
    for entry in more:
        place = _unsigned(details, entry) if _is_bare_signature(entry) else None
        if place is None:
            details.append(entry)
        else:
            details[place] = {**details[place], "signature": entry["signature"]}


def next_index(details: Iterable[JsonObject]) -> int:
    """Return the lowest index after all used ones."""
    taken = [index for entry in details if isinstance(index := entry.get("index"), int)]
    return max(taken, default=-1) + 1


def _is_bare_signature(entry: JsonObject) -> bool:
    return entry.get("type") == TEXT and not entry.get("text") and bool(text(entry.get("signature")))


def _unsigned(details: list[JsonObject], entry: JsonObject) -> int | None:
    for place in range(len(details) - 1, -1, -1):
        earlier = details[place]
        same = earlier.get("type") == TEXT and earlier.get("index") == entry.get("index")
        if same and earlier.get("text") and not earlier.get("signature"):
            return place
    return None


def _parts(value: object) -> list[JsonObject]:
    return [part for part in value if isinstance(part, Mapping)] if isinstance(value, list | tuple) else []


def _text_of(part: JsonObject) -> str:
    return text(part.get("text"))

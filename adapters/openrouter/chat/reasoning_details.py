"""The entries of `reasoning_details`: their pieces put together, and put back into one list for the way back.

Source: OpenRouter API reference, chat completions: pieces of one entry share type and index, a signature may come
alone and later, the list goes back unchanged.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from adapters.openrouter.stream.event_buffer import whole_text
from adapters.openrouter.wire.fields import text
from ports.json_values import JsonObject

TEXT, SUMMARY, ENCRYPTED = "reasoning.text", "reasoning.summary", "reasoning.encrypted"
SAID_UNDER: Mapping[str, str] = {TEXT: "text", SUMMARY: "summary", ENCRYPTED: "data"}
PLAIN = ""
"""The kind of thinking told in `reasoning` alone, which is no entry of the list."""


class Entry:
    """One entry under way: its text in pieces, every other key as last told."""

    __slots__ = ("fields", "frame", "kind", "pieces")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.fields: dict[str, Any] = {}
        self.pieces: list[str] = []
        self.frame: dict[str, Any] | None = None
        """Where its text is shown; None until some is."""

    @property
    def signed(self) -> bool:
        """Tell whether its signature has come, after which no text can."""
        return bool(text(self.fields.get("signature")))

    @property
    def id(self) -> str:
        """Return the id upstream gave it; empty if none."""
        return text(self.fields.get("id"))

    def takes(self, detail: JsonObject, said: str) -> bool:
        """Tell whether a detail that says `said` is another piece of this entry."""
        if detail.get("type") != self.kind or self.kind not in SAID_UNDER:
            return False
        if detail.get("index") != self.fields.get("index") or (said and self.signed):
            return False
        theirs = text(detail.get("id"))
        return not theirs or self.id in ("", theirs)

    def add(self, detail: JsonObject) -> None:
        """Take a piece; sealed data that is said twice counts once."""
        key = SAID_UNDER.get(self.kind)
        for name, value in detail.items():
            if name == key and isinstance(value, str):
                self.fields.setdefault(name, "")
                if self.kind != ENCRYPTED or value != self.said():
                    self.pieces.append(value)
            elif name == "signature" and isinstance(value, str):
                known = text(self.fields.get(name))
                self.fields[name] = known if value == known else known + value
            elif value is not None or name not in self.fields:
                self.fields[name] = value

    def said(self) -> str:
        """Return its text so far."""
        return whole_text(self.pieces)

    def whole(self) -> JsonObject:
        """Return the entry as one object, its keys in the order they came."""
        key = SAID_UNDER.get(self.kind)
        return {**self.fields, key: self.said()} if key and self.pieces else dict(self.fields)


def visible(detail: JsonObject) -> str:
    """Return the thinking of a detail that a person can read; sealed data is none."""
    kind = detail.get("type")
    return text(detail.get(SAID_UNDER[kind])) if kind in (TEXT, SUMMARY) else ""


def details_of(item: JsonObject, first_index: int = 0) -> list[JsonObject]:
    """Translate a reasoning item of `POST /responses` into entries, numbered from `first_index`."""
    entries: list[JsonObject] = [
        {"type": SUMMARY, "summary": said} for said in map(_text_of, _parts(item.get("summary"))) if said
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
    """Return the thinking of an item that has nothing but readable words; empty for any other."""
    if any(item.get(key) for key in ("summary", "encrypted_content", "signature", "format")):
        return ""
    return "".join(map(_text_of, _parts(item.get("content"))))


def append_details(details: list[JsonObject], more: Iterable[JsonObject]) -> None:
    """Append entries of the same answer; a signature that came late joins the text it belongs to."""
    for entry in more:
        place = _unsigned(details, entry) if _is_bare_signature(entry) else None
        if place is None:
            details.append(entry)
        else:
            details[place] = {**details[place], "signature": entry["signature"]}


def next_index(details: Iterable[JsonObject]) -> int:
    """Return the first index no entry has."""
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

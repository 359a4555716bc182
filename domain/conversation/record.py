"""What a turn leaves for later turns, and the rows it is stored as.

A row is compact JSON in UTF-8 of an envelope around one item; order of keys, strings and numbers stay as they were,
so thinking goes back byte for byte (law 3). Every row tells how many its turn has: half a turn is recognised as such.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from domain.catalog.support import reads_phases
from domain.conversation.arguments import sound_arguments
from domain.conversation.call_kinds import CALLS, COMPUTER, FUNCTION, OUTPUT_OF, OUTPUTS
from domain.conversation.native_calls import sound_call
from ports.artifacts import RECALL_BYTES
from ports.json_values import JsonObject

MESSAGE, REASONING = "message", "reasoning"
CALL, OUTPUT = FUNCTION, OUTPUT_OF[FUNCTION]
FINAL = "final_answer"
KINDS = frozenset({MESSAGE, REASONING}) | CALLS | OUTPUTS
_ALWAYS = frozenset({MESSAGE, REASONING, CALL, OUTPUT})
_AFTER_THINKING = frozenset({MESSAGE, REASONING}) | CALLS
VERSION = 1
MOST_ITEMS, MOST_BYTES = 1000, RECALL_BYTES // 2  # sealed it may grow by a third, and one lookup must bring all of it
DEEPEST = 100
_LONGEST_ID, _LONGEST_NAME = 512, 512


@dataclass(frozen=True, slots=True)
class TurnItem:
    """An item of a turn as it goes upstream.

    `shown` is the id the page was given for a call and its output, empty for none. `segment` is the item's piece of the
    turn's output, -1 if it has none; it is not stored.
    """

    item: JsonObject
    shown: str = ""
    segment: int = -1


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """What a turn left: exactly the items that would go back, in order, across its rounds.

    `asked` is the slug requested, `model` the one that answered, empty if there were several. `whole`: nothing is
    missing; otherwise the items are complete pairs of call and output and nothing else. `cut`: the turn broke off; its
    reader may have got less of the last text than there is. `refused`: what upstream did not take again, see
    `refused_turns`; empty for nothing.
    """

    turn_id: str
    asked: str
    model: str
    items: tuple[TurnItem, ...]
    fingerprint: str = ""
    whole: bool = True
    cut: bool = False
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One item as stored: `kind` is its type, `ordinal` its place in the turn, from 0."""

    kind: str
    ordinal: int
    payload: bytes


def is_worth_rows(items: Iterable[JsonObject], slug: str = "") -> bool:
    """Return whether a turn of the model `slug` left more than the history holds, which is its text.

    The history does not tell the phases of messages. Answers in one phase are worth rows only where models read it.
    """
    return any(is_kept(item) and (item["type"] != MESSAGE or _is_phased(item, slug)) for item in items)


def is_kept(item: JsonObject) -> bool:
    """Return whether an item can be sent again: its kind can, and a call of a rare kind has all that it must have."""
    kind = item.get("type")
    return kind in KINDS and (kind in _ALWAYS or _is_sound(item))


def _is_phased(item: JsonObject, slug: str) -> bool:
    phase = item.get("phase")
    return bool(phase) and (phase != FINAL or reads_phases(slug))


def is_flat(item: JsonObject) -> bool:
    """Return whether an item nests at most `DEEPEST` deep: deeper ones cannot be serialised everywhere."""
    waiting: list[tuple[object, int]] = [(item, DEEPEST)]
    while waiting:
        value, left = waiting.pop()
        if isinstance(value, Mapping | list | tuple):
            if not left:
                return False
            entries = value.values() if isinstance(value, Mapping) else value
            waiting += [(entry, left - 1) for entry in entries if not isinstance(entry, str)]
    return True


def rows_of(record: TurnRecord, *, reasoning: bool, tools: bool) -> tuple[Row, ...]:
    """Write a turn as rows; none if it left nothing but text, or more than is kept of one turn.

    Without `tools` a turn with calls leaves nothing: thinking between calls is of no use without them, and a part of
    a turn's thinking is refused.
    """
    items = zip(record.items, sound_arguments(one.item for one in record.items), strict=True)
    kept = [replace(one, item=item) for one, item in items if is_kept(item)]
    computer = any(one.item.get("type") == COMPUTER for one in record.items)  # its output cannot go back as one
    if computer or (any(one.item["type"] in CALLS for one in kept) and not tools):
        return ()
    thoughts = reasoning and coherent([one.item for one in record.items])
    if thoughts:
        kept = _followed(kept)
    written = _written(record, kept, thoughts=thoughts)
    if written is None and thoughts:
        written = _written(record, kept, thoughts=False)
    return written or ()


def record_of(turn_id: str, model: str, fingerprint: str, rows: Iterable[Row]) -> TurnRecord | None:
    """Read a turn from its rows in any order; None if nothing of it can be used.

    If a row is missing, unreadable, of another version or stored twice with different contents, keep only complete
    pairs.
    """
    envelopes, damaged = _read(rows)
    if not envelopes:
        return None
    first = envelopes[min(envelopes)]
    items = tuple(
        TurnItem(envelope["item"], shown if isinstance(shown := envelope.get("shown"), str) else "")
        for _, envelope in sorted(envelopes.items())
    )
    whole = not damaged and set(envelopes) == set(range(first["of"]))
    asked = first.get("asked")
    asked = asked if isinstance(asked, str) else ""
    record = TurnRecord(turn_id, asked, model, items, fingerprint, whole=whole, cut=first.get("cut") is True)
    if whole:
        return replace(record, items=_tidy(items))
    pairs = _pairs(items)
    return replace(record, items=pairs) if pairs else None


def coherent(items: Sequence[JsonObject]) -> bool:
    """Return whether a turn's thinking may be kept: all of it stands before something that is kept, or at the end.

    What followed thinking and cannot be sent again (a search, a picture) would leave it where it never stood.
    """
    pairs = zip(items, [*items[1:], None], strict=False)
    thoughts = (after for item, after in pairs if item.get("type") == REASONING)
    return all(after is None or (after.get("type") in _AFTER_THINKING and is_kept(after)) for after in thoughts)


# --- writing --------------------------------------------------------------------------------------------------


def _written(record: TurnRecord, kept: Sequence[TurnItem], *, thoughts: bool) -> tuple[Row, ...] | None:
    """Return the rows; None if the thinking cannot be written as it is."""
    chosen = [one for one in kept if thoughts or one.item["type"] != REASONING]
    if not is_worth_rows((one.item for one in chosen), record.asked) or len(chosen) > MOST_ITEMS:
        return ()
    rows, size = list[Row](), 0
    for ordinal, one in enumerate(chosen):
        shown = {"shown": one.shown} if one.shown else {}
        cut = {"cut": True} if record.cut else {}
        envelope = {"v": VERSION, "of": len(chosen), "asked": record.asked, **cut, **shown, "item": one.item}
        payload = _payload(envelope)
        if payload is None and one.item["type"] == REASONING:
            return None
        if payload is None:
            payload = _payload(envelope, replacing=True)
        size += len(payload or b"")
        if payload is None or size > MOST_BYTES:
            return ()
        rows.append(Row(one.item["type"], ordinal, payload))
    return tuple(rows)


def _payload(envelope: JsonObject, *, replacing: bool = False) -> bytes | None:
    """Return the JSON; None if it cannot be written. Lone surrogates are only ever replaced in what nobody signed."""
    try:
        text = json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))
        if replacing:
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return text.encode()
    except (ValueError, TypeError, RecursionError):
        return None


def _followed(kept: Sequence[TurnItem]) -> list[TurnItem]:
    """Drop thinking at the end: a stop or a limit took what belonged to it."""
    end = len(kept)
    while end and kept[end - 1].item["type"] == REASONING:
        end -= 1
    return list(kept[:end])


# --- reading --------------------------------------------------------------------------------------------------


def _read(rows: Iterable[Row]) -> tuple[dict[int, dict[str, Any]], bool]:
    """Return readable envelopes by ordinal, and whether anything was wrong with any row."""
    envelopes: dict[int, dict[str, Any]] = {}
    damaged = False
    for row in rows:
        envelope = _envelope(row)
        known = envelopes.get(row.ordinal)
        if envelope is None or (known is not None and known != envelope):
            damaged = True
        else:
            envelopes[row.ordinal] = envelope
    if len({envelope["of"] for envelope in envelopes.values()}) > 1:
        damaged = True
    return envelopes, damaged


def _envelope(row: Row) -> dict[str, Any] | None:
    try:
        envelope = json.loads(row.payload)
    except (ValueError, RecursionError):
        return None
    if not isinstance(envelope, dict) or envelope.get("v") != VERSION or type(envelope.get("of")) is not int:
        return None
    item = envelope.get("item")
    if not isinstance(item, dict) or item.get("type") != row.kind or not _is_sound(item):
        return None
    return envelope


def _is_sound(item: Mapping[str, Any]) -> bool:
    """Return whether upstream would take an item of this shape."""
    kind = item["type"]
    if not is_flat(item):
        return False
    if kind == REASONING:
        return _are_objects(item.get("summary")) and (item.get("content") is None or _are_objects(item["content"]))
    if kind == MESSAGE:
        content = item.get("content")
        return item.get("role") == "assistant" and (_says(content) if isinstance(content, str) else _are_said(content))
    if kind not in CALLS | OUTPUTS or not _is_id(item.get("call_id")):
        return False
    if kind == OUTPUT:
        return isinstance(item.get("output"), str) or _are_objects(item.get("output"))
    if kind != CALL:
        return kind in OUTPUTS or sound_call(item) is not None
    name, arguments = item.get("name"), item.get("arguments")
    return isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME and isinstance(arguments, str)


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_ID


def _are_objects(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(part, dict) for part in value)


def _are_said(content: object) -> bool:
    if not isinstance(content, list) or not content:
        return False
    keys = {"output_text": "text", "refusal": "refusal"}
    return all(isinstance(part, dict) and _says(part.get(keys.get(str(part.get("type")), ""))) for part in content)


def _says(text: object) -> bool:
    return isinstance(text, str) and bool(text) and not text.isspace()


def _tidy(items: Sequence[TurnItem]) -> tuple[TurnItem, ...]:
    """Leave out of a whole turn what stands where upstream would not take it: a store may hold anything."""
    raw = [one.item for one in items]
    fine = coherent(raw) and (not raw or raw[-1]["type"] != REASONING)
    called, answered = set[str](), set[str]()
    kept = list[TurnItem]()
    for one in items:
        kind, call_id = one.item["type"], one.item.get("call_id", "")
        seen = called if kind in CALLS else answered
        if kind in CALLS | OUTPUTS and (call_id in seen or (kind in OUTPUTS and call_id not in called)):
            fine = False
            continue
        if kind in CALLS | OUTPUTS:
            seen.add(call_id)
        kept.append(one)
    return tuple(one for one in kept if fine or one.item["type"] != REASONING)


def _pairs(items: Sequence[TurnItem]) -> tuple[TurnItem, ...]:
    """Return complete pairs, each call with its output right after it."""
    outputs = {one.item["call_id"]: one for one in reversed(items) if one.item["type"] in OUTPUTS}
    kept = list[TurnItem]()
    for one in items:
        output = outputs.pop(one.item["call_id"], None) if one.item["type"] in CALLS else None
        if output is not None:
            kept += (one, output)
    return tuple(kept)

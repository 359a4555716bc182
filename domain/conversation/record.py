"""What a turn leaves for later turns, and the rows it is stored as.

A row is compact JSON in UTF-8 of an envelope around one item; order of keys, strings and numbers stay as they were,
so thinking goes back byte for byte (law 3). Every row tells how many its turn has: half a turn is recognised as such.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from domain.catalog.support import reads_phases
from domain.conversation.arguments import sound_arguments
from domain.conversation.call_kinds import CALLS, COMPUTER, OUTPUTS
from domain.conversation.item_types import MESSAGE, REASONING, is_unknown
from domain.conversation.server_items import goes_back, is_native, is_stored, without_results
from domain.conversation.stored_shapes import is_sound
from ports.artifacts import RECALL_BYTES
from ports.json_values import JsonObject

FINAL = "final_answer"
OTHER = "other"
"""The kind of a row whose item has a type that nobody knew when it was stored."""
VERSION = 1
MOST_ITEMS, MOST_BYTES = 1000, RECALL_BYTES // 2  # sealed it may grow by a third, and one lookup must bring all of it


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
    """One item as stored: `kind` is its type or `OTHER`, `ordinal` its place in the turn, from 0."""

    kind: str
    ordinal: int
    payload: bytes


def is_worth_rows(items: Iterable[JsonObject], slug: str = "") -> bool:
    """Return whether a turn of the model `slug` left more than the history holds, which is its text.

    The history does not tell the phases of messages. Answers in one phase are worth rows only where models read it.
    """
    return any(is_stored(item) and (item["type"] != MESSAGE or _is_phased(item, slug)) for item in items)


def _is_phased(item: JsonObject, slug: str) -> bool:
    phase = item.get("phase")
    return bool(phase) and (phase != FINAL or reads_phases(slug))


def rows_of(record: TurnRecord, *, reasoning: bool, tools: bool) -> tuple[Row, ...]:
    """Write a turn as rows; none if it left nothing but text, or more than is kept of one turn.

    Items of makers' own tools may be tied to the turn's thinking: they are kept with all of it or not at all. Without
    `tools` nothing of server tools is kept, and a turn with calls leaves nothing: thinking between calls is of no use
    without them, and a part of a turn's thinking is refused.
    """
    raw = list(sound_arguments(one.item for one in record.items))
    raw = raw if tools else without_results(raw)
    kept = [replace(one, item=item) for one, item in zip(record.items, raw, strict=True) if is_stored(item)]
    computer = any(item.get("type") == COMPUTER for item in raw)  # its output cannot go back as one
    if computer or (any(one.item["type"] in CALLS for one in kept) and not tools):
        return ()
    thoughts = reasoning and coherent(raw)
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

    What followed thinking and cannot be sent again (a picture, an unknown item) would leave it where it never stood.
    """
    return all(
        after.get("type") not in OUTPUTS and goes_back(after)
        for item, after in pairwise(items)
        if item.get("type") == REASONING
    )


# --- writing --------------------------------------------------------------------------------------------------


def _written(record: TurnRecord, kept: Sequence[TurnItem], *, thoughts: bool) -> tuple[Row, ...] | None:
    """Return the rows; None if the thinking cannot be written as it is."""
    chosen = list(kept)
    if not thoughts and any(one.item.get("type") == REASONING for one in record.items):
        chosen = [one for one in kept if one.item["type"] != REASONING and not is_native(one.item)]
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
        rows.append(Row(_row_kind(one.item["type"]), ordinal, payload))
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
    if not isinstance(item, dict) or not isinstance(item.get("type"), str) or not is_sound(item):
        return None
    return envelope if row.kind in (item["type"], OTHER) else None


def _row_kind(kind: str) -> str:
    return OTHER if is_unknown(kind) else kind


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

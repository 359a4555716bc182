"""Entries of the ledger as lines of JSON, and back."""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any

from ports.ledger import CostSource, Entry, EntryState

_MONEY, _TIMES = ("cost", "upstream_cost"), ("started_at", "settled_at")
_NAMES = frozenset(one.name for one in fields(Entry))
_TYPES: Mapping[str, type] = {
    "call_no": int,
    "attempt_no": int,
    "is_byok": bool,
    **{one.name: int for one in fields(Entry) if one.name.endswith("_tokens")},
}


def line_of(entry: Entry) -> bytes:
    """Return an entry as one line: ASCII, with its line break."""
    values = {one.name: getattr(entry, one.name) for one in fields(Entry)}
    known = {name: value for name, value in values.items() if value is not None}
    return json.dumps(known, default=_plain, separators=(",", ":")).encode() + b"\n"


def entry_of(line: bytes) -> Entry | None:
    """Return the entry of a line; None if it is none: a process may have died while it wrote."""
    try:
        values: dict[str, Any] = json.loads(line)
        if not isinstance(values, dict) or not all(isinstance(value, _type(name)) for name, value in values.items()):
            return None
        values = {name: value for name, value in values.items() if name in _NAMES}
        for name in _MONEY:
            values[name] = None if values.get(name) is None else Decimal(values[name])
        for name in _TIMES:
            values[name] = None if values.get(name) is None else datetime.fromisoformat(values[name]).astimezone(UTC)
        values["state"], values["cost_source"] = EntryState(values["state"]), CostSource(values["cost_source"])
        return Entry(**values) if values["started_at"] is not None else None
    except (ValueError, TypeError, KeyError, RecursionError, InvalidOperation, OverflowError):
        return None


def _type(name: str) -> type:
    return _TYPES.get(name, str) if name in _NAMES else object


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value.value) if isinstance(value, Enum) else str(value)

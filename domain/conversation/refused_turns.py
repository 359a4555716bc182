"""The mark of a stored turn that upstream refused: a row of its own beside the items of the turn.

The rows of the items stay as they are. Code that does not know the mark sees a damaged row and sends the turn's text,
which is safe. See ADR 34.
"""

import json
from collections.abc import Iterable, Sequence

from domain.conversation.plain_items import as_plain
from domain.conversation.record import MOST_ITEMS, Row, TurnRecord
from ports.json_values import JsonObject

KIND = "refused"
THINKING, ITEMS = "thinking", "items"
"""What was refused: the thinking alone, or the stored form of the turn, which then goes as plain text."""
ORDINAL = 1000 * MOST_ITEMS
"""Behind all items of a turn: a turn's first row names its model and fingerprint."""
_VERSION = 1


def mark_of(refused: str) -> Row:
    """Return the row that marks a turn."""
    return Row(KIND, ORDINAL, json.dumps({"v": _VERSION, "refused": refused}).encode())


def parted(rows: Iterable[Row]) -> tuple[list[Row], str]:
    """Return the rows of the items, and what is marked as refused, empty for nothing; the strictest mark counts."""
    items: list[Row] = []
    marks: set[str] = set()
    for row in rows:
        if row.kind == KIND:
            marks.add(_read(row))
        else:
            items.append(row)
    return items, ITEMS if ITEMS in marks else THINKING if marks else ""


def as_marked(items: Sequence[JsonObject], records: Iterable[TurnRecord]) -> list[JsonObject]:
    """Return the items of an answer as plain text if one of its turns was refused as stored."""
    return list(as_plain(items)) if any(record.refused == ITEMS for record in records) else list(items)


def _read(row: Row) -> str:
    try:
        mark = json.loads(row.payload)
    except (ValueError, RecursionError):
        return THINKING
    return ITEMS if isinstance(mark, dict) and mark.get("refused") == ITEMS else THINKING

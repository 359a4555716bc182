"""Decide which stored turns are marked after upstream refused what they left, so that it is not sent again."""

from collections.abc import Iterable

from domain.conversation.item_types import REASONING
from domain.conversation.record import TurnRecord
from domain.conversation.refused_turns import ITEMS, THINKING
from domain.request import lesson as lessons
from domain.request.lesson import Lesson


def marks_after(refused: Iterable[Lesson], replayed: Iterable[TurnRecord], own: str = "") -> dict[str, str]:
    """Return what to mark by turn id; `replayed` were sent, `own` is this turn if its earlier rounds were sent too.

    A refusal that names an item marks the turn of that item, any other all turns with such items. Marked turns are
    marked again only if more of them was refused.
    """
    replayed = tuple(replayed)
    marks: dict[str, str] = {}
    for lesson in refused:
        if lesson.what == lessons.HISTORY:
            marks |= dict.fromkeys([record.turn_id for record in replayed if record.refused != ITEMS], ITEMS)
            marks |= {own: ITEMS} if own else {}
        elif lesson.what == lessons.THINKING:
            thought = [record for record in replayed if not record.refused and _thought(record)]
            named = [record for record in thought if lesson.value and _names(record, lesson.value)]
            for record in named or thought:
                marks.setdefault(record.turn_id, THINKING)
            if own and not named:
                marks.setdefault(own, THINKING)
    return marks


def _thought(record: TurnRecord) -> bool:
    return any(kept.item["type"] == REASONING for kept in record.items)


def _names(record: TurnRecord, name: str) -> bool:
    return any(name in (kept.item.get("id"), kept.item.get("call_id")) for kept in record.items)

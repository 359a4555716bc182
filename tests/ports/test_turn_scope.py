"""Which turn a task belongs to, and what its transcript keeps."""

import asyncio
from contextvars import copy_context
from datetime import UTC, datetime

from ports.transcripts import MOST_BYTES, Line, Transcript, TurnIds
from ports.turn_scope import TurnScope, close_turn, enter_turn, leave_turn, of_no_turn, open_turn, running_turn

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)


def transcript(most: int = 100) -> Transcript:
    return Transcript(TurnIds("turn", "error"), mask=str, most=most, began=BEGAN, now=lambda: 5.0)


async def test_tasks_of_a_turn_belong_to_it_until_it_is_closed():
    turn = open_turn({"request_id": "one"})

    async def seen() -> TurnScope | None:
        return running_turn()

    enter_turn(turn)
    during = await asyncio.create_task(seen())
    late = asyncio.create_task(seen())
    leave_turn(turn)
    close_turn(turn)
    assert (during, await late, running_turn()) == (TurnScope({"request_id": "one"}), None, None)


async def test_work_for_all_turns_belongs_to_none_whoever_begins_it():
    turn = open_turn({"request_id": "one"})

    async def seen() -> tuple[TurnScope | None, TurnScope | None]:
        return running_turn(), await asyncio.create_task(_running())

    async def _running() -> TurnScope | None:
        return running_turn()

    enter_turn(turn)
    apart = asyncio.get_running_loop().create_task(seen(), name="work", context=of_no_turn())
    assert apart.get_name() == "work"
    assert await apart == (None, None)
    assert running_turn() == TurnScope({"request_id": "one"})
    leave_turn(turn)


async def test_leaving_changes_nothing_in_a_task_of_another_turn():
    one, other = open_turn({"request_id": "one"}), open_turn({})
    enter_turn(one)
    leave_turn(other)
    assert running_turn() == TurnScope({"request_id": "one"})
    leave_turn(one)


def test_a_context_that_outlives_a_turn_holds_nothing_of_it():
    turn = open_turn({}, transcript())
    enter_turn(turn)
    context = copy_context()
    leave_turn(turn)
    close_turn(turn)
    assert [value for value in context.values() if value is turn] == [[]]


def test_the_oldest_lines_give_way_and_are_counted():
    kept = transcript(most=3)
    for number in range(5):
        kept.log("info", f"event_{number}", {})
    assert [line.name for line in kept.lines.entries() if isinstance(line, Line)] == ["event_2", "event_3", "event_4"]
    assert kept.lines.dropped == 2


def test_a_transcript_is_bounded_in_bytes_too():
    kept = transcript(most=100)
    for _ in range(30):
        kept.log("info", "large", {"detail": "x" * (MOST_BYTES // 10)})
    assert kept.bytes <= MOST_BYTES
    assert kept.lines.dropped > 20


def test_a_closed_transcript_takes_no_more_lines():
    kept = transcript()
    kept.closed = True
    kept.log("info", "late", {})
    assert kept.lines.entries() == ()


def test_only_known_ids_are_named():
    assert TurnIds("turn", "error", user_id="ann").named() == {
        "request_id": "turn",
        "error_id": "error",
        "user_id": "ann",
    }

"""A record holds the lines and events of a turn without secrets, and can be fed again where nothing was masked."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from domain.redaction.known import known
from domain.services.render_record import RecordedTurn, end_of_replay, recorded_turns, rendered
from domain.turn.events import AttemptFailed, Begun, CallFinished, TurnEvent
from domain.turn.plan import TurnPlan
from domain.turn.recorded import RecordingMachine, replay
from domain.turn.recorded_values import UnreadableRecord
from domain.turn.steps import Finish, Reason, Step
from ports.response_events import ArgumentsDelta, ItemAdded, ItemDone, TextDelta
from ports.responses import Reach, Unreachable
from ports.toolbox import ToolResult
from ports.transcripts import Record, Transcript, TurnIds
from tests.domain.turn.talk import REQUEST, completed, delta, done, message

SECRET = "planted~secret/4711"
IDS = TurnIds("turn-1", "ab12", "ann", "chat", "message", task="title_generation")
PLAN = TurnPlan(REQUEST, "ab12", runnable=frozenset({"look"}))


def transcript(most: int = 1_000) -> Transcript:
    began = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    return Transcript(IDS, mask=known([SECRET]).mask, most=most, began=began, now=lambda: 50.0)


def record_of(*batches: Sequence[TurnEvent], plan: TurnPlan = PLAN, most: int = 1_000) -> tuple[Record, list[Step]]:
    """Feed a turn one batch a second; return its record and the steps that followed."""
    kept = transcript(most)
    machine, steps = RecordingMachine(plan, kept), list[Step]()
    for number, events in enumerate(batches):
        steps += machine.feed_all(events, 50.0 + number)
    return rendered(kept), steps


def only_turn(record: Record) -> RecordedTurn:
    """Write the events of a record and read them back."""
    (turn,) = recorded_turns(json.loads(json.dumps(record.events)))
    return turn


def steps_of(turn: RecordedTurn) -> list[Step]:
    assert turn.plan is not None
    return [step for fed in replay(turn.plan, turn.entries) for step in fed.steps]


def test_lines_carry_time_level_event_ids_and_values() -> None:
    kept = transcript()
    kept.log("warning", "store_failed", {"reason": f"no {SECRET}", "error_id": "own", "seconds": 1.5})
    (line,) = rendered(kept).logs
    assert line == {
        "ts": "2026-03-01T12:00:00+00:00",
        "level": "warning",
        "event": "store_failed",
        "request_id": "turn-1",
        "error_id": "own",
        "user_id": "ann",
        "chat_id": "chat",
        "message_id": "message",
        "reason": "no …",
        "seconds": 1.5,
    }


def test_a_turn_with_a_tool_and_a_retry_is_fed_again_from_its_record() -> None:
    refused = AttemptFailed(Unreachable("refused", reach=Reach.NOT_SENT))
    call = {"type": "function_call", "id": "f1", "call_id": "c1", "name": "look", "arguments": "{}"}
    record, steps = record_of(
        [Begun()],
        [refused],
        [*done(call), completed()],
        [CallFinished("c1", ToolResult("found"))],
        [delta("Be"), delta("cause")],
        [*done(message("Because")), completed()],
    )
    turn = only_turn(record)
    assert turn.exact
    assert record.meta["exact"] is True
    assert steps_of(turn) == steps
    end = end_of_replay(turn)
    assert end is not None
    assert end.reason is Reason.STOP
    assert isinstance(steps[-1], Finish)


def test_a_secret_that_is_split_between_pieces_is_masked_and_the_record_says_so() -> None:
    words = [TextDelta(0, "msg_1", 0, letter) for letter in f"It is {SECRET}, ann@mail.example!"]
    arguments = [ArgumentsDelta(1, "f1", piece) for piece in ('{"password": "hun', 'ter2x"}')]
    record, _ = record_of([Begun()], *([word] for word in words), arguments)
    written = json.dumps(record.events, ensure_ascii=False)
    turn = only_turn(record)
    assert not turn.exact
    texts = [
        event.text for entry in turn.entries for event in getattr(entry, "events", ())[:1] if hasattr(event, "text")
    ]
    assert "".join(texts).startswith("It is …, …@…!")
    assert all(part not in written for part in (SECRET, "ann@mail", "hunter2x", "hun"))
    assert steps_of(turn)


@pytest.mark.parametrize("place", ["item", "name", "result", "crash", "body", "id"])
def test_no_secret_is_left_wherever_it_was(place: str) -> None:
    call = {"type": "function_call", "id": "f1", "call_id": "c1", "name": "look", "arguments": "{}", SECRET: 1}
    events: dict[str, list[TurnEvent]] = {
        "item": [ItemAdded(0, {"type": "message", "content": [{"text": f"x {SECRET}", "api_key": "abcdefgh"}]})],
        "name": [ItemDone(0, call)],
        "result": [CallFinished("c1", ToolResult(f"got {SECRET}", images=("data:image/png;base64," + "A" * 50,)))],
        "crash": [AttemptFailed(Unreachable(f"at {SECRET}", reach=Reach.SENT))],
        "body": [],
        "id": [delta("x", item_id=SECRET)],
    }
    body = replace(REQUEST.body, instructions=f"never say {SECRET}")
    plan = replace(PLAN, request=replace(REQUEST, body=body)) if place == "body" else PLAN
    record, _ = record_of([Begun()], events[place], plan=plan)
    written = json.dumps([record.meta, record.logs, record.events], ensure_ascii=False)
    assert SECRET not in written
    assert "abcdefgh" not in written
    assert "A" * 20 not in written
    assert record.meta["exact"] is False
    assert only_turn(record).plan is not None


def test_a_record_says_what_it_lacks() -> None:
    full, _ = record_of([Begun()], *([delta("x")] for _ in range(20)), most=5)
    assert (full.meta["events_dropped"], full.meta["exact"]) == (16, False)
    large, _ = record_of([Begun()], [ItemDone(0, {"type": "image_generation_call", "result": "A" * 2_000_000})])
    assert large.meta["exact"] is False
    assert len(json.dumps(large.events)) < 5_000
    deep: object = "x"
    for _ in range(500):
        deep = [deep]
    odd, _ = record_of([Begun()], [ItemDone(0, {"type": "message", "content": deep})])
    assert odd.meta["exact"] is False
    assert only_turn(odd).plan is not None


def test_a_refused_turn_has_lines_and_no_events() -> None:
    kept = transcript()
    kept.log("warning", "turn_refused", {"fault": "no_api_key"})
    record = rendered(kept)
    assert record.events == ()
    assert record.meta["task"] == "title_generation"


@pytest.mark.parametrize(
    "lines", [["x"], [{"turn": "t", "version": 2}], [{"turn": "t", "version": 1}, {"value": {"$": "x"}}]]
)
def test_what_is_no_record_is_refused(lines: list[object]) -> None:
    with pytest.raises(UnreadableRecord):
        list(recorded_turns(lines))

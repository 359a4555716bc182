"""Events for the page: an event that cannot be delivered costs a log line."""

import asyncio
from typing import Any

import pytest

from entrypoints.openwebui.present.emitter import GuardedEmitter
from entrypoints.sentences.usage_labels import WORDS, UsageLabels
from ports.notices import Notices, ToolSkipped, TurnStopped
from ports.usage import Timing
from tests.doubles.telemetry import RecordedTelemetry


@pytest.fixture
def telemetry() -> RecordedTelemetry:
    return RecordedTelemetry()


async def hanging(_event: dict[str, Any]) -> None:
    await asyncio.get_running_loop().create_future()


async def test_event_reaches_the_page_as_it_is(telemetry: RecordedTelemetry) -> None:
    events: list[dict[str, Any]] = []

    async def emitter(event: dict[str, Any]) -> None:
        events.append(event)

    await GuardedEmitter(emitter, telemetry).emit({"type": "source", "data": {}})
    assert events == [{"type": "source", "data": {}}]
    assert telemetry.lines == []


async def test_nothing_happens_without_an_emitter(telemetry: RecordedTelemetry) -> None:
    await GuardedEmitter(None, telemetry).emit({"type": "source", "data": {}})

    assert telemetry.lines == []


async def test_emitter_that_raises_costs_a_log_line_without_the_errors_text(telemetry: RecordedTelemetry) -> None:
    async def emitter(_event: dict[str, Any]) -> None:
        raise LookupError("what was sent")

    await GuardedEmitter(emitter, telemetry).emit({"type": "files", "data": {}})
    assert telemetry.only("emit_failed").values == {"type": "files", "error": "LookupError"}


async def test_emitter_that_is_not_a_coroutine_costs_a_log_line(telemetry: RecordedTelemetry) -> None:
    await GuardedEmitter(lambda _event: None, telemetry).emit({"type": "files"})  # type: ignore[arg-type, return-value]

    assert telemetry.only("emit_failed").values["error"] == "TypeError"


async def test_emitter_that_hangs_costs_a_log_line(telemetry: RecordedTelemetry) -> None:
    await GuardedEmitter(hanging, telemetry, longest=0.001).emit({"type": "status"})

    assert telemetry.only("emit_failed").values == {"type": "status", "error": "TimeoutError"}


async def test_later_events_get_less_time_after_one_timed_out(telemetry: RecordedTelemetry) -> None:
    emitter = GuardedEmitter(hanging, telemetry, longest=0.01)
    await emitter.emit({"type": "status"})

    assert emitter.patience < 0.01


async def test_a_delivery_that_takes_too_long_goes_on_and_no_other_overtakes_it(telemetry: RecordedTelemetry) -> None:
    release, begun, delivered = asyncio.Event(), list[str](), list[str]()

    async def emitter(event: dict[str, Any]) -> None:
        begun.append(event["type"])
        await release.wait()
        delivered.append(event["type"])

    guarded = GuardedEmitter(emitter, telemetry, longest=0.001)
    await guarded.emit({"type": "first"})
    await guarded.emit({"type": "lost"})
    assert begun == ["first"]
    release.set()
    guarded.patience = 60.0
    await guarded.emit({"type": "last"})
    assert delivered == ["first", "last"]
    assert [line.values["type"] for line in telemetry.lines] == ["first", "lost"]


async def test_events_of_several_tasks_are_delivered_side_by_side(telemetry: RecordedTelemetry) -> None:
    together, delivered = asyncio.Barrier(5), list[str]()

    async def emitter(event: dict[str, Any]) -> None:
        await together.wait()
        delivered.append(event["type"])

    guarded = GuardedEmitter(emitter, telemetry)
    await asyncio.gather(*(guarded.emit({"type": str(number)}) for number in range(5)))
    assert sorted(delivered) == ["0", "1", "2", "3", "4"]
    assert telemetry.lines == []
    assert guarded.is_prompt


async def test_cancelling_goes_through_a_hanging_emitter(telemetry: RecordedTelemetry) -> None:
    task = asyncio.create_task(GuardedEmitter(hanging, telemetry).emit({"type": "status"}))
    await asyncio.sleep(0)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert telemetry.lines == []


async def test_status_without_text_only_removes_the_line(telemetry: RecordedTelemetry) -> None:
    events: list[dict[str, Any]] = []

    async def emitter(event: dict[str, Any]) -> None:
        events.append(event)

    guarded = GuardedEmitter(emitter, telemetry)
    await guarded.status("Stopped", done=True)
    await guarded.status("", done=True)
    assert [event["data"] for event in events] == [
        {"description": "Stopped", "done": True},
        {"description": "", "done": True, "hidden": True},
    ]


@pytest.mark.parametrize(("labels", "line"), [(WORDS, "Stopped | Time: 2.00s"), (None, "Stopped")])
async def test_notices_are_shown_as_lines_and_a_stop_is_the_last(
    labels: UsageLabels | None, line: str, telemetry: RecordedTelemetry
) -> None:
    events: list[dict[str, Any]] = []

    async def emitter(event: dict[str, Any]) -> None:
        events.append(event)

    notices: Notices = GuardedEmitter(emitter, telemetry, labels=labels)
    await notices.notify(ToolSkipped("look"))
    await notices.notify(TurnStopped(Timing(2.0)))
    assert [event["data"] for event in events] == [
        {"description": "Skipping look: it failed repeatedly and is paused.", "done": False},
        {"description": line, "done": True},
    ]


async def test_line_of_a_stopped_turn_waits_until_the_host_has_stored_the_answer(telemetry: RecordedTelemetry) -> None:
    order: list[str] = []
    may_store = asyncio.Event()

    async def host() -> None:
        await may_store.wait()
        order.append("stored")

    async def emitter(event: dict[str, Any]) -> None:
        order.append(event["data"]["description"])

    guarded = GuardedEmitter(emitter, telemetry, labels=None)
    guarded.reader = asyncio.create_task(host())
    told = asyncio.create_task(guarded.notify(TurnStopped(Timing(2.0))))
    await asyncio.sleep(0)
    may_store.set()
    await told
    assert order == ["stored", "Stopped"]


async def test_line_of_a_stopped_turn_does_not_wait_for_ever(telemetry: RecordedTelemetry) -> None:
    lines: list[str] = []

    async def emitter(event: dict[str, Any]) -> None:
        lines.append(event["data"]["description"])

    guarded = GuardedEmitter(emitter, telemetry, longest=0.001, labels=None)
    guarded.reader = asyncio.create_task(asyncio.Event().wait())
    await guarded.notify(TurnStopped(Timing(2.0)))
    guarded.reader.cancel()
    assert lines == ["Stopped"]

"""Every turn is recorded once it is settled, however it ends; every line of it carries its ids."""

import asyncio
from dataclasses import replace

from domain.faults.fault import Fault, FaultKind
from domain.request.turn_request import Bounds, Person, TurnRequest
from domain.services.run_turn import Personal
from domain.turn.events import Cancelled
from domain.turn.recorded import Fed, Shortened, entries_of
from domain.turn.steps import Output
from ports.json_values import JsonObject
from ports.notices import Notice
from ports.response_events import ItemDone, TextDelta
from ports.telemetry import Level, LogValue
from ports.transcripts import Line
from ports.turn_scope import running_turn
from tests.domain.services.stage import MODEL, REQUEST, Stage, said
from tests.doubles.clock import settled, until
from tests.doubles.responses import Hang, Move
from tests.doubles.transcripts import KeptTranscripts

ASKED = replace(REQUEST, turn_id="turn-1", person=Person("ann", "chat-1", "message-1", "session-1"))


class ScopedTelemetry:
    """Logs as StructlogTelemetry does: into the transcript of the running turn."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, str]]] = []

    def event(self, level: Level, name: str, **values: LogValue) -> None:
        turn = running_turn()
        self.lines.append((name, {} if turn is None else dict(turn.ids)))
        if turn is not None and turn.lines is not None:
            turn.lines.log(level, name, values)

    def wants(self, level: Level) -> bool:
        return True


async def outputs(stage: Stage, store: KeptTranscripts, request: TurnRequest = ASKED) -> list[Output]:
    read = [
        output async for output in stage.run_turn.run(request, models=(MODEL,), personal=Personal(transcripts=store))
    ]
    await stage.run_turn.drained()
    return read


def names(store: KeptTranscripts) -> list[str]:
    (transcript,) = store.transcripts
    return [line.name for line in transcript.lines.entries() if isinstance(line, Line)]


async def test_an_answered_turn_leaves_one_transcript_with_its_lines_and_events():
    store, log = KeptTranscripts(), ScopedTelemetry()
    await outputs(Stage(said("Be", "cause"), telemetry=log), store)
    (transcript,) = store.transcripts
    assert names(store)[-1] == "turn_ended"
    fed = [one for entry in tuple(entries_of(transcript)) if isinstance(entry, Fed) for one in entry.events]
    assert [event.text for event in fed if isinstance(event, TextDelta)] == ["Be", "cause"]
    assert transcript.closed


async def test_every_line_of_a_turn_carries_the_same_ids():
    log = ScopedTelemetry()
    await outputs(Stage(said("Because"), telemetry=log), KeptTranscripts())
    carried = [ids for _, ids in log.lines]
    assert carried
    assert all(ids == carried[0] for ids in carried)
    assert carried[0] == {
        "request_id": "turn-1",
        "error_id": carried[0]["error_id"],
        "user_id": "ann",
        "chat_id": "chat-1",
        "message_id": "message-1",
        "session_id": "session-1",
    }


async def test_a_reader_that_continues_in_another_task_takes_the_turn_along():
    log = ScopedTelemetry()
    turn = Stage(said("Be", "cause"), telemetry=log).run_turn.run(ASKED, models=(MODEL,), personal=Personal())
    try:
        while True:
            await asyncio.get_running_loop().create_task(anext(turn))
    except StopAsyncIteration:
        pass
    assert {ids.get("request_id") for _, ids in log.lines} == {"turn-1"}
    assert running_turn() is None


async def test_a_stopped_turn_is_recorded_with_its_stop():
    store = KeptTranscripts()
    stage, read = Stage([*said("Be")[:1], Hang()], telemetry=ScopedTelemetry()), list[Output]()

    async def reading() -> None:
        async for output in stage.run_turn.run(ASKED, models=(MODEL,), personal=Personal(transcripts=store)):
            read.append(output)

    task = asyncio.get_running_loop().create_task(reading())
    await until(lambda: read)
    await stage.stop(task)
    (transcript,) = store.transcripts
    last = tuple(entries_of(transcript))[-1]
    assert isinstance(last, Fed)
    assert last.events == (Cancelled(),)
    assert names(store)[-1] == "turn_ended"


async def test_a_turn_left_while_it_waited_in_line_is_recorded():
    store = KeptTranscripts()
    stage = Stage([*said("Be")[:1], Hang()], telemetry=ScopedTelemetry())
    request = replace(ASKED, bounds=Bounds(concurrent=1))
    first = stage.reading([], replace(request, turn_id="first"))
    await until(lambda: stage.responses.open)
    waiting = asyncio.get_running_loop().create_task(outputs(stage, store, request))
    await settled()
    waiting.cancel()
    await until(waiting.done)
    await stage.stop(first)
    assert names(store) == ["turn_ended"]


async def test_refused_turns_are_recorded():
    store = KeptTranscripts()
    stage = Stage(telemetry=ScopedTelemetry())
    await outputs(stage, store, replace(ASKED, route=replace(ASKED.route, api_key="")))
    assert names(store) == ["turn_refused"]
    async for _ in stage.run_turn.refuse(Fault(FaultKind.BAD_MESSAGES), ASKED, store):
        pass
    assert len(store.transcripts) == 2


async def test_a_settlement_that_fails_is_logged_with_the_id_of_its_turn():
    stage = Stage(said("Because"))

    async def fails(notice: Notice) -> None:
        raise OSError("gone")

    stage.notices.notify = fails
    turn = stage.outputs(ASKED)
    await anext(turn)
    await turn.aclose()
    await stage.run_turn.drained()
    failed, ended = stage.log.only("upkeep_failed"), stage.log.only("turn_ended")
    assert failed.values["error_id"] == ended.values["error_id"]


async def test_without_a_store_the_machine_writes_nothing_down():
    stage = Stage(said("Because"))
    assert await stage.read(ASKED)
    assert running_turn() is None


async def test_a_huge_event_leaves_only_its_beginning():
    store = KeptTranscripts()
    picture: JsonObject = {"type": "image_generation_call", "id": "i", "result": "A" * 30_000_000}
    script: list[Move] = [[ItemDone(0, picture)], *said("Here")]
    await outputs(Stage(script, telemetry=ScopedTelemetry()), store)
    (transcript,) = store.transcripts
    entries = [one for entry in tuple(entries_of(transcript)) if isinstance(entry, Fed) for one in entry.events]
    (short,) = [one for one in entries if isinstance(one, Shortened)]
    assert (short.kind, short.characters >= 30_000_000, len(short.head)) == ("ItemDone", True, 1_000)
    assert transcript.bytes < 100_000

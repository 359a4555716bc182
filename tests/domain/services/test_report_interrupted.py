"""Calls of a lost process: the next turn reports that they may have run."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.memory.artifacts import MemoryArtifacts
from domain.conversation.journalled_calls import payload_of
from domain.conversation.placeholders import MAY_HAVE_RUN
from domain.conversation.references import call_reference
from domain.request.turn_request import Caller, Person, Remembering, TurnRequest
from domain.services.remember_turn import SealedStore, TurnMemory
from domain.services.run_turn import Personal
from domain.services.turn_stores import Memories
from ports.cipher import Sealed
from ports.tool_runs import ToolRun, ToolRunsUnavailable
from tests.domain.services.stage import REQUEST, Stage, said
from tests.doubles.cipher import NamedKeyCipher
from tests.doubles.ids import FakeIds
from tests.doubles.toolbox import ScriptedToolbox

TURN = "01J2VVZBDQTP1ZQJ8DSNAAAAAA"
SHOWN = call_reference(TURN, 3)
PERSON = Person(user_id="u", chat_id="c", message_id="m-2", session_id="s", parent_id="m-1")
QUESTION = {"role": "user", "content": "And?"}
OPEN_CALL = {"id": SHOWN, "type": "function", "function": {"name": "look", "arguments": "{}"}}
RUN = ToolRun("pipe", TURN, "call_1", "hash", "look", "u", datetime(2026, 1, 1, tzinfo=UTC), "c", "m-1")


def request(*messages: object, person: Person = PERSON) -> TurnRequest:
    memory = Remembering("pipe", references=True)
    return replace(REQUEST, messages=messages, caller=Caller.PAGE, person=person, memory=memory)


def memory_of(stage: Stage) -> TurnMemory:
    async def opened() -> SealedStore:
        return SealedStore(MemoryArtifacts(stage.clock), NamedKeyCipher())

    given = {"clock": stage.clock, "ids": FakeIds(), "telemetry": stage.log}
    return TurnMemory(opened=opened, offload=stage.offload, **given)  # type: ignore[arg-type]


async def sent(stage: Stage, asked: TurnRequest, memory: TurnMemory | None = None) -> str:
    memories = None if memory is None else Memories(memory, memory)
    personal = Personal(ScriptedToolbox({"look": "found"}), stage.notices, memories)
    _ = [output async for output in stage.run_turn.run(asked, personal=personal)]
    await stage.run_turn.drained()
    return str(stage.responses.calls[-1].request.body.input)


@pytest.fixture
async def stage() -> Stage:
    stage = Stage(said("Yes"), said("Yes"))
    await stage.runs.start([RUN])
    return stage


async def test_open_call_in_the_history_is_answered_as_possibly_run(stage: Stage) -> None:
    history = ({"role": "user", "content": "Why?"}, {"role": "assistant", "content": "", "tool_calls": [OPEN_CALL]})
    assert MAY_HAVE_RUN in await sent(stage, request(*history, QUESTION))


async def test_open_call_the_host_dropped_is_reported_before_the_question(stage: Stage) -> None:
    body = await sent(stage, request({"role": "user", "content": "Why?"}, QUESTION))
    assert "look" in body
    assert body.index(MAY_HAVE_RUN) < body.index("And?")


async def test_the_report_has_the_same_text_in_every_turn(stage: Stage) -> None:
    asked = request({"role": "user", "content": "Why?"}, QUESTION)
    assert await sent(stage, asked) == await sent(stage, asked)


async def test_question_whose_own_answer_is_outside_the_history_gets_no_report(stage: Stage) -> None:
    assert MAY_HAVE_RUN not in await sent(stage, request(QUESTION))


async def test_open_call_that_finished_is_answered_with_its_result(stage: Stage) -> None:
    kept = Sealed(b":" + payload_of("look", "{}", "found it"))
    await stage.runs.finish([replace(RUN, kept=kept)])
    history = ({"role": "user", "content": "Why?"}, {"role": "assistant", "content": "", "tool_calls": [OPEN_CALL]})
    body = await sent(stage, request(*history, QUESTION), memory_of(stage))
    assert "found it" in body
    assert MAY_HAVE_RUN not in body


async def test_journal_that_cannot_be_read_leaves_open_calls_unknown(stage: Stage) -> None:
    async def unavailable(*_: object, **__: object) -> tuple[ToolRun, ...]:
        raise ToolRunsUnavailable("gone")

    stage.runs.unsettled = unavailable
    history = ({"role": "user", "content": "Why?"}, {"role": "assistant", "content": "", "tool_calls": [OPEN_CALL]})
    assert MAY_HAVE_RUN in await sent(stage, request(*history, QUESTION))


async def test_chat_without_interrupted_answers_is_checked_once_per_process(stage: Stage) -> None:
    await stage.runs.settle("pipe", TURN)
    asked = 0
    unsettled = stage.runs.unsettled

    async def counted(*given: Any, **named: Any) -> tuple[ToolRun, ...]:
        nonlocal asked
        asked += 1
        return await unsettled(*given, **named)

    stage.runs.unsettled = counted
    why = {"role": "user", "content": "Why?"}
    await sent(stage, request(why, QUESTION))
    await sent(stage, request(why, QUESTION, QUESTION, person=replace(PERSON, message_id="m-3", parent_id="m-2")))
    assert asked == 1


@pytest.mark.parametrize(
    ("person", "namespace"), [({"user_id": "other"}, "pipe"), ({"chat_id": "copy"}, "pipe"), ({}, "other")]
)
async def test_what_is_known_of_an_answer_is_known_of_one_person_chat_and_namespace_only(
    stage: Stage, person: dict[str, Any], namespace: str
) -> None:
    own = request({"role": "user", "content": "Why?"}, QUESTION)
    other = replace(PERSON, **person, message_id=PERSON.parent_id, parent_id="m-0")  # the answer whose calls are lost
    answered = replace(request(QUESTION, person=other), memory=Remembering(namespace, references=True))

    assert MAY_HAVE_RUN not in await sent(stage, answered)
    assert MAY_HAVE_RUN in await sent(stage, own)


async def test_calls_of_another_answer_are_not_reported(stage: Stage) -> None:
    assert MAY_HAVE_RUN not in await sent(stage, request(QUESTION, person=replace(PERSON, parent_id="m-0")))


async def test_calls_of_another_person_are_not_reported(stage: Stage) -> None:
    assert MAY_HAVE_RUN not in await sent(stage, request(QUESTION, person=replace(PERSON, user_id="other")))


async def test_finished_calls_are_not_reported(stage: Stage) -> None:
    await stage.runs.finish([RUN])
    assert MAY_HAVE_RUN not in await sent(stage, request(QUESTION))

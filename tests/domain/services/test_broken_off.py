"""Calls of a process that was lost: the next turn is told that they may have run."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from domain.conversation.references import call_reference
from domain.conversation.replay import MAY_HAVE_RUN
from domain.request.turn_request import Caller, Person, Remembering, TurnRequest
from domain.services.run_turn import Personal
from ports.tool_runs import ToolRun
from tests.domain.services.stage import REQUEST, Stage, said
from tests.doubles.toolbox import ScriptedToolbox

TURN = "01J2VVZBDQTP1ZQJ8DSNAAAAAA"
SHOWN = call_reference(TURN, 3)
PERSON = Person(user_id="u", chat_id="c", message_id="m-2", session_id="s", parent_id="m-1")
QUESTION = {"role": "user", "content": "And?"}
OPEN_CALL = {"id": SHOWN, "type": "function", "function": {"name": "look", "arguments": "{}"}}
RUN = ToolRun("pipe", TURN, "call_1", "hash", "look", "u", datetime(2026, 1, 1, tzinfo=UTC), "c", "m-1")


def request(*messages: object, person: Person = PERSON) -> TurnRequest:
    memory = Remembering("pipe")
    return replace(REQUEST, messages=messages, caller=Caller.PAGE, person=person, memory=memory)


async def sent(stage: Stage, asked: TurnRequest) -> str:
    own = Personal(ScriptedToolbox({"look": "found"}), stage.notices)
    _ = [output async for output in stage.run_turn.run(asked, own=own)]
    await stage.run_turn.drained()
    return str(stage.responses.calls[-1].body.input)


@pytest.fixture
async def stage() -> Stage:
    stage = Stage(said("Yes"), said("Yes"))
    await stage.runs.start([RUN])
    return stage


async def test_open_call_in_the_history_is_answered_with_what_is_not_known(stage: Stage) -> None:
    history = ({"role": "user", "content": "Why?"}, {"role": "assistant", "content": "", "tool_calls": [OPEN_CALL]})
    assert MAY_HAVE_RUN in await sent(stage, request(*history, QUESTION))


async def test_open_call_the_host_dropped_is_told_before_the_question(stage: Stage) -> None:
    body = await sent(stage, request({"role": "user", "content": "Why?"}, QUESTION))
    assert "look" in body
    assert body.index(MAY_HAVE_RUN) < body.index("And?")


async def test_it_is_told_once_per_chat(stage: Stage) -> None:
    await sent(stage, request(QUESTION))
    assert MAY_HAVE_RUN not in await sent(stage, request(QUESTION))


async def test_calls_of_another_answer_are_not_told(stage: Stage) -> None:
    assert MAY_HAVE_RUN not in await sent(stage, request(QUESTION, person=replace(PERSON, parent_id="m-0")))


async def test_calls_of_another_person_are_not_told(stage: Stage) -> None:
    assert MAY_HAVE_RUN not in await sent(stage, request(QUESTION, person=replace(PERSON, user_id="other")))


async def test_finished_calls_are_not_told(stage: Stage) -> None:
    await stage.runs.finish([RUN])
    assert MAY_HAVE_RUN not in await sent(stage, request(QUESTION))

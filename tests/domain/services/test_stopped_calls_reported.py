"""A call that may have run is reported until an answer that says so was completed, also within one process."""

from dataclasses import replace
from typing import Any

import pytest

from domain.conversation.placeholders import MAY_HAVE_RUN
from domain.request.turn_request import Person
from domain.services import report_interrupted
from domain.services.report_interrupted import ReportInterrupted
from ports.artifacts import ArtifactsUnavailable
from tests.domain.services.crash import Process, World, asked, question
from tests.domain.services.stage import said
from tests.domain.services.test_killed_turn import AND, FIRST, SECOND, SO, TOOLS, WHY, round_of, told
from tests.doubles.clock import until
from tests.doubles.toolbox import ScriptedToolbox

THIRD = asked(WHY, AND, SO, message="m-3", parent="m-2")


async def stopped(world: World, *scripts, before=()) -> Process:
    """Stop a turn while its tool runs, as the store cannot take what the turn leaves."""
    process = world.process(*before, round_of("wait"), *scripts)
    for _ in before:
        await process.ask(asked(question("Before"), message="m-0"))
    toolbox = ScriptedToolbox(TOOLS)
    reader = process.begin(FIRST, toolbox)
    await until(lambda: toolbox.running == 1)
    world.store.trouble = ArtifactsUnavailable("locked")
    await process.stop(reader)
    await process.run_turn.drained()
    world.store.trouble = None
    return process


def reports(sent) -> bool:
    return any(MAY_HAVE_RUN in text for _, text in told(sent))


async def test_a_stopped_call_is_reported_by_the_process_that_stopped_it() -> None:
    process = await stopped(World(), said("Yes"))
    assert reports(await process.ask(SECOND))


async def test_it_is_reported_again_after_an_answer_that_was_not_completed() -> None:
    process = await stopped(World(), [ValueError("lost")], said("Yes"), said("Yes"))
    for request in (SECOND, SECOND, THIRD):
        assert reports(await process.ask(request))


async def test_an_answer_that_was_completed_and_stored_is_not_asked_about_again() -> None:
    world = World()
    process = world.process(said("Yes"), said("Yes"))
    asked_for: list[str] = []
    unsettled = world.runs.unsettled

    async def counted(*given, **named):
        asked_for.append(named["chat_id"])
        return await unsettled(*given, **named)

    world.runs.unsettled = counted
    await process.ask(FIRST)
    await process.ask(SECOND)
    assert asked_for == []


@pytest.mark.parametrize(
    "changes",
    [{"memory": replace(FIRST.memory, namespace="other")}, {"person": replace(FIRST.person, user_id="bob")}],
)
async def test_what_is_known_of_one_persons_answers_says_nothing_of_anothers(changes) -> None:
    world = World()
    process = world.process(said("Yes"), said("Yes"), said("Yes"))
    await process.ask(FIRST)
    names: list[str] = []
    unsettled = world.runs.unsettled

    async def counted(namespace, user_id, **named):
        names.append(f"{namespace}/{user_id}")
        return await unsettled(namespace, user_id, **named)

    world.runs.unsettled = counted
    other = replace(SECOND, **changes)
    if "person" in changes:
        other = replace(SECOND, person=replace(SECOND.person, user_id="bob"))
    await process.ask(other)
    assert names == [f"{other.memory.namespace}/{other.person.user_id}"]


async def test_notes_are_bounded_in_number_and_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert report_interrupted.ANSWERS_KNOWN <= 10_000
    monkeypatch.setattr(report_interrupted, "ANSWERS_KNOWN", 100)
    absent: Any = None
    report = ReportInterrupted(absent, absent, offload=absent, telemetry=absent, store=absent, own=absent)
    for number in range(105):
        long = f"{number}" * 200
        request = replace(FIRST, person=Person("u" * 9_999, long, long))
        report._note(report._clean, request)
        report.completed(request)
    assert len(report._clean) == len(report._whole) == 100
    assert {len(key) for key in report._whole} == {16}

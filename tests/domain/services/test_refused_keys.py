"""After upstream refused a key, background tasks leave it alone for a minute; people try it."""

from dataclasses import replace

import pytest

from domain.faults.fault import FaultKind
from domain.limits import REFUSED_KEY_SECONDS
from domain.request.turn_request import Caller
from domain.turn.steps import Output
from ports.response_events import UpstreamProblem
from ports.responses import Refused
from tests.domain.services.stage import REQUEST, Stage, end_of, fault_of, said
from tests.doubles.responses import Refusing

TASK = replace(REQUEST, caller=Caller.TASK, task="title_generation")
OTHER_KEY = replace(TASK, route=replace(TASK.route, api_key="sk-or-v1-another"))
UNAUTHORISED = [Refusing(Refused(UpstreamProblem(401, "authentication", "no such user")))]
FORBIDDEN = [Refusing(Refused(UpstreamProblem(403, "permission_denied", "not for you")))]
MODERATED = [Refusing(Refused(UpstreamProblem(403, "", "flagged", reasons=("violence",))))]
BUSY = [Refusing(Refused(UpstreamProblem(429, "rate_limit_exceeded", "busy", retry_after=60.0)))]


@pytest.mark.parametrize(
    ("refusal", "kind"), [(UNAUTHORISED, FaultKind.BAD_KEY), (FORBIDDEN, FaultKind.FORBIDDEN)], ids=["401", "403"]
)
@pytest.mark.parametrize("first", [REQUEST, TASK], ids=["a person", "a task"])
async def test_a_task_is_not_sent_with_a_key_that_was_refused(refusal, kind, first):
    stage = Stage(refusal)
    assert fault_of(await stage.read(first)).kind is kind
    assert fault_of(await stage.read(TASK)).kind is kind
    assert len(stage.responses.calls) == 1


async def test_a_person_still_tries_the_key_and_an_answer_ends_the_pause():
    stage = Stage(UNAUTHORISED, said("a"), said("b"))
    for request in (REQUEST, REQUEST, TASK):
        await stage.read(request)
    assert len(stage.responses.calls) == 3


async def test_the_pause_ends_by_itself():
    stage = Stage(UNAUTHORISED, said("a"))
    await stage.read(TASK)
    stage.clock.advance(REFUSED_KEY_SECONDS)
    assert end_of(await stage.read(TASK)).fault is None


async def test_another_key_is_tried():
    stage = Stage(UNAUTHORISED, said("a"))
    await stage.read(TASK)
    assert end_of(await stage.read(OTHER_KEY)).fault is None


async def test_a_key_that_may_not_use_one_model_is_tried_with_others():
    stage = Stage(FORBIDDEN, said("a"))
    await stage.read(TASK)
    assert end_of(await stage.read(replace(TASK, model="maker/other"))).fault is None


@pytest.mark.parametrize("refusal", [MODERATED, BUSY], ids=["moderated", "busy"])
async def test_other_refusals_pause_no_task(refusal):
    stage = Stage(refusal, said("a"))
    await stage.read(REQUEST)
    assert end_of(await stage.read(TASK)).fault is None


async def test_a_stopped_answer_ends_no_pause():
    stage, outputs = Stage(UNAUTHORISED, said("never")), list[Output]()
    await stage.read(REQUEST)
    await stage.stop(stage.reading(outputs))
    assert fault_of(await stage.read(TASK)).kind is FaultKind.BAD_KEY

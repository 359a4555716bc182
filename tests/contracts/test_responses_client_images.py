"""Pictures by `POST /images`, streamed or whole, give the turn that any picture gives."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from adapters.openrouter.client import AioResponsesClient
from adapters.openrouter.transport.pool import SessionPool
from adapters.process.clock import SystemClock
from domain.faults.fault import FaultKind
from domain.turn.events import AttemptFailed, Begun, TimerFired
from domain.turn.machine import TurnMachine, TurnPlan
from domain.turn.statuses import StillWaiting
from domain.turn.steps import AttemptEnded, Ended, Reason, ShowImage, ShowServerTool, ShowStatus, Step
from domain.turn.waiting import WAITING
from entrypoints.simulator.pictures import png_base64
from entrypoints.simulator.server import Simulator, running_simulator
from ports.responses import (
    Endpoint,
    ResponsesBody,
    ResponsesClient,
    ResponsesError,
    Route,
    UpstreamCall,
    UpstreamRequest,
)
from tests.doubles.telemetry import RecordedTelemetry

MESSAGE = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "A red bridge"}]}


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with running_simulator(generation_delay=0) as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[ResponsesClient]:
    telemetry = RecordedTelemetry()
    pool = SessionPool(telemetry)
    yield AioResponsesClient(pool, SystemClock(), telemetry, lambda: 20)
    await pool.aclose()


async def turn(
    client: ResponsesClient, simulator: Simulator, model: str, *, stream: bool, **options: Any
) -> list[Step]:
    """Return the steps of a turn with one attempt."""
    body = ResponsesBody(model, (MESSAGE,), stream=stream, image_config=options or None)
    request = UpstreamRequest(body, Endpoint.IMAGES)
    machine = TurnMachine(TurnPlan(request, error_id="e"))
    steps = machine.feed(Begun(), 0.0)
    route = Route(simulator.url, next(iter(simulator.keys)))
    try:
        async with client.attempt(UpstreamCall(route, request)) as batches:
            async for batch in batches:
                steps += machine.feed_all(batch, 1.0)
    except ResponsesError as error:
        steps += machine.feed(AttemptFailed(error), 1.0)
    return steps


def of(steps: list[Step], kind: type) -> list[Any]:
    return [step for step in steps if isinstance(step, kind)]


@pytest.mark.parametrize("stream", [True, False])
async def test_a_picture_is_shown_and_booked(client: ResponsesClient, simulator: Simulator, stream: bool) -> None:
    steps = await turn(client, simulator, "sim/images", stream=stream)
    assert [image.url.rpartition(",")[2] for image in of(steps, ShowImage)] == [png_base64(8)]
    (booked,) = of(steps, AttemptEnded)
    assert booked.usage.cost == Decimal("0.04")
    assert booked.generation_id == simulator.records[-1].generation_id
    (ended,) = of(steps, Ended)
    assert (ended.end.reason, ended.end.usage.cost) == (Reason.STOP, Decimal("0.04"))


async def test_a_streamed_picture_is_reported_while_it_is_drawn(client: ResponsesClient, simulator: Simulator) -> None:
    steps = await turn(client, simulator, "sim/images", stream=True)
    reports = of(steps, ShowServerTool)
    assert [report.report.progress.value for report in reports] == ["running", "completed"]
    assert steps.index(reports[0]) < steps.index(of(steps, ShowImage)[0])


async def test_several_pictures_are_shown_in_order(client: ResponsesClient, simulator: Simulator) -> None:
    for stream in (True, False):
        steps = await turn(client, simulator, "sim/images", stream=stream, n=3)
        shown = [image.url.rpartition(",")[2] for image in of(steps, ShowImage)]
        assert shown == [png_base64(8), png_base64(9), png_base64(10)]
        assert len({image.segment for image in of(steps, ShowImage)}) == 3


@pytest.mark.parametrize("stream", [True, False])
async def test_an_answer_without_pictures_is_a_named_fault(
    client: ResponsesClient, simulator: Simulator, stream: bool
) -> None:
    steps = await turn(client, simulator, "sim/images-empty", stream=stream)
    assert [ended.end.fault.kind for ended in of(steps, Ended)] == [FaultKind.EMPTY]


async def test_an_error_before_the_first_picture_is_free(client: ResponsesClient, simulator: Simulator) -> None:
    (booked,) = of(await turn(client, simulator, "sim/images-error-502", stream=True), AttemptEnded)
    assert (booked.usage, booked.unbilled) == (None, None)


async def test_a_waiting_person_reads_that_a_picture_is_drawn() -> None:
    body = ResponsesBody("sim/images", (MESSAGE,))
    machine = TurnMachine(TurnPlan(UpstreamRequest(body, Endpoint.IMAGES)))
    steps = [*machine.feed(Begun(), 0.0)]
    steps += machine.feed(TimerFired(WAITING), 0.3)
    assert [status.status for status in of(steps, ShowStatus)] == [StillWaiting(1, drawing=True)]

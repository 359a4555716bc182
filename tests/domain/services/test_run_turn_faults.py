"""Requests that cannot be answered: one named fault whose id is also in the log, never an exception."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from domain.catalog.offer import Offer
from domain.faults.fault import Fault, FaultKind
from domain.request.turn_request import TurnRequest
from domain.turn.steps import Output
from ports.notices import Notice
from ports.response_events import UpstreamProblem
from ports.responses import InvalidRoute, Reach, Refused, Unreachable, Unreadable
from ports.telemetry import Level, LogValue
from ports.toolbox import ToolRequest, ToolResult, ToolSpec
from tests.domain.services.stage import REQUEST, ROUTE, Stage, end_of, fault_of, said, text_of
from tests.domain.turn.talk import call, completed, done
from tests.doubles.clock import until
from tests.doubles.responses import Refusing
from tests.doubles.slots import CountedSlots
from tests.doubles.telemetry import RecordedTelemetry
from tests.doubles.toolbox import ScriptedToolbox

BAD_INPUT = [
    ("no key", replace(REQUEST, route=replace(ROUTE, api_key=" ")), "NO_KEY"),
    ("no TLS", replace(REQUEST, route=replace(ROUTE, base_url="http://upstream.example")), "BAD_ROUTE"),
    ("no address", replace(REQUEST, route=replace(ROUTE, base_url="upstream")), "BAD_ROUTE"),
    ("not offered", replace(REQUEST, offer=Offer("other/model")), "FILTERED_MODEL"),
    ("no messages", replace(REQUEST, messages=()), "BAD_MESSAGES"),
    ("empty message", replace(REQUEST, messages=({"role": "user", "content": "  "},)), "BAD_MESSAGES"),
    ("malformed messages", replace(REQUEST, messages=("hello", None, {"content": "x"}, 3)), "BAD_MESSAGES"),
]
REFUSALS = [
    (UpstreamProblem(401, "authentication", "Missing Authentication header"), "BAD_KEY", 401),
    (UpstreamProblem(400, "model_not_found", "x is not a valid model ID"), "UNKNOWN_MODEL", 400),
    (UpstreamProblem(402, "payment_required", "Insufficient credits"), "CREDITS", 402),
    (UpstreamProblem(413, "payload_too_large", "too large"), "TOO_LARGE", 413),
]


@pytest.mark.parametrize(("request_", "kind"), [row[1:] for row in BAD_INPUT], ids=[row[0] for row in BAD_INPUT])
async def test_bad_input_ends_with_its_fault_before_anything_is_taken(request_: TurnRequest, kind: str):
    stage = Stage()
    outputs = await stage.read(request_)
    assert (len(outputs), fault_of(outputs).kind.name) == (1, kind)
    assert (stage.responses.calls, stage.places.taken) == ([], 0)


@pytest.mark.parametrize("request_", [row[1] for row in BAD_INPUT], ids=[row[0] for row in BAD_INPUT])
async def test_the_id_of_a_rejected_request_is_in_the_log(request_: TurnRequest):
    stage = Stage()
    end = end_of(await stage.read(request_))
    line = stage.log.only("turn_refused")
    assert (line.values["error_id"], line.values["fault"]) == (end.error_id, end.fault.kind.value)
    assert len(end.error_id) == 16


@pytest.mark.parametrize(("problem", "kind", "status"), REFUSALS, ids=[row[1] for row in REFUSALS])
async def test_a_rejection_by_upstream_ends_with_its_fault_and_status(problem, kind, status):
    stage = Stage([Refusing(Refused(problem))])
    fault = fault_of(await stage.read())
    assert (fault.kind.name, fault.http_status, fault.detail) == (kind, status, problem.text)
    assert stage.log.only("turn_ended").values["fault"] == fault.kind.value


async def test_an_upstream_that_is_never_reached_ends_with_its_fault_after_three_attempts():
    refused = [Refusing(Unreachable("connection refused", reach=Reach.NOT_SENT))]
    stage, outputs = Stage(refused, refused, refused), list[Output]()
    reader = stage.reading(outputs)
    for wait in (0.5, 1.0):
        await until(partial(lambda due: due in stage.clock.moments, wait))
        stage.clock.advance(wait)
    await until(reader.done)
    await stage.run_turn.drained()
    assert (fault_of(outputs).kind.name, len(stage.responses.calls)) == ("UNREACHABLE", 3)
    assert len(stage.log.named("attempt_ended")) == 3


@pytest.mark.parametrize(
    ("error", "kind"), [(InvalidRoute("no host"), "BAD_ROUTE"), (Unreadable("text/html"), "UNREADABLE")]
)
async def test_an_address_that_is_not_an_upstream_ends_with_its_fault(error, kind):
    stage = Stage([Refusing(error)])
    assert fault_of(await stage.read()).kind.name == kind


async def test_a_stream_that_breaks_keeps_the_text_and_names_the_fault():
    stage = Stage([*said("half")[:1], Unreachable("connection reset", reach=Reach.STREAMING)])
    outputs = await stage.read()
    assert (text_of(outputs), fault_of(outputs).kind.name, stage.responses.open) == ("half", "INTERRUPTED", 0)


async def test_a_request_that_cannot_become_a_turn_is_refused_with_an_id():
    stage = Stage()
    outputs = [output async for output in stage.run_turn.refuse(Fault(FaultKind.BAD_MESSAGES, "no list"), REQUEST)]
    line = stage.log.only("turn_refused")
    assert (fault_of(outputs).kind.name, line.values["error_id"]) == ("BAD_MESSAGES", end_of(outputs).error_id)


# --- defects of adapters ------------------------------------------------------------------------------------


class BrokenToolbox(ScriptedToolbox):
    """Cannot list its tools."""

    def tools(self) -> tuple[ToolSpec, ...]:
        raise KeyError("tools")


class RaisingToolbox(ScriptedToolbox):
    """Fails before its call begins."""

    def call(self, request: ToolRequest) -> Coroutine[Any, Any, ToolResult]:
        raise KeyError(request.spec.name)


class BrokenSlots(CountedSlots):
    """Cannot count."""

    def try_acquire(self, limit: int, owner: str = "") -> bool:
        raise ValueError("limit")


class BrokenTelemetry(RecordedTelemetry):
    """Cannot write the line of an upstream call."""

    def event(self, level: Level, name: str, **values: LogValue) -> None:
        if name == "attempt_ended":
            raise OSError("disk full")
        super().event(level, name, **values)


@pytest.mark.parametrize("script", [[Refusing(KeyError("x"))], [*said("half")[:1], KeyError("x")]])
async def test_a_defect_of_the_client_ends_as_internal_fault_with_an_id(script):
    stage = Stage(script)
    end = end_of(await stage.read())
    assert (end.fault.kind.name, end.fault.detail) == ("INTERNAL", "KeyError: 'x'")
    assert stage.log.only("turn_ended").values["error_id"] == end.error_id
    assert (stage.responses.open, stage.places.taken) == (0, 0)


async def test_a_toolbox_that_cannot_list_its_tools_ends_as_internal_fault():
    stage = Stage()
    assert fault_of(await stage.read(toolbox=BrokenToolbox({}))).kind.name == "INTERNAL"
    assert stage.log.only("turn_refused").values["detail"] == "KeyError: 'tools'"


async def test_a_toolbox_that_fails_before_its_call_begins_ends_as_internal_fault():
    stage = Stage([[*done(call()), completed()]])
    outputs = await stage.read(toolbox=RaisingToolbox({"look": "found"}))
    assert (fault_of(outputs).kind.name, stage.places.taken) == ("INTERNAL", 0)


async def test_slots_that_cannot_count_end_as_internal_fault():
    stage = Stage(slots=BrokenSlots())
    assert fault_of(await stage.read()).kind.name == "INTERNAL"


async def test_a_booking_that_cannot_be_written_does_not_keep_a_turn_from_its_end():
    told = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context))
    log = BrokenTelemetry()
    stage = Stage(said("a"), telemetry=log)
    outputs = await stage.read()
    assert (text_of(outputs), end_of(outputs).fault, stage.places.taken) == ("a", None, 0)
    assert told == []  # the loop's handler would write texts of errors into the log, unmasked
    reported = log.only("turn_not_booked").values
    assert str(reported["detail"]).startswith("OSError")
    assert "in _run" in str(reported["places"])
    assert len(log.named("turn_ended")) == 1


async def test_a_last_notice_that_cannot_be_delivered_is_in_the_log():
    class Mute:
        async def notify(self, notice: Notice) -> None:
            raise ConnectionError(notice)

    stage = Stage(said("half")[:1])
    outputs = stage.outputs(notices=Mute())
    await anext(outputs)
    await outputs.aclose()
    await stage.run_turn.drained()
    assert stage.places.taken == 0
    assert "ConnectionError" in str(stage.log.only("upkeep_failed").values["detail"])

"""What is counted of turns, attempts, tools and breakers; and what never is."""

import asyncio
import json
from dataclasses import replace
from decimal import Decimal

import pytest

from domain.faults.retry import RetryPolicy
from domain.request.turn_request import Bounds, Caller, Person, Tooling
from domain.services.count_events import CountEvents
from domain.services.measured import COUNTED
from domain.turn.steps import Output, Reason
from ports.response_events import TextDelta, UpstreamProblem
from ports.responses import Reach, Refused, Unreachable
from ports.usage import Usage
from tests.domain.services.stage import MODEL, REQUEST, Stage, end_of, said
from tests.domain.services.test_run_turn_tools import asked
from tests.doubles.clock import until
from tests.doubles.metrics import RecordedMetrics
from tests.doubles.responses import Hang, Held, Refusing
from tests.doubles.telemetry import RecordedTelemetry
from tests.doubles.toolbox import ScriptedToolbox

WHO = Person(user_id="user-7", chat_id="chat-7", message_id="message-7")
NAME = "maker/model"
NOT_SENT = Refusing(Unreachable("refused", reach=Reach.NOT_SENT))
BROKEN = Refusing(Refused(UpstreamProblem(500, "server_error", "private words")))
ONCE = replace(REQUEST, retry=RetryPolicy(extra_attempts=0))
FULL = Usage(100, 50, 150, cached_tokens=60, cache_write_tokens=7, reasoning_tokens=20, cost=Decimal("0.0000012"))


async def test_an_answer_is_one_turn_one_attempt_its_tokens_and_its_cost():
    stage = Stage(said("Two ", "bugs", usage=FULL))
    await stage.read()
    assert stage.metrics.counts == {
        ("turns", "api", NAME, "stop", ""): 1,
        ("attempts", NAME, "responses", "completed"): 1,
        ("tokens", NAME, "input"): 100,
        ("tokens", NAME, "cached"): 60,
        ("tokens", NAME, "cache_write"): 7,
        ("tokens", NAME, "output"): 50,
        ("tokens", NAME, "reasoning"): 20,
        ("cost_usd", NAME, "billed"): Decimal("0.0000012"),
    }


async def test_a_turn_adds_its_seconds_and_those_until_its_first_output():
    gate = asyncio.Event()
    stage, outputs = Stage([Held(gate), *said("a")]), list[Output]()
    reader = stage.reading(outputs, replace(REQUEST, caller=Caller.PAGE))
    await until(lambda: stage.responses.open)
    stage.clock.advance(3.0)
    gate.set()
    await until(reader.done)
    await stage.run_turn.drained()
    assert stage.metrics.values == {
        ("turn_seconds", "page", NAME): [3.0],
        ("first_output_seconds", "page", NAME): [3.0],
        ("wait_seconds", "page"): [0.0],
    }


async def test_a_model_that_is_not_in_the_catalog_has_no_name_of_its_own():
    stage = Stage(said("a"))
    _ = [output async for output in stage.outputs(replace(REQUEST, model="words/of-somebody"), models=())]
    await stage.run_turn.drained()
    assert list(stage.metrics.of("turns")) == [("api", "other", "stop", "")]
    assert "of-somebody" not in repr(stage.metrics.counts) + repr(stage.metrics.values) + repr(stage.spans.spans)


async def test_a_fault_and_its_attempts_are_counted_by_kind():
    stage = Stage([BROKEN])
    fault = end_of(await stage.read(ONCE)).fault
    assert fault is not None
    assert list(stage.metrics.of("turns")) == [("api", NAME, "error", fault.kind.value)]
    assert stage.metrics.of("attempts")[(NAME, "responses", "refused")] >= 1
    assert stage.metrics.of("log_events") == {("warning", "turn_ended"): 1}


async def test_retries_are_counted():
    stage, outputs = Stage([NOT_SENT], said("a")), list[Output]()
    reader = stage.reading(outputs)
    await until(lambda: 0.5 in stage.clock.moments)
    stage.clock.advance(0.5)
    await until(reader.done)
    await stage.run_turn.drained()
    assert stage.metrics.of("retries") == {(NAME,): 1}
    assert stage.metrics.of("attempts") == {(NAME, "responses", "failed"): 1, (NAME, "responses", "completed"): 1}


async def test_a_stopped_turn_counts_with_its_estimated_cost():
    stage, outputs = Stage([[TextDelta(0, "msg_1", 0, "a" * 400)], Hang()]), list[Output]()
    reader = stage.reading(outputs)
    await until(lambda: bool(outputs))
    await stage.stop(reader)
    assert list(stage.metrics.of("turns")) == [("api", NAME, Reason.CANCELLED.value, "")]
    assert stage.metrics.of("cost_usd")[(NAME, "estimated")] > Decimal("0.1")
    assert (NAME, "billed") not in stage.metrics.of("cost_usd")


async def test_a_turn_that_left_the_line_counts_as_cancelled_with_the_time_it_waited():
    stage, outputs = Stage(said("a")), list[Output]()
    stage.places.try_acquire(1)
    reader = stage.reading(outputs, replace(REQUEST, bounds=Bounds(1, 5)))
    await until(lambda: stage.places.waiting == 1)
    stage.clock.advance(4.0)
    await stage.stop(reader)
    assert list(stage.metrics.of("turns")) == [("api", NAME, "cancelled", "")]
    assert stage.metrics.values[("wait_seconds", "api")] == [4.0]


async def test_a_refused_request_is_no_turn():
    stage = Stage()
    await stage.read(replace(REQUEST, messages=()))
    assert stage.metrics.of("refusals") == {("invalid_messages",): 1}
    assert stage.metrics.of("turns") == {}


async def test_tool_calls_are_counted_by_how_they_ended():
    stage = Stage(asked("a"), asked("b", name="drop"), said("Found"))
    box = ScriptedToolbox({"look": "found", "drop": ValueError("secret")})
    end = end_of(await stage.read(toolbox=box))
    assert stage.metrics.of("tool_calls") == {("done",): 1, ("failed",): 1}
    assert (end.calls, end.failed_calls) == (2, 1)


async def test_breakers_that_open_are_counted_by_kind():
    stage = Stage(*[[BROKEN]] * 8)
    request = replace(ONCE, person=WHO, tooling=Tooling(breaker_failures=2))
    for _ in range(2):
        await stage.read(request)
    assert stage.metrics.of("breaker_openings") == {("person",): 1, ("own_model",): 1}


async def test_no_metric_and_no_span_holds_an_id_or_words():
    stage = Stage(said("spoken"))
    words = {"role": "user", "content": "private question"}
    await stage.read(replace(REQUEST, person=WHO, messages=(words,)), toolbox=ScriptedToolbox({"look": "found"}))
    told = repr(stage.metrics.counts) + repr(stage.metrics.values) + repr(stage.spans.spans)
    assert [one for one in ("user-7", "chat-7", "message-7", "private", "spoken", "words") if one in told] == []


async def test_a_turn_is_one_span_with_its_figures():
    stage = Stage(said("a", usage=FULL))
    end = end_of(await stage.read())
    (span,) = stage.spans.spans
    expected = {
        "gen_ai.request.model": NAME,
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 50,
        "openrouter_pipe.error_id": end.error_id,
        "openrouter_pipe.outcome": "stop",
        "openrouter_pipe.cost_usd": Decimal("0.0000012"),
    }
    assert (span.name, span.failed, {**span.attributes, **expected}) == ("openrouter_pipe.turn", "", span.attributes)


async def test_a_failed_turn_is_a_failed_span():
    stage = Stage([BROKEN])
    await stage.read(ONCE)
    (span,) = stage.spans.spans
    assert span.failed == "upstream_error"


async def test_nothing_is_made_while_nobody_reads():
    stage = Stage(said("a"), [BROKEN])
    stage.metrics.wanted = False
    for _ in range(2):
        await stage.read(ONCE)
    assert (stage.metrics.counts, stage.metrics.values, stage.spans.spans) == ({}, {}, [])


async def test_the_line_of_a_turn_holds_the_figures():
    stage = Stage(asked("a"), said("Found", usage=FULL))
    await stage.read(toolbox=ScriptedToolbox({"look": "found"}))
    values = stage.log.only("turn_ended").values
    expected = {
        "endpoint": "responses",
        "retries": 0,
        "tool_calls": 1,
        "failed_tool_calls": 0,
        "ttft_seconds": 0.0,
        "waited_seconds": 0.0,
        "reasoning_tokens": 20,
    }
    assert values | expected == values
    json.dumps(values)


@pytest.mark.parametrize("name", COUNTED)
def test_every_listed_event_counts_with_its_labels(name: str):
    metrics = RecordedMetrics()
    values = dict.fromkeys(COUNTED[name].labels, "defect: TypeError: words")
    CountEvents(RecordedTelemetry(), metrics).event("debug", name, number=3, **values)
    ((key, amount),) = metrics.counts.items()
    assert set(key[1:]) <= {"defect", *COUNTED[name].fixed}
    assert amount == (3 if COUNTED[name].amount else 1)


def test_only_warnings_and_errors_count_as_problems():
    metrics, log = RecordedMetrics(), RecordedTelemetry()
    events = CountEvents(log, metrics)
    for level in ("debug", "info", "warning", "error"):
        events.event(level, "emit_failed", detail="words")
    assert metrics.counts == {("log_events", "warning", "emit_failed"): 1, ("log_events", "error", "emit_failed"): 1}
    assert len(log.lines) == 4


async def test_what_the_fallback_model_did_counts_under_its_own_name():
    other = replace(MODEL, id="maker/other")
    stage = Stage([BROKEN], said("a", usage=FULL))
    outputs = stage.outputs(replace(ONCE, fallback_model=other.id), models=(MODEL, other))
    assert end_of([output async for output in outputs]).fault is None
    await stage.run_turn.drained()
    assert stage.metrics.of("attempts") == {
        (NAME, "responses", "refused"): 1,
        (other.id, "responses", "completed"): 1,
    }
    assert stage.metrics.of("cost_usd") == {(other.id, "billed"): FULL.cost}
    assert {model for model, _ in stage.metrics.of("tokens")} == {other.id}
    assert list(stage.metrics.of("turns")) == [("api", NAME, "stop", "")]

"""A turn from request to settlement: without failures, or with a successful retry."""

import asyncio
from dataclasses import replace
from decimal import Decimal

from domain.catalog.offer import Offer
from domain.faults.retry import RetryPolicy
from domain.request.turn_request import Bounds, Caller, Parameters
from domain.services.run_turn import Personal
from domain.turn.statuses import StillWaiting, TryingAgain, WaitingForPlace
from domain.turn.steps import Ended, Output, Reason, ShowStatus, ShowText
from ports.notices import TurnStopped
from ports.response_events import TextDelta, UpstreamProblem
from ports.responses import Limits, Reach, Refused, Unreachable
from ports.timings import Station
from ports.usage import Timing
from tests.domain.services.stage import COST, MODEL, REQUEST, ROUTE, Stage, end_of, fault_of, said, text_of
from tests.doubles.clock import settled, until
from tests.doubles.responses import Hang, Refusing

NOT_SENT = Refusing(Unreachable("refused", reach=Reach.NOT_SENT))
BUSY = Refusing(Refused(UpstreamProblem(429, "rate_limit_exceeded", "busy", retry_after=7.0)))
TIMED_OUT = Refusing(Refused(UpstreamProblem(504, "timeout", "slow")))


async def test_a_plain_answer_is_yielded_piece_by_piece():
    stage = Stage(said("Two ", "bugs"))
    outputs = await stage.read()
    assert outputs[:-1] == [ShowText(0, "Two "), ShowText(0, "bugs")]
    assert (end_of(outputs).reason, end_of(outputs).usage) == (Reason.STOP, COST)


async def test_all_text_of_one_read_is_yielded_as_one_piece():
    stage = Stage([[TextDelta(0, "msg_1", 0, "a"), TextDelta(0, "msg_1", 0, "b")], *said("c")])
    assert (await stage.read())[:-1] == [ShowText(0, "ab"), ShowText(0, "c")]


async def test_a_finished_turn_closes_the_connection_and_returns_its_place():
    stage = Stage(said("a"))
    await stage.read()
    assert (stage.responses.entered, stage.responses.open, stage.places.taken) == (1, 0, 0)


async def test_a_finished_turn_is_one_line_in_the_log():
    stage = Stage(said("a"))
    request = replace(REQUEST, person=replace(REQUEST.person, user_id="user", chat_id="chat"))
    end = end_of(await stage.read(request))
    line = stage.log.only("turn_ended")
    expected = {"error_id": end.error_id, "reason": "stop", "user_id": "user", "chat_id": "chat", "cost": "0.001"}
    assert (line.level, line.values | expected) == ("info", line.values)


async def test_every_upstream_call_is_a_line_in_the_log():
    stage = Stage(said("a"))
    end = end_of(await stage.read())
    values = stage.log.only("attempt_ended").values
    assert values["error_id"] == end.error_id
    assert (values["response_id"], values["cost"]) == ("gen-1", "0.001")


async def test_a_finished_turn_shows_no_notice():
    stage = Stage(said("a"))
    await stage.read()
    assert stage.notices.seen == []


async def test_upstream_gets_the_route_the_body_and_the_limits_of_the_request():
    stage = Stage(said("a"))
    route = replace(ROUTE, base_url=" https://upstream.example/api/v1/ ", api_key=" sk-or-v1-test ")
    limits = Limits(connect=3.0)
    await stage.read(replace(REQUEST, route=route, limits=limits, parameters=Parameters(temperature=0.5)))
    (call,) = stage.responses.calls
    assert (call.route, call.limits) == (ROUTE, limits)
    assert (call.request.body.model, call.request.body.temperature) == ("maker/model", 0.5)


async def test_the_dot_form_of_a_model_reaches_its_exact_slug():
    stage = Stage(said("a"))
    await stage.read(replace(REQUEST, model="maker.model"))
    assert stage.responses.calls[0].request.body.model == "maker/model"


async def test_a_task_may_use_a_model_that_is_not_offered():
    stage = Stage(said("a"))
    outputs = await stage.read(replace(REQUEST, caller=Caller.TASK, offer=Offer("other/model")))
    assert end_of(outputs).fault is None


async def test_the_next_attempt_waits_for_its_moment():
    stage, outputs = Stage([NOT_SENT], said("a")), list[Output]()
    reader = stage.reading(outputs)
    await until(lambda: 0.5 in stage.clock.moments)
    await settled()
    assert len(stage.responses.calls) == 1
    stage.clock.advance(0.5)
    await until(reader.done)
    assert (text_of(outputs), end_of(outputs).attempts) == ("a", 2)


async def test_the_wait_between_two_attempts_is_reported():
    stage, outputs = Stage([BUSY], said("a")), list[Output]()
    reader = stage.reading(outputs)
    await until(lambda: outputs)
    assert isinstance(outputs[0].status, TryingAgain)
    stage.clock.advance(7.0)
    await until(reader.done)


async def test_an_uncertain_failure_is_retried_for_a_free_model():
    stage = Stage([TIMED_OUT], said("a"))
    free = replace(MODEL, prompt_price=Decimal(0), completion_price=Decimal(0), listed_prices=(Decimal(0),))
    outputs = []

    async def read() -> None:
        async for output in stage.outputs(models=(free,)):
            outputs.append(output)

    reader = asyncio.get_running_loop().create_task(read())
    await until(lambda: 0.5 in stage.clock.moments)
    stage.clock.advance(0.5)
    await until(reader.done)
    assert end_of(outputs).reason is Reason.STOP


async def test_an_uncertain_failure_is_not_retried_for_a_paid_model():
    stage = Stage([TIMED_OUT])
    assert fault_of(await stage.read()).kind.name == "UPSTREAM_TIMEOUT"


async def test_a_waiting_person_gets_a_status_when_it_is_due():
    stage, outputs = Stage([Hang()]), list[Output]()
    reader = stage.reading(outputs)
    await until(lambda: 0.3 in stage.clock.moments)
    stage.clock.advance(0.3)
    await until(lambda: outputs)
    assert outputs == [ShowStatus(StillWaiting(1))]
    await stage.stop(reader)


async def test_without_statuses_the_readers_task_reads_upstream():
    stage, outputs = Stage([Hang()]), list[Output]()
    reader = stage.reading(outputs, replace(REQUEST, statuses=False))
    await until(lambda: stage.responses.open)
    await settled()
    stage.clock.advance(60.0)
    await settled()
    assert outputs == []
    assert "openrouter-pipe-upstream" not in {task.get_name() for task in asyncio.all_tasks()}
    await stage.stop(reader)


async def test_without_statuses_a_silent_upstream_times_out_and_is_retried():
    stage, outputs = Stage([Hang()], said("a")), list[Output]()
    free = replace(REQUEST, statuses=False, retry=RetryPolicy(uncertain_allowed=True))
    reader = stage.reading(outputs, free)
    await until(lambda: 600.0 in stage.clock.moments)
    stage.clock.advance(600.0)
    await until(lambda: len(stage.clock.moments) > 1 or reader.done())
    stage.clock.advance(5.0)
    await until(reader.done)
    assert (text_of(outputs), len(stage.responses.calls)) == ("a", 2)


async def test_an_upstream_that_falls_silent_times_out():
    stage, outputs = Stage([*said("half")[:1], Hang()]), list[Output]()
    reader = stage.reading(outputs)
    await until(lambda: outputs)
    stage.clock.advance(600.0)
    await until(reader.done)
    await stage.run_turn.drained()
    assert (text_of(outputs), fault_of(outputs).kind.name, stage.responses.open) == ("half", "TIMEOUT", 0)


async def test_an_iterator_that_just_ends_counts_as_a_closed_stream():
    stage = Stage(said("half")[:1])
    assert fault_of(await stage.read()).kind.name == "INTERRUPTED"


async def test_nothing_is_read_ahead_of_demand():
    stage = Stage(said("a", "b", "c"))
    outputs = stage.outputs()
    for number in (1, 2, 3):
        await anext(outputs)
        await settled()
        assert stage.responses.reads == number
    assert isinstance(await anext(outputs), Ended)
    await outputs.aclose()
    await stage.run_turn.drained()


async def test_nothing_is_read_ahead_while_a_reader_holds_a_status():
    stage = Stage([BUSY], said("a", "b", "c"))
    outputs = stage.outputs()
    assert isinstance(await anext(outputs), ShowStatus)
    stage.clock.advance(7.0)
    await settled()
    for number in (1, 2, 3):
        while not isinstance(await anext(outputs), ShowText):
            pass
        await settled()
        assert stage.responses.reads == number
    await outputs.aclose()
    await stage.run_turn.drained()


async def test_settlement_begins_before_the_last_output_is_taken():
    stage = Stage(said("a"))
    outputs = stage.outputs()
    await anext(outputs)
    await anext(outputs)
    await stage.run_turn.drained()
    assert (stage.responses.open, stage.places.taken, len(stage.log.named("turn_ended"))) == (0, 0, 1)
    await outputs.aclose()


async def test_parallel_turns_do_not_mix():
    stage = Stage(*(said(str(number), "!") for number in range(20)))
    turns = await asyncio.gather(*(stage.read() for _ in range(20)))
    assert sorted(text_of(outputs) for outputs in turns) == sorted(f"{number}!" for number in range(20))
    assert len({line.values["error_id"] for line in stage.log.named("turn_ended")}) == 20


# --- a place ------------------------------------------------------------------------------------------------


async def test_a_turn_without_a_place_waits_and_says_so():
    stage, outputs = Stage(said("a")), list[Output]()
    one = replace(REQUEST, bounds=Bounds(concurrent=1))
    assert stage.places.try_acquire(1)
    reader = stage.reading(outputs, one)
    await until(lambda: stage.places.waiting)
    assert (outputs, stage.responses.calls) == ([ShowStatus(WaitingForPlace())], [])
    stage.places.release()
    await until(reader.done)
    await stage.run_turn.drained()
    assert (text_of(outputs), stage.places.taken) == ("a", 0)


async def test_a_waiting_person_is_told_how_many_are_before_them():
    stage, outputs = Stage(said("a")), list[Output]()
    one = replace(REQUEST, bounds=Bounds(concurrent=1), statuses=True)
    assert stage.places.try_acquire(1)
    before = [stage.places.join(1, 10), stage.places.join(1, 10)]
    reader = stage.reading(outputs, one)
    await until(lambda: stage.places.waiting == 3)
    await until(lambda: outputs)
    before[0].leave()
    stage.clock.advance(2.0)
    await until(lambda: len(outputs) == 2)
    assert outputs == [ShowStatus(WaitingForPlace(2)), ShowStatus(WaitingForPlace(1))]
    before[1].leave()
    stage.places.release()
    await until(reader.done)
    await stage.run_turn.drained()
    assert stage.places.taken == 0


async def test_a_full_line_rejects_at_once():
    stage = Stage()
    assert stage.places.try_acquire(1)
    fault = fault_of(await stage.read(replace(REQUEST, bounds=Bounds(concurrent=1, queued=0))))
    assert (fault.kind.name, fault.http_status, fault.retry_after) == ("BUSY", 503, 5.0)
    assert (stage.responses.calls, stage.places.taken) == ([], 1)


async def test_a_turn_stopped_in_line_leaves_it_and_is_reported():
    stage, outputs = Stage(), list[Output]()
    assert stage.places.try_acquire(1)
    reader = stage.reading(outputs, replace(REQUEST, bounds=Bounds(concurrent=1)))
    await until(lambda: stage.places.waiting)
    stage.clock.advance(2.0)
    await stage.stop(reader)
    assert (stage.places.waiting, stage.places.taken) == (0, 1)
    assert stage.notices.seen == [TurnStopped(Timing(2.0))]
    assert stage.log.only("turn_ended").values["attempts"] == 0


# --- the timing log ----------------------------------------------------------------------------------------


async def test_the_stations_of_a_turn_reach_its_scope_in_order():
    seen = Stations()
    stage = Stage(said("a", "b"))
    async for _ in stage.run_turn.run(REQUEST, models=(MODEL,), personal=Personal(timing=seen)):
        pass
    await stage.run_turn.drained()
    order = ["assemble", "prepare", "turn_began", "attempt_began", "open_upstream", "first_output", "attempt_ended"]
    first = [label for label in dict.fromkeys(seen.labels) if label in order]
    assert first == order
    assert seen.labels.count("settle") == 2


class Stations:
    """A scope that notes labels."""

    def __init__(self) -> None:
        self.labels: list[str] = []

    def perf(self) -> float:
        return 0.0

    def record(self, station: Station) -> None:
        self.labels.append(station.label)

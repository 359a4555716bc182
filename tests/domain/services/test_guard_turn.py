"""The breakers around a turn: a person whose turns keep failing waits, a failing model is replaced."""

from collections.abc import Sequence
from dataclasses import replace

from domain.faults.fault import Fault, FaultKind
from domain.faults.retry import RetryPolicy
from domain.request.turn_request import Caller, Person, Tooling
from domain.services.guard_turn import PROBE_SECONDS
from domain.services.run_turn import Personal
from domain.turn.statuses import ModelReplaced
from domain.turn.steps import Ended, ShowStatus, ShowText
from ports.catalog import Model
from ports.response_events import UpstreamProblem
from ports.responses import Reach, Refused, Unreachable
from tests.domain.services.stage import MODEL, REQUEST, Stage, said
from tests.doubles.responses import Move, Refusing

FAST = Tooling(breaker_failures=3, breaker_window=60.0)
ANN = replace(REQUEST, person=Person("ann"), tooling=FAST)
BEN = replace(REQUEST, person=Person("ben"), tooling=FAST)
OTHER = Model("maker/other", "Other")
BROKEN = [Refusing(Refused(UpstreamProblem(504, "timeout", "no answer")))]
OVERLOADED: list[Move] = [Refusing(Refused(UpstreamProblem(503, "overloaded", "busy")))]
FALLEN_BACK: list[Sequence[Move]] = [OVERLOADED, said("a")] * 3
BAD = [Refusing(Refused(UpstreamProblem(400, "invalid_request", "no such field")))]
CUT_OFF = [Refusing(Unreachable("refused", reach=Reach.SENT))]


async def outcome(stage: Stage, request=ANN, models=(MODEL, OTHER)) -> str:
    """Run a turn; return the model that answered, or the fault."""
    outputs = [out async for out in stage.run_turn.run(request, models=models, personal=Personal(None, stage.notices))]
    await stage.run_turn.drained()
    end = outputs[-1]
    assert isinstance(end, Ended)
    return end.end.fault.kind.name if end.end.fault is not None else stage.responses.calls[-1].request.body.model


async def test_a_person_whose_turns_keep_failing_waits_and_nothing_is_sent():
    stage = Stage(*[BROKEN] * 3)
    assert [await outcome(stage) for _ in range(4)] == ["UPSTREAM_TIMEOUT"] * 3 + ["PAUSED"]
    assert len(stage.responses.calls) == 3


async def test_the_refusal_names_the_wait():
    stage = Stage(*[BROKEN] * 3)
    for _ in range(3):
        await outcome(stage)
    (refused,) = [out async for out in stage.run_turn.run(ANN, models=(MODEL,))]
    assert isinstance(refused, Ended)
    fault = refused.end.fault
    assert fault is not None
    assert (fault.kind, fault.http_status) == (FaultKind.PAUSED, 503)
    assert 1.0 <= (fault.retry_after or 0) <= 75.0


async def test_one_persons_failures_pause_nobody_else():
    stage = Stage(*[CUT_OFF] * 3, said("a"))
    for _ in range(3):
        await outcome(stage)
    assert await outcome(stage, BEN) == "maker/model"


async def test_after_the_pause_one_turn_probes_and_a_success_ends_it():
    stage = Stage(*[CUT_OFF] * 3, said("a"), said("b"))
    for _ in range(3):
        await outcome(stage)
    stage.clock.advance(80.0)
    assert [await outcome(stage), await outcome(stage)] == ["maker/model", "maker/model"]


async def test_the_persons_own_mistakes_never_count():
    stage = Stage(*[BAD] * 5)
    assert {await outcome(stage) for _ in range(5)} == {"BAD_REQUEST"}


async def test_a_stopped_probe_leaves_the_next_turn_to_probe():
    stage = Stage(*[CUT_OFF] * 3, said("a"), said("b"))
    for _ in range(3):
        await outcome(stage)
    stage.clock.advance(80.0)
    turn = stage.run_turn.run(ANN, models=(MODEL,))
    await anext(turn)
    await turn.aclose()
    await stage.run_turn.drained()
    assert await outcome(stage) == "maker/model"


async def test_background_tasks_are_never_paused():
    stage = Stage(*[BROKEN] * 5)
    task = replace(ANN, caller=Caller.TASK, task="title_generation")
    assert {await outcome(stage, task) for _ in range(5)} == {"UPSTREAM_TIMEOUT"}


async def test_a_model_that_keeps_failing_for_whoever_asks_is_replaced_by_the_fallback_model():
    stage = Stage(*[BROKEN] * 3, said("a"))
    for name in ("ann", "ben", "cid"):
        await outcome(stage, replace(ANN, person=Person(name)))
    request = replace(ANN, person=Person("dan"), fallback_model="maker/other")
    outputs = [output async for output in stage.run_turn.run(request, models=(MODEL, OTHER))]
    await stage.run_turn.drained()
    assert outputs[0] == ShowStatus(ModelReplaced("maker/model", "maker/other"))
    assert stage.responses.calls[-1].request.body.model == "maker/other"


async def test_a_model_in_whose_place_the_fallback_model_answers_counts_as_failed():
    own = replace(ANN, fallback_model="maker/other", retry=RetryPolicy(extra_attempts=0))
    stage = Stage(*FALLEN_BACK, said("b"))
    for name in ("ann", "ben", "cid", "dan"):
        assert await outcome(stage, replace(own, person=Person(name))) == "maker/other"
    called = [call.request.body.model for call in stage.responses.calls]
    assert called == ["maker/model", "maker/other"] * 3 + ["maker/other"]


async def test_a_model_that_keeps_failing_for_one_person_is_replaced_for_them():
    own = replace(ANN, fallback_model="maker/other", retry=RetryPolicy(extra_attempts=0))
    stage = Stage(*FALLEN_BACK, said("b"), said("c"))
    for _ in range(4):
        assert await outcome(stage, own) == "maker/other"
    assert await outcome(stage, replace(own, person=Person("ben"))) == "maker/model"
    called = [call.request.body.model for call in stage.responses.calls]
    assert called == ["maker/model", "maker/other"] * 3 + ["maker/other", "maker/model"]


async def test_a_model_that_recovers_for_one_person_is_called_again():
    own = replace(ANN, fallback_model="maker/other", retry=RetryPolicy(extra_attempts=0))
    stage = Stage(*FALLEN_BACK, *[said("b")] * 2)
    for _ in range(3):
        await outcome(stage, own)
    stage.clock.advance(80.0)
    assert [await outcome(stage, own) for _ in range(2)] == ["maker/model"] * 2


async def test_one_person_alone_replaces_a_model_for_nobody_else():
    stage = Stage(*[BROKEN] * 6, said("a"))
    for _ in range(3):
        await outcome(stage)
    request = replace(BEN, fallback_model="maker/other")
    assert await outcome(stage, request) == "UPSTREAM_TIMEOUT"
    assert stage.responses.calls[-1].request.body.model == "maker/model"


async def test_a_long_probe_keeps_the_person_out_for_a_minute_and_a_half_at_most():
    stage = Stage(*[CUT_OFF] * 3, said("a"), said("b"))
    for _ in range(3):
        await outcome(stage)
    stage.clock.advance(80.0)
    probe = stage.run_turn.run(ANN, models=(MODEL,))
    await anext(probe)

    async def fault_beside_it() -> Fault | None:
        (*_, last) = [output async for output in stage.run_turn.run(ANN, models=(MODEL,))]
        assert isinstance(last, Ended)
        return last.end.fault

    refused = await fault_beside_it()
    assert refused is not None
    assert refused.retry_after == PROBE_SECONDS + 30.0
    stage.clock.advance(PROBE_SECONDS + 30.0)
    assert await fault_beside_it() is None
    await probe.aclose()
    await stage.run_turn.drained()


async def test_without_a_fallback_model_a_failing_model_is_called_all_the_same():
    stage = Stage(*[BROKEN] * 3, said("a"))
    for name in ("ann", "ben", "cid"):
        await outcome(stage, replace(ANN, person=Person(name)))
    assert await outcome(stage, replace(ANN, person=Person("dan"))) == "maker/model"


async def test_a_broken_network_counts_against_no_model():
    stage = Stage(*[CUT_OFF] * 3, said("a"))
    for name in ("ann", "ben", "cid"):
        await outcome(stage, replace(ANN, person=Person(name)))
    request = replace(ANN, person=Person("dan"), fallback_model="maker/other")
    assert await outcome(stage, request) == "maker/model"


async def test_a_running_answer_is_never_cut_by_a_neighbours_failures():
    stage = Stage(said("one", "two"), *[BROKEN] * 3)
    running = stage.run_turn.run(ANN, models=(MODEL,))
    while not isinstance(await anext(running), ShowText):
        pass
    for _ in range(3):
        assert isinstance([output async for output in stage.run_turn.run(ANN, models=(MODEL,))][-1], Ended)
    rest = [output async for output in running]
    await stage.run_turn.drained()
    assert isinstance(rest[-1], Ended)
    assert rest[-1].end.fault is None

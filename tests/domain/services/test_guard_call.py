"""Ask a breaker before a call and report to it afterwards."""

import asyncio

import pytest

from adapters.memory.breaker_state import MemoryBreakerState
from domain.breakers.breaker import Change, Verdict
from domain.breakers.policy import Policy
from domain.services.guard_call import QUIET, TRIES, GuardCall, Reported
from domain.services.store_budget import PROBE_SECONDS, STORE_SECONDS
from tests.doubles.breaker_state import TroubledBreakerState
from tests.doubles.clock import FakeClock, until
from tests.doubles.ids import FakeIds
from tests.doubles.telemetry import RecordedTelemetry

F, S, N = Verdict.FAILURE, Verdict.SUCCESS, Verdict.NEUTRAL
POLICY = Policy(max_failures=2, window=60, cool_down=10, longest_cool_down=100, lease=5)
KEY = "tool:1"


class Guarded:
    """The use case with its ports."""

    def __init__(self, state=None) -> None:
        self.clock, self.telemetry = FakeClock(), RecordedTelemetry()
        self.state = state or MemoryBreakerState()
        self.guard = GuardCall(state=self.state, clock=self.clock, ids=FakeIds(0.0), telemetry=self.telemetry)

    async def call(self, verdict: Verdict, key: str = KEY, policy: Policy = POLICY) -> Reported:
        admission = await self.guard.admit(key, policy)
        assert admission.allowed
        return await self.guard.report(admission, verdict)

    async def opened(self) -> "Guarded":
        for _ in range(2):
            await self.call(F)
        return self


async def test_opening_reopening_and_closing_are_reported_with_the_cool_down():
    guarded = Guarded()
    told = [await guarded.call(F), await guarded.call(F)]
    guarded.clock.advance(10)
    told.append(await guarded.call(F))
    guarded.clock.advance(20)
    told.append(await guarded.call(S))
    assert told == [
        Reported(),
        Reported(Change.OPENED, 10.0),
        Reported(Change.REOPENED, 20.0),
        Reported(Change.CLOSED, 0.0),
    ]


async def test_an_open_breaker_rejects_and_returns_when_to_ask_again():
    guarded = await Guarded().opened()
    guarded.clock.advance(4)
    admission = await guarded.guard.admit(KEY, POLICY)
    assert (admission.allowed, admission.retry_after, admission.guarded) == (False, 6.0, True)
    assert await guarded.guard.check(KEY, POLICY) == 6.0


async def test_breakers_of_other_keys_stay_closed():
    guarded = await Guarded().opened()
    assert (await guarded.guard.admit("tool:2", POLICY)).allowed


async def test_checking_takes_no_probe():
    guarded = await Guarded().opened()
    guarded.clock.advance(10)
    assert await guarded.guard.check(KEY, POLICY) == 0.0
    assert (await guarded.guard.admit(KEY, POLICY)).probing


async def test_one_of_many_callers_probes_until_its_lease_expires():
    guarded = await Guarded().opened()
    guarded.clock.advance(10)
    for _ in range(3):
        admissions = await asyncio.gather(*(guarded.guard.admit(KEY, POLICY) for _ in range(50)))
        assert [admission.probing for admission in admissions if admission.allowed] == [True]
        guarded.clock.advance(5)


async def test_a_rejected_call_that_is_reported_changes_nothing():
    guarded = await Guarded().opened()
    refused = await guarded.guard.admit(KEY, POLICY)
    assert await guarded.guard.report(refused, S) == Reported()
    assert not (await guarded.guard.admit(KEY, POLICY)).allowed


async def test_a_call_reported_twice_counts_once():
    guarded = Guarded()
    admission = await guarded.guard.admit(KEY, POLICY)
    for _ in range(5):
        assert await guarded.guard.report(admission, F) == Reported()
    assert (await guarded.guard.admit(KEY, POLICY)).allowed


async def test_calls_that_fail_together_are_each_counted_and_open_it_once():
    policy = Policy(max_failures=40)
    guarded = Guarded(TroubledBreakerState())
    admissions = [await guarded.guard.admit(KEY, policy) for _ in range(50)]
    told = await asyncio.gather(*(guarded.guard.report(admission, F) for admission in admissions))
    assert [one.change for one in told if one.change] == [Change.OPENED]


async def test_calls_without_a_person_are_never_rejected_nor_counted():
    guarded = Guarded(TroubledBreakerState())
    for _ in range(9):
        assert await guarded.call(F, key="") == Reported()
    assert guarded.state.loads == 0


@pytest.mark.parametrize("verdict", [S, N, F])
async def test_a_call_loads_the_state_once(verdict):
    guarded = Guarded(TroubledBreakerState())
    await guarded.call(verdict)
    assert guarded.state.loads == 1


async def test_calls_of_one_round_load_the_state_once_and_later_ones_again():
    guarded = Guarded(TroubledBreakerState())
    for _ in range(8):
        await guarded.call(S)
    guarded.clock.advance(QUIET)
    await guarded.call(S)
    assert guarded.state.loads == 2


async def test_failures_elsewhere_are_seen_after_a_moment():
    guarded = Guarded()
    await guarded.call(S)
    other = Guarded(guarded.state)
    await other.opened()
    guarded.clock.advance(QUIET)
    assert not (await guarded.guard.admit(KEY, POLICY)).allowed


async def test_a_success_after_a_failure_is_counted():
    guarded = Guarded()
    for verdict in (F, S, F, S):
        assert await guarded.call(verdict) == Reported()
    assert (await guarded.state.load(KEY))[0] == ""


async def test_damaged_state_is_a_closed_breaker_and_overwritten_by_the_next_failure():
    guarded = Guarded(TroubledBreakerState("{damaged"))
    assert [(await guarded.call(F)).change for _ in range(2)] == [None, Change.OPENED]


async def test_an_unreachable_state_admits_calls_and_is_logged_once():
    guarded = await Guarded(TroubledBreakerState()).opened()
    guarded.state.down = True
    for _ in range(5):
        admission = await guarded.guard.admit(KEY, POLICY)
        assert (admission.allowed, admission.guarded) == (True, False)
        assert await guarded.guard.report(admission, F) == Reported()
    assert await guarded.guard.check(KEY, POLICY) == 0.0
    assert [line.name for line in guarded.telemetry.lines if line.level == "warning"] == ["breaker_state_unavailable"]


async def test_a_state_that_recovers_guards_again():
    guarded = await Guarded(TroubledBreakerState()).opened()
    guarded.state.down = True
    await guarded.guard.admit(KEY, Policy())
    guarded.state.down = False
    assert (await guarded.guard.admit(KEY, POLICY)).guarded


async def test_a_state_that_fails_during_a_report_delays_no_call():
    guarded = Guarded(TroubledBreakerState())
    admission = await guarded.guard.admit(KEY, POLICY)
    guarded.state.down = True
    assert await guarded.guard.report(admission, F) == Reported()


async def test_a_state_that_never_answers_admits_calls_and_is_skipped_for_a_while():
    guarded = Guarded(TroubledBreakerState())
    guarded.state.stuck = True
    asking = asyncio.create_task(guarded.guard.admit(KEY, POLICY))
    await until(lambda: guarded.state.loads and guarded.clock.moments)
    guarded.clock.advance(STORE_SECONDS)
    assert (await asking).allowed
    for _ in range(5):
        assert (await guarded.guard.admit(KEY, POLICY)).allowed
    assert guarded.state.loads == 1
    guarded.state.stuck = False
    guarded.clock.advance(PROBE_SECONDS)
    assert (await guarded.guard.admit(KEY, POLICY)).guarded


async def test_a_call_that_loses_a_race_tries_again():
    guarded = Guarded(TroubledBreakerState())
    guarded.state.overtaken = TRIES - 1
    await guarded.call(F)
    assert (await guarded.call(F)).change is Change.OPENED


async def test_a_call_that_loses_every_race_is_admitted():
    guarded = await Guarded(TroubledBreakerState()).opened()
    guarded.clock.advance(10)
    guarded.state.overtaken = 10**6
    assert (await guarded.guard.admit(KEY, POLICY)).allowed
    assert guarded.state.swaps == 2 + TRIES
    assert [line.name for line in guarded.telemetry.lines] == ["breaker_opened", "breaker_busy"]


async def test_cancelling_a_caller_is_not_swallowed():
    guarded = Guarded(TroubledBreakerState())
    guarded.state.stuck = True
    task = asyncio.create_task(guarded.guard.admit(KEY, POLICY))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

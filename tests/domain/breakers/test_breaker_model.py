"""Compare a breaker with a model that stores every call and recomputes everything."""

from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from domain.breakers.breaker import Breaker, Change, Verdict, ask, settle
from domain.breakers.policy import JITTER, Policy
from domain.breakers.text import MOST_CHARACTERS, read_breaker, write_breaker
from tests.domain.breakers.phases import Phase, phase_of
from tests.examples import examples

WINDOW, FIRST, CAP, LEASE = 10_000, 2_000, 9_000, 3_000


@dataclass
class Call:
    """One admitted call; `round` counts the openings and closings before it began."""

    token: str
    round: int
    probing: bool
    began: int


class BreakerMachine(RuleBasedStateMachine):
    """Calls begin and end in any order, or are never reported."""

    @initialize(limit=st.integers(1, 3))
    def begin(self, limit):
        self.policy = Policy(limit, WINDOW / 1000, FIRST / 1000, CAP / 1000, LEASE / 1000)
        self.limit, self.calls = limit, list[Call]()
        self.text, self.now, self.made = "", 1_770_000_000_000, 0
        self.round, self.counted, self.is_open = 0, [], False
        self.opened_at = self.length = 0
        self.holder: Call | None = None

    @rule(seconds=st.sampled_from([0.001, 0.4, 1.0, 1.999, 2.5, 3.0, 9.0, 10.0]))
    def time_passes(self, seconds):
        self.now += int(seconds * 1000)

    @rule(to_spare=st.sampled_from([-1, 0, 1]))
    def the_wait_ends(self, to_spare):
        """Advance to the next relevant time: the end of the cool-down or of the lease."""
        ends = [self.opened_at + self.length] if self.is_open else [self.now + WINDOW]
        ends += [self.holder.began + LEASE] if self.holder else []
        self.now = max(self.now, max(ends) + to_spare)

    @rule(jitter=st.sampled_from([0.0, 0.999]))
    def everything_fails(self, jitter):
        """Fail as many new calls as it takes to open the breaker."""
        for _ in range(self.limit):
            self._report(self._asked(), Verdict.FAILURE, jitter)

    @precondition(lambda self: self.is_open)
    @rule()
    def it_recovers(self):
        """Probe successfully as soon as possible."""
        self.the_wait_ends(0)
        self._report(self._asked(), Verdict.SUCCESS, 0.0)

    @rule(count=st.integers(1, 3))
    def ask(self, count):
        self.calls += [call for _ in range(count) if (call := self._asked())]

    def _asked(self):
        self.made += 1
        answer = ask(self.breaker, self.policy, self.now, f"T{self.made}")
        cooling = self.is_open and self.now < self.opened_at + self.length
        lent = self.holder is not None and self.now < self.holder.began + LEASE
        assert answer.allowed == (not self.is_open or not (cooling or lent))
        assert answer.probing == (answer.allowed and self.is_open)
        if cooling:
            assert answer.wait == self.opened_at + self.length - self.now
        self.text = write_breaker(answer.after)
        call = Call(f"T{self.made}", self.round, answer.probing, self.now)
        if answer.probing:
            self.holder = call
        return call if answer.allowed else None

    @precondition(lambda self: self.calls)
    @rule(which=st.integers(0, 9))
    def die(self, which):
        """Never report."""
        self._taken(which)

    @precondition(lambda self: self.calls)
    @rule(which=st.integers(0, 9), verdict=st.sampled_from(Verdict), jitter=st.sampled_from([0.0, 0.5, 0.999]))
    def report(self, which, verdict, jitter):
        self._report(self._taken(which), verdict, jitter)

    @precondition(lambda self: self.calls)
    @rule(which=st.integers(0, 9), verdict=st.sampled_from(Verdict))
    def report_the_probe(self, which, verdict):
        """Report a probe: the current one, or one whose lease has expired."""
        probes = [number for number, call in enumerate(self.calls) if call.probing]
        if probes:
            self._report(self._taken(probes[which % len(probes)]), verdict, 0.0)

    def _taken(self, which):
        return self.calls.pop(which % len(self.calls))

    def _report(self, call, verdict, jitter):
        if call is None:
            return
        token = call.token if call.probing else ""
        after, change = settle(
            self.breaker, self.policy, self.now, verdict, epoch=call.round, token=token, jitter=jitter
        )
        self.text = write_breaker(after)
        assert change is (self._probe_ends(call, verdict) if call.probing else self._call_ends(call, verdict))
        if change in (Change.OPENED, Change.REOPENED):
            self._opens(after, change)

    def _probe_ends(self, call, verdict):
        if self.holder is not call:
            return None
        self.holder = None
        if verdict is Verdict.SUCCESS:
            self.is_open, self.counted, self.length = False, [], 0
            self.round += 1
            return Change.CLOSED
        return Change.REOPENED if verdict is Verdict.FAILURE else None

    def _call_ends(self, call, verdict):
        if verdict is Verdict.NEUTRAL or call.round != self.round:
            return None
        self.counted.append((self.now, verdict is Verdict.FAILURE))
        return Change.OPENED if verdict is Verdict.FAILURE and self._is_too_much() else None

    def _is_too_much(self):
        recent = [failed for at, failed in self.counted if self.now - at < WINDOW]
        return len(recent) >= self.limit and all(recent[-self.limit :])

    def _opens(self, after, change):
        """The cool-down is the breaker's own choice within its bounds."""
        before = self.length if change is Change.REOPENED else 0
        assert max(before, FIRST) <= after.cool_down <= CAP
        assert before * (2 - 2 * JITTER) <= after.cool_down or after.cool_down >= CAP / (1 + JITTER) - 1
        self.is_open, self.opened_at, self.length, self.counted = True, self.now, after.cool_down, []
        self.round += 1

    @property
    def breaker(self) -> Breaker:
        return read_breaker(self.text)

    @invariant()
    def phases_agree(self):
        cooling = self.is_open and self.now < self.opened_at + self.length
        expected = Phase.OPEN if cooling else Phase.HALF_OPEN if self.is_open else Phase.CLOSED
        assert phase_of(self.breaker, self.now) is expected

    @invariant()
    def text_is_small(self):
        assert len(self.text) <= MOST_CHARACTERS


BreakerMachine.TestCase.settings = examples(120, stateful_step_count=40)
TestBreakerAgainstModel = BreakerMachine.TestCase

"""Random rounds of tools run by a simple driver, with failures, timeouts and cancellation at any moment."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from domain.tools.plan import CallLimits, Reader
from domain.turn.events import Begun, CallBegan, CallFinished, Cancelled, TimerFired, TurnEvent
from domain.turn.machine import Phase, TurnMachine, TurnPlan
from domain.turn.steps import (
    CallUpstream,
    CancelCall,
    ClearTimer,
    Finish,
    SetTimer,
    ShowCallResult,
    StartCall,
    Step,
)
from ports.toolbox import ToolResult
from tests.domain.turn.talk import REQUEST, call, completed, delta, done
from tests.examples import examples

ARGUMENTS = ('{"q": 1}', '{"q": 2}', '{"sequential": true}', '{"depends_on": "c0"}', '{"q": "c1 c2"}', "[1]", "")
CALLS = st.builds(
    call,
    st.sampled_from([f"c{number}" for number in range(6)]),
    st.sampled_from(["look", "look", "send", "other"]),
    st.sampled_from(ARGUMENTS),
)
ROUNDS = st.lists(st.lists(CALLS, min_size=1, max_size=9), min_size=1, max_size=5)
MOVES = st.lists(
    st.tuples(st.sampled_from(["begin", "finish", "finish", "fail", "wait"]), st.integers(0, 8)), max_size=60
)
LIMITS = st.builds(
    CallLimits,
    parallel=st.integers(1, 4),
    seconds=st.just(5.0),
    queue=st.integers(1, 6),
    round_seconds=st.sampled_from([5.0, 12.0]),
    still_seconds=st.sampled_from([None, 3.0]),
)


@dataclass
class Driver:
    """Runs the machine's commands and counts them."""

    machine: TurnMachine
    rounds: list[list[dict[str, object]]]
    now: float = 0.0
    timers: dict[str, float] = field(default_factory=dict)
    running: list[str] = field(default_factory=list)
    begun: set[str] = field(default_factory=set)
    ran: list[str] = field(default_factory=list)
    finished: dict[str, str] = field(default_factory=dict)
    results: list[str] = field(default_factory=list)
    bodies: list[CallUpstream] = field(default_factory=list)
    most: int = 0
    ends: int = 0

    def feed(self, *events: TurnEvent) -> None:
        for step in self.machine.feed_all(events, self.now):
            self.run(step)
        if self.machine.phase is Phase.CALLING:
            asked = self.rounds.pop(0) if self.rounds else []
            self.feed(*done(*asked), *([] if asked else [delta("Done")]), completed())

    def run(self, step: Step) -> None:
        match step:
            case StartCall(made):
                self.ran.append(made.call_id)
                self.running.append(made.call_id)
                self.most = max(self.most, len(self.running))
            case CancelCall(call_id):
                self.running.remove(call_id)
            case SetTimer(name, at):
                self.timers[name] = at
            case ClearTimer(name):
                self.timers.pop(name, None)
            case ShowCallResult(_, made, _):
                self.results.append(made.call_id)
            case CallUpstream():
                self.bodies.append(step)
            case Finish():
                self.ends += 1
            case _:
                pass

    def move(self, kind: str, number: int) -> None:
        if kind == "wait":
            self.pass_time(self.now + number)
        elif self.running:
            call_id = self.running[number % len(self.running)]
            if kind == "begin" or call_id not in self.begun:
                self.begun.add(call_id)
                self.feed(CallBegan(call_id))
            else:
                self.running.remove(call_id)
                self.finished[call_id] = f"result of {call_id}"
                self.feed(CallFinished(call_id, ToolResult(self.finished[call_id], failed=kind == "fail")))

    def pass_time(self, until: float) -> None:
        while due := sorted((at, name) for name, at in self.timers.items() if at <= until):
            at, name = due[0]
            self.now = max(self.now, at)
            del self.timers[name]
            self.feed(TimerFired(name))
        self.now = max(self.now, until)


def played(limits: CallLimits, rounds: list[list[dict[str, object]]], moves: list[tuple[str, int]]) -> Driver:
    plan = TurnPlan(
        REQUEST,
        runnable=frozenset({"look", "send"}),
        sequential=frozenset({"send"}),
        call_limits=limits,
        max_rounds=3,
        reader=Reader(100_000),
        idle_seconds=10_000.0,
    )
    driver = Driver(TurnMachine(plan), [list(asked) for asked in rounds])
    driver.feed(Begun())
    for kind, number in moves:
        driver.move(kind, number)
    return driver


def let_time_pass(driver: Driver) -> None:
    """Let no more calls finish: the time limits alone must end every round."""
    for _ in range(10):
        driver.pass_time(driver.now + 20.0)


def assert_whole(driver: Driver, limits: CallLimits) -> None:
    """Check what holds for every turn."""
    assert (driver.ends, driver.running) == (1, [])
    assert driver.most <= limits.parallel
    assert len(set(driver.ran)) == len(driver.ran)
    assert len(set(driver.results)) == len(driver.results)
    assert set(driver.ran) <= set(driver.results)
    for sent in driver.bodies:
        items = sent.request.body.input[1:]
        asked = [item["call_id"] for item in items if item["type"] == "function_call"]
        answered = {item["call_id"]: item["output"] for item in items if item["type"] == "function_call_output"}
        assert len(set(asked)) == len(asked)
        assert [item["call_id"] for item in items if item["type"] == "function_call_output"] == asked
        assert all(answered[call_id] == text for call_id, text in driver.finished.items() if call_id in answered)


@examples(80)
@given(LIMITS, ROUNDS, MOVES)
def test_time_alone_ends_every_round_and_every_call_has_one_output_in_order(limits, rounds, moves):
    driver = played(limits, rounds, moves)
    let_time_pass(driver)
    assert_whole(driver, limits)


@examples(60)
@given(LIMITS, ROUNDS, MOVES)
def test_a_stop_at_any_moment_leaves_every_call_with_one_output(limits, rounds, moves):
    driver = played(limits, rounds, moves)
    driver.feed(Cancelled())
    assert_whole(driver, limits)


@examples(40)
@given(LIMITS, ROUNDS, MOVES)
def test_no_round_takes_longer_than_its_limit(limits, rounds, moves):
    driver = played(limits, rounds, moves)
    began, bodies = driver.now, len(driver.bodies)
    driver.pass_time(began + limits.whole_round)
    assert driver.machine.ended or len(driver.bodies) > bodies


@examples(40)
@given(LIMITS, ROUNDS, MOVES)
def test_a_call_that_runs_alone_has_no_neighbour(limits, rounds, moves):
    plan_alone = {"send"}
    beside: list[tuple[str, ...]] = []

    class Watching(Driver):
        def run(self, step: Step) -> None:
            super().run(step)
            if isinstance(step, StartCall):
                names[step.call.call_id] = step.call.name
                beside.append(tuple(self.running))

    names: dict[str, str] = {}
    plan = TurnPlan(
        REQUEST,
        runnable=frozenset({"look", "send"}),
        sequential=frozenset(plan_alone),
        call_limits=limits,
        max_rounds=3,
    )
    driver = Watching(TurnMachine(plan), [list(asked) for asked in rounds])
    driver.feed(Begun())
    for kind, number in moves:
        driver.move(kind, number)
    assert all(len(running) == 1 for running in beside if any(names[one] in plan_alone for one in running))

"""One tool call: checked, admitted, recorded before it begins, run once, reported; any problem becomes one text."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace

import pytest

from domain.breakers.policy import Policy
from domain.services.guard_call import Admission
from domain.services.journal_calls import HOST_SECONDS, JournalCalls
from domain.services.run_call import CallPorts, CallTurn, Keep, RunCall
from domain.services.running_calls import OVERDUE
from domain.services.store_budget import PROBE_SECONDS, STORE_SECONDS, StoreHealth
from domain.tools.registry import merged
from domain.tools.replies import NOT_RECORDED, STARTED_BEFORE
from ports.cipher import Sealed
from ports.tool_runs import NOT_KEPT, ToolRun, ToolRunsUnavailable
from ports.toolbox import Failure, ToolCall, ToolRequest, ToolResult, ToolSpec
from tests.doubles.clock import FakeClock, until
from tests.doubles.offload import InlineOffload
from tests.doubles.slots import CountedSlots
from tests.doubles.telemetry import RecordedTelemetry

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
LOOK, SAFE = ToolSpec("look", "", CITY, "mcp:x"), ToolSpec("safe", "", CITY, "mcp:x", idempotent=True)
CALL = ToolCall("c1", "look", '{"city": "Perth"}')


class Runs:
    """Implements the used part of ToolRuns: stores keys; `lost` makes it unavailable."""

    def __init__(self) -> None:
        self.known: set[tuple[str, str]] = set()
        self.batches: list[int] = []
        self.finished: list[str] = []
        self.kept: list[Sealed | None] = []
        self.settled: list[str] = []
        self.lost = False

    async def start(self, runs: Collection[ToolRun]) -> frozenset[str]:
        await asyncio.sleep(0)
        if self.lost:
            raise ToolRunsUnavailable("gone")
        self.batches.append(len(runs))
        new = [run for run in runs if (run.call_id, run.arguments_hash) not in self.known]
        self.known |= {(run.call_id, run.arguments_hash) for run in new}
        return frozenset(run.call_id for run in new)

    async def finish(self, runs: Collection[ToolRun]) -> None:
        await asyncio.sleep(0)
        if self.lost:
            raise ToolRunsUnavailable("gone")
        self.finished += [run.call_id for run in runs]
        self.kept += [run.kept for run in runs]

    async def settle(self, namespace: str, turn_id: str) -> None:
        if self.lost:
            raise ToolRunsUnavailable("gone")
        self.settled.append(turn_id)


class Tools:
    """A toolbox that returns `answer`, raises it if it is an error, or waits forever if it is None."""

    def __init__(self, runs: Runs) -> None:
        self.runs = runs
        self.answer: ToolResult | Exception | None = ToolResult("sunny")
        self.requests: list[ToolRequest] = []
        self.known_when_called: list[int] = []

    def tools(self) -> tuple[ToolSpec, ...]:
        return LOOK, SAFE

    async def call(self, request: ToolRequest) -> ToolResult:
        self.requests.append(request)
        self.known_when_called.append(len(self.runs.known))
        if self.answer is None:
            await asyncio.get_running_loop().create_future()
        if isinstance(self.answer, Exception):
            raise self.answer
        assert self.answer is not None
        return self.answer


class Guard:
    """A breaker that admits or rejects as configured and records reports."""

    def __init__(self) -> None:
        self.allowed, self.breaks = True, False
        self.told: list[ToolResult | None] = []

    async def admit(self, spec: ToolSpec) -> Admission:
        return Admission(spec.name, Policy(), allowed=self.allowed, retry_after=30.0)

    async def report(self, spec: ToolSpec, admission: Admission, result: ToolResult | None) -> None:
        if self.breaks:
            raise OSError("gone")
        self.told.append(result)


class Place:
    """The runner with its ports."""

    def __init__(self, check: Callable[..., str] = lambda *_: "", *, parallel: int = 8, waiting: int = 8) -> None:
        self.runs, self.guard, self.slots = Runs(), Guard(), CountedSlots()
        self.tools, self.log, self.clock = Tools(self.runs), RecordedTelemetry(), FakeClock()
        self.tasks: list[asyncio.Task[None]] = []
        self.began: list[str] = []
        journal = JournalCalls(self.runs, StoreHealth(self.clock, self.log), self.own)  # type: ignore[arg-type]
        self.ports = CallPorts(
            self.tools, journal, self.guard, self.slots, InlineOffload(), check, self.clock, self.log
        )
        self.turn = CallTurn("ns", "turn", "user", parallel=parallel, waiting=waiting)
        self.runner = RunCall(merged(self.tools.tools()), self.ports, self.turn)

    def keep(self, keep: Keep) -> None:
        """Let results be kept."""
        self.ports = replace(self.ports, keep=keep)
        self.runner = RunCall(merged(self.tools.tools()), self.ports, self.turn)

    def own(self, work, name):
        self.tasks.append(asyncio.get_running_loop().create_task(work, name=name))

    async def run(self, call: ToolCall = CALL) -> ToolResult:
        return await self.runner.run(call, lambda: self.began.append(call.call_id))

    def start(self, call: ToolCall = CALL) -> "asyncio.Task[ToolResult]":
        return asyncio.get_running_loop().create_task(self.run(call))

    @property
    def outcome(self):
        return self.log.only("tool_call").values["outcome"]


async def test_a_call_runs_once_and_is_recorded_before_it_begins():
    place = Place()
    assert await place.run() == ToolResult("sunny")
    assert place.tools.requests == [ToolRequest(LOOK, {"city": "Perth"}, "turn/c1")]
    assert (place.tools.known_when_called, place.began, place.outcome) == ([1], ["c1"], "done")
    await until(lambda: place.runs.finished == ["c1"])
    assert (place.slots.taken, place.guard.told) == (0, [ToolResult("sunny")])


@pytest.mark.parametrize("name", ["look", "safe"])
async def test_a_call_that_was_started_before_runs_again_only_if_that_is_safe(name):
    place = Place()
    await place.run(replace(CALL, name=name))
    again = await place.run(replace(CALL, name=name))
    assert (again.text, len(place.tools.requests)) == ((STARTED_BEFORE, 1) if name == "look" else ("sunny", 2))


@pytest.mark.parametrize(("name", "text"), [("look", NOT_RECORDED), ("safe", "sunny")])
async def test_a_call_that_cannot_be_recorded_runs_only_if_that_is_safe(name, text):
    place = Place()
    place.runs.lost = True
    assert (await place.run(replace(CALL, name=name))).text == text
    assert place.slots.taken == 0


BAD = {
    "no JSON": '{"city": ',
    "a list": "[1]",
    "not valid": '{"city": 1}',
    "too deep": '{"city": ' + "[" * 5000,
}


@pytest.mark.parametrize("arguments", BAD.values(), ids=BAD)
async def test_bad_arguments_are_one_text_and_one_line_in_the_log(arguments):
    place = Place(lambda _, given: "city: 1 is no text" if given["city"] == 1 else "")
    result = await place.run(replace(CALL, arguments=arguments))
    assert result.text.startswith("Error: invalid arguments: ")
    assert (result.failed, result.begun, place.outcome) == (True, False, "invalid_arguments")
    assert (len(place.log.lines), place.guard.told, place.tools.requests, place.began) == (1, [], [], [])


async def test_an_unknown_tool_is_a_failed_result():
    place = Place()
    assert "no tool named 'nowhere'" in (await place.run(replace(CALL, name="nowhere"))).text
    assert place.outcome == "unknown_tool"


async def test_a_tool_whose_breaker_is_open_is_skipped():
    place = Place()
    place.guard.allowed = False
    result = await place.run()
    assert "paused for about 30 s" in result.text
    assert (place.outcome, place.guard.told, place.runs.known) == ("skipped", [], set())


async def test_an_unexpected_error_of_a_tool_counts_as_its_failure():
    place = Place()
    place.tools.answer = ValueError("secret")
    result = await place.run()
    assert (result.text, result.failure, place.guard.told) == ("Error: the tool failed.", Failure.RAISED, [result])
    assert "secret" not in repr(place.log.lines)


async def test_a_failing_breaker_does_not_lose_the_result():
    place = Place()
    place.guard.breaks = True
    assert (await place.run()).text == "sunny"


async def test_characters_no_text_can_hold_are_replaced_in_a_result():
    place = Place()
    place.tools.answer = ToolResult("a\x00\ud800")
    assert (await place.run()).text == "a\ufffd\ufffd"


async def test_a_defect_of_ours_is_a_failed_result():
    place = Place(check=lambda *_: str(1 / 0))
    assert (await place.run()).text == "Error: the tool could not be run."
    assert place.outcome == "defect: ZeroDivisionError"


@pytest.mark.parametrize(("message", "outcome"), [(OVERDUE, "overdue"), (None, "stopped")])
async def test_a_cancelled_call_returns_its_place_and_stays_recorded_as_started(message, outcome):
    place = Place()
    place.tools.answer = None
    task = place.start()
    await until(lambda: place.began)
    task.cancel(message)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (place.slots.taken, place.runs.finished, place.outcome) == (0, [], outcome)
    (told,) = place.guard.told
    assert (told.failure if told is not None else None) is (Failure.OVERDUE if message == OVERDUE else None)


async def test_a_call_begins_only_when_the_process_has_a_place():
    place = Place(parallel=1)
    place.tools.answer = None
    first = place.start()
    await until(lambda: place.began)
    second = place.start(replace(CALL, call_id="c2"))
    await until(lambda: place.slots.waiting)
    assert (place.began, len(place.runs.known)) == (["c1"], 1)
    second.cancel()
    first.cancel()
    await asyncio.wait((first, second))
    assert (place.slots.taken, place.slots.waiting) == (0, 0)


async def test_a_call_is_rejected_if_the_line_is_full():
    place = Place(parallel=1, waiting=0)
    place.tools.answer = None
    first = place.start()
    await until(lambda: place.began)
    assert "too many tools" in (await place.run(replace(CALL, call_id="c2"))).text
    first.cancel()
    await asyncio.wait((first,))


async def test_calls_that_begin_together_are_recorded_together():
    place = Place()
    calls = [place.start(replace(CALL, call_id=f"c{number}")) for number in range(8)]
    await asyncio.gather(*calls)
    await until(lambda: len(place.runs.finished) == 8)
    assert place.runs.batches == [8]


async def test_a_call_cancelled_before_it_began_does_not_count_as_possibly_run():
    place, gate = Place(), asyncio.Event()
    start = place.runs.start

    async def slowly(runs):
        new = await start(runs)
        await gate.wait()
        return new

    place.runs.start = slowly
    task = place.start()
    await until(lambda: place.runs.known)
    task.cancel()
    await asyncio.wait((task,))
    gate.set()
    await until(lambda: place.runs.finished == ["c1"])
    assert (place.began, place.slots.taken) == ([], 0)


async def test_an_unexpected_error_of_the_store_rejects_calls_and_leaves_none_waiting():
    place = Place()

    async def breaking(runs):
        raise KeyError("defect")

    place.runs.start = breaking
    assert (await place.run()).text == NOT_RECORDED
    (task,) = place.tasks
    await asyncio.wait((task,))
    assert isinstance(task.exception(), KeyError)


async def test_calls_of_two_turns_with_the_same_id_are_distinguished():
    place = Place()
    other = RunCall(merged(place.tools.tools()), place.ports, replace(place.turn, turn_id="other"))
    moved = replace(CALL, arguments='{"city": "Oslo"}')
    results = await asyncio.gather(place.run(), other.run(moved, lambda: None))
    assert [result.text for result in results] == ["sunny", "sunny"]
    assert place.runs.batches == [1, 1]


async def test_calls_of_a_round_are_rejected_at_once_while_the_store_hangs_and_probe_it_together():
    place = Place()
    start, stuck = place.runs.start, asyncio.Event()

    async def hanging(runs):
        await stuck.wait()
        return await start(runs)

    place.runs.start = hanging
    task = place.start()
    await until(lambda: len(place.clock.moments) == 2)
    place.clock.advance(STORE_SECONDS)
    assert (await task).text == NOT_RECORDED
    assert (await place.run(replace(CALL, call_id="c2"))).text == NOT_RECORDED
    place.runs.start = start
    place.clock.advance(PROBE_SECONDS)
    calls = [place.start(replace(CALL, call_id=f"d{number}")) for number in range(8)]
    assert {result.text for result in await asyncio.gather(*calls)} == {"sunny"}
    assert len(place.log.named("tool_runs_unavailable")) == 1


# --- what is kept of a result ---------------------------------------------------------------------------------


async def test_a_result_is_kept_with_the_end_of_its_call_and_does_not_wait_for_that():
    place, gate = Place(), asyncio.Event()

    async def keep(run: ToolRun, call: ToolCall, result: ToolResult) -> Sealed:
        await gate.wait()
        return Sealed(f"{call.name} {result.text}".encode())

    place.keep(keep)
    assert await place.run() == ToolResult("sunny")
    assert place.runs.finished == []
    gate.set()
    await until(lambda: place.runs.finished == ["c1"])
    assert place.runs.kept == [Sealed(b"look sunny")]


async def test_a_result_that_cannot_be_sealed_is_lost_and_its_call_has_ended_all_the_same():
    place = Place()

    async def keep(run: ToolRun, call: ToolCall, result: ToolResult) -> Sealed:
        raise OSError("a defect")

    place.keep(keep)
    await place.run()
    await until(lambda: place.runs.finished == ["c1"])
    assert place.runs.kept == [NOT_KEPT]
    assert [task.exception() for task in place.tasks if task.done() and task.exception()]


async def test_without_keeping_the_turn_is_settled_at_its_end():
    place = Place()
    await place.run()
    await until(lambda: place.runs.finished == ["c1"])
    await place.runner.settle()
    assert (place.runs.kept, place.runs.settled) == ([NOT_KEPT], ["turn"])


async def test_a_turn_with_results_is_settled_after_a_while_by_a_later_one():
    place = Place()

    async def keep(run: ToolRun, call: ToolCall, result: ToolResult) -> Sealed:
        return Sealed(b"x")

    place.keep(keep)
    await place.run()
    await place.runner.settle()
    place.clock.advance(HOST_SECONDS - 1)
    await place.runner.settle()
    assert place.runs.settled == []
    place.clock.advance(2)
    await place.runner.settle()
    assert place.runs.settled == ["turn"]


async def test_a_turn_without_calls_has_nothing_to_settle():
    place = Place()
    await place.runner.settle()
    assert place.runs.settled == []


async def test_a_settlement_that_the_store_rejects_is_a_warning():
    place = Place()
    await place.run()
    await until(lambda: place.runs.finished == ["c1"])
    place.runs.lost = True
    await place.runner.settle()
    assert place.log.only("tool_runs_unavailable").values["reason"] == "gone"

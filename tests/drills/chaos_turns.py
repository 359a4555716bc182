"""Thousands of turns through the whole core against the chaotic upstream: each ends with text or with one named fault.

Some call tools that fail or hang, some are stopped by their reader at any moment. Nothing may be left afterwards.
"""

import asyncio
import time
from collections import Counter, defaultdict
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from domain.faults.fault import FaultKind
from domain.request.turn_request import Caller, Person
from domain.services.list_models import Listing
from domain.tools.replies import SILENT
from domain.turn.statuses import TryingAgain
from domain.turn.steps import End, Ended, Output, Reason, ShowStatus, ShowText
from entrypoints.core.caller_request import CallerHistory, CallerRequest
from entrypoints.core.open_core import Core, open_core
from entrypoints.core.storage_location import IN_MEMORY, StorageLocation, sqlite_location
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret
from ports.toolbox import ToolRequest, ToolResult, ToolSpec
from tests.drills.chaos_answers import BEHAVIOURS, PART, TEXT
from tests.drills.chaos_counts import Held, complaints, held
from tests.drills.chaos_frames import SENTENCE
from tests.drills.chaos_upstream import chaotic_upstream, plan_of

AT_ONCE = 40
NOTHING = Held(0, 0, 0)
LIMIT = 2
"""Seconds without a byte after which an attempt fails; also the longest connect and the longest tool call."""
SPEAKS = 3.0
"""Seconds for which the upstream of this drill speaks at most in one attempt, on a busy machine."""
QUIET = 2.0
"""Seconds that one wait between attempts may last without a status that names it."""
SLACK = 3.0
NOISE = frozenset({"UNREACHABLE", "TIMEOUT", "INTERRUPTED"})
"""Faults that any turn may meet: a kept connection was closed, or the machine is busy. They must be rare."""
RARE = 0.01
GROWTH = 24 << 20
"""Bytes by which memory may grow between the first half and the end."""
MODELS = ("chaos/model", "chaos/chat")


@dataclass
class Figures:
    """The counts; `misses` lists what must not happen."""

    turns: int = 0
    stopped: int = 0
    attempts: int = 0
    noise: int = 0
    unlucky: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    met: set[str] = field(default_factory=set)
    longest: float = 0.0
    before: Held = NOTHING
    half: Held = NOTHING
    after: Held = NOTHING
    closed: Held = NOTHING
    seconds: float = 0.0
    misses: list[str] = field(default_factory=list)

    def lines(self) -> dict[str, object]:
        """Return what to print."""
        held_of = (self.before, self.half, self.after, self.closed)
        return {
            "chaos turns, stopped by the reader": f"{self.turns}, {self.stopped}",
            "attempts, answers of upstream met": f"{self.attempts}, {len(self.met)} of {len(BEHAVIOURS)}",
            "ends": dict(self.ends.most_common()),
            "unlucky ends, allowed": f"{self.noise}, {max(10, RARE * self.turns):.0f}",
            "longest turn (s)": f"{self.longest:.1f}",
            "open files": [one.files for one in held_of],
            "threads": [one.threads for one in held_of],
            "memory (MB)": [one.memory >> 20 for one in held_of],
            "turns a second": f"{self.turns / self.seconds:.0f}" if self.seconds else "0",
        }


PAUSING = frozenset({FaultKind.BAD_KEY, FaultKind.FORBIDDEN})
"""Refusals of a key after which background tasks are not sent for a while."""


class Tools:
    """Implements Toolbox: `work` answers, `fail` raises, `hang` never ends."""

    def tools(self) -> tuple[ToolSpec, ...]:
        """Return the three tools."""
        schema = {"type": "object", "properties": {}}
        return tuple(ToolSpec(name, "", schema, "workspace") for name in ("work", "fail", "hang"))

    async def call(self, request: ToolRequest) -> ToolResult:
        """Run one call."""
        if request.spec.name == "hang":
            await asyncio.get_running_loop().create_future()
        if request.spec.name == "fail":
            raise RuntimeError("this tool fails")
        return ToolResult("worked")


class Attempts:
    """Pairs the beginnings of attempts with their ends, as the log of the core has them."""

    def __init__(self, core: Core) -> None:
        self.open: defaultdict[str, list[int]] = defaultdict(list)
        self.began = 0
        self.misses: list[str] = []
        telemetry: Any = core.telemetry
        write = telemetry.event

        def event(level: str, name: str, **values: Any) -> None:
            self._note(name, values)
            if level in ("error", "critical") and name != "tool_broke":
                self.misses.append(f"log: {name} {values}"[:500])
            write(level, name, **values)

        telemetry.event = event

    def _note(self, name: str, values: dict[str, Any]) -> None:
        error_id = str(values.get("error_id"))
        if name == "attempt_began":
            self.began += 1
            if self.open[error_id]:
                self.misses.append(f"{error_id}: attempt {values['attempt']} began before another one ended")
            self.open[error_id].append(values["attempt"])
        elif name == "attempt_ended":
            if self.open[error_id] != [values["attempt"]]:
                self.misses.append(f"{error_id}: attempt {values['attempt']} ended, open were {self.open[error_id]}")
            del self.open[error_id]


@dataclass
class Turn:
    """One turn: what decides it, and what its reader saw. `leaves`: after how many outputs or seconds it stops."""

    seed: int
    tools: bool
    leaves: float | None = None
    text: str = ""
    statuses: list[TryingAgain] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)
    after_end: int = 0
    seconds: float = 0.0
    lag: float = 0.0

    def take(self, output: Output) -> None:
        """Note an output."""
        self.after_end += bool(self.ends)
        match output:
            case ShowText(text=text):
                self.text += text
            case ShowStatus(TryingAgain() as status):
                self.statuses.append(status)
            case Ended(end):
                self.ends.append(end)
            case _:
                pass


class Chaos:
    """The turns of one run."""

    def __init__(self, core: Core, url: str, count: int, seed: int, figures: Figures) -> None:
        self._core, self._url, self._count, self._figures = core, url, count, figures
        self._lag = 0.0  # seconds by which the loop was late, in all
        self._seeds = iter(range(seed * 10_000_000, seed * 10_000_000 + count))
        self._usual = Settings(
            api_key=Secret("sk-or-v1-chaos"),
            base_url=url,
            http_connect_timeout_seconds=LIMIT,
            http_sock_read_seconds=LIMIT,
            force_chat_completions_models="chaos/chat",
            max_function_call_loops=3,
            tool_timeout_seconds=LIMIT,
            tool_batch_timeout_seconds=LIMIT,
            breaker_max_failures=50,
            max_concurrent_requests=AT_ONCE,
            persist_tool_results=True,
        )

    async def run(self) -> None:
        """Run all turns, AT_ONCE at a time."""
        pulse = asyncio.create_task(self._pulse())
        await asyncio.gather(*(self._worker() for _ in range(AT_ONCE)))
        pulse.cancel()
        await self._core.drained()

    async def _pulse(self) -> None:
        """Measure how late the loop is: no limit can end a turn earlier than that."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + 0.02
            await asyncio.sleep(0.02)
            self._lag += loop.time() - due

    async def _worker(self) -> None:
        for seed in self._seeds:
            await self._one(seed)
            if self._figures.turns == self._count // 2:
                self._figures.half = held()

    async def _one(self, seed: int) -> None:
        rng = Random(f"turn {seed}")
        turn = Turn(seed, tools=rng.random() < 0.3, leaves=rng.uniform(0, 0.4) if rng.random() < 0.1 else None)
        settings = self._settings(rng, f"{seed}{'t' * turn.tools}")
        stored = rng.random() < 0.3
        asked = CallerRequest(
            rng.choice(MODELS),
            ({"role": "user", "content": f"Say it. chaos-{seed}"},),
            caller=Caller.PAGE if turn.tools or rng.random() < 0.5 else rng.choice((Caller.API, Caller.TASK)),
            person=Person(f"person-{seed % 500}", f"chat-{seed}", f"message-{seed}"),
            history=CallerHistory("chaos" if stored else ""),
        )
        reading = asyncio.create_task(self._read(turn, asked, settings, rng))
        began, lag = time.monotonic(), self._lag
        if turn.leaves is not None:
            await asyncio.wait((reading,), timeout=turn.leaves)
            reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading
        turn.seconds, turn.lag = time.monotonic() - began, self._lag - lag
        self._judge(turn, asked, stopped=reading.cancelled())

    def _settings(self, rng: Random, mark: str) -> Settings:
        return replace(
            self._usual,
            http_referer_override=f"https://chaos.example/chaos-{mark}/",
            retry_uncertain=rng.random() < 0.2,
            fallback_model="chaos/other" if rng.random() < 0.2 else "",
            max_sse_event_mb=4 if rng.random() < 0.2 else 32,
        )

    async def _read(self, turn: Turn, asked: CallerRequest, settings: Settings, rng: Random) -> None:
        toolbox = Tools() if turn.tools else None
        start = self._core.turn(asked, settings, Listing(), toolbox=toolbox)
        slow = rng.random() < 0.05
        async with aclosing(start(asyncio.current_task())) as outputs:
            async for output in outputs:
                turn.take(output)
                if slow:
                    await asyncio.sleep(0.01)

    def _judge(self, turn: Turn, asked: CallerRequest, *, stopped: bool) -> None:
        figures = self._figures
        figures.turns += 1
        plan = plan_of(turn.seed, turn.tools)
        wrong: list[str] = []
        shown = turn.text.replace("\ufffd", "").replace("\x00", "")
        if not SENTENCE.startswith(shown.strip()) and not (turn.tools and shown == SILENT):
            wrong.append(f"the text is {turn.text[:300]!r}")
        if turn.after_end or len(turn.ends) > 1 or not (stopped or turn.ends):
            wrong.append(f"{len(turn.ends)} ends, {turn.after_end} outputs after the end")
        if stopped:
            figures.stopped += 1
        elif turn.ends:
            wrong += self._judge_end(turn, asked, plan, shown)
        for what in wrong:
            figures.misses.append(f"turn {turn.seed} ({plan}, {asked.caller.value}, {asked.model}): {what}")

    def _judge_end(self, turn: Turn, asked: CallerRequest, plan: list[str], shown: str) -> list[str]:
        figures, end = self._figures, turn.ends[0]
        figures.longest = max(figures.longest, turn.seconds)
        figures.attempts += end.attempts
        figures.met.update(name for name in plan[: end.attempts] if name in BEHAVIOURS)
        kind = end.fault.kind if end.fault else None
        whole = shown.strip() == SENTENCE or shown == SILENT
        what = kind.name if kind else TEXT if whole else PART if shown else "nothing at all"
        figures.ends[f"{what}"] += 1
        if kind is FaultKind.INTERNAL:
            return [f"INTERNAL: {end.fault}"]
        if (end.fault is None) == (end.reason is Reason.FAULT):
            return [f"{end.reason} with {end.fault}"]
        paused = asked.caller is Caller.TASK and not end.attempts and kind in PAUSING
        wrong = (
            []
            if paused or self._expected(what, end, plan)
            else [f"ended with {what}: {end.fault}, {end.attempts} attempts"]
        )
        budget = self._budget(turn, end)
        if turn.seconds > budget:
            wrong.append(f"took {turn.seconds:.1f} s, its budget is {budget:.1f} s")
        return wrong

    def _expected(self, what: str, end: End, plan: list[str]) -> bool:
        ends = [self._ends(name) for name in plan]
        last = ends[min(end.attempts, len(ends)) - 1]
        if what in last:
            return True
        if what in NOISE or any(what in one for one in ends[: end.attempts]):
            self._figures.noise += 1
            self._figures.unlucky[f"{what} after {plan[min(end.attempts, len(plan)) - 1]}"] += 1
            return True
        return False

    @staticmethod
    def _ends(name: str) -> frozenset[str]:
        if name == "call":
            return frozenset({"TOOL_ROUNDS"})
        if name == "nothing_said":
            return frozenset({"EMPTY", TEXT})  # after tools we say so
        large = {"EVENT_TOO_LARGE"} if name == "long_line" else set()
        return BEHAVIOURS[name].ends | large

    def _budget(self, turn: Turn, end: End) -> float:
        """Return the seconds a turn may take: limits of its attempts and tools, and its waits."""
        told = sum(status.seconds for status in turn.statuses)
        quiet = QUIET * max(0, end.attempts - 1 - len(turn.statuses))
        tools = LIMIT * end.rounds if turn.tools else 0.0
        return end.attempts * (2 * LIMIT + SPEAKS) + told + quiet + tools + turn.lag + SLACK


def run(count: int, seed: int = 0) -> Figures:
    """Run `count` turns and count what is left afterwards."""
    figures = Figures()
    with chaotic_upstream() as url, TemporaryDirectory(prefix="chaos-") as folder, complaints() as collected:
        for warm in (200, count):  # first the libraries load what they need
            warming = warm != count or count <= 200
            here = Figures() if warming and count > 200 else figures
            here.before = held()
            began = time.monotonic()
            with asyncio.Runner() as runner:
                runner.get_loop().set_exception_handler(collected.of_loop)
                place = sqlite_location(Path(folder) / "store.db")
                runner.run(_run(url, warm, seed + (warm != count) * 77, here, place))
            here.closed = held()
            here.seconds = time.monotonic() - began
            if here is not figures:
                figures.misses += here.misses
            elif count <= 200:
                break
    figures.misses += collected.found
    _judge_left(figures)
    return figures


async def _run(url: str, count: int, seed: int, figures: Figures, place: StorageLocation = IN_MEMORY) -> None:
    loop = asyncio.get_running_loop()
    usual = Settings(api_key=Secret("sk-or-v1-chaos"), base_url=url)
    async with open_core(usual, place) as core:
        attempts = Attempts(core)
        await Chaos(core, url, count, seed, figures).run()
        figures.after = held()
        figures.misses += attempts.misses
        left = [error_id for error_id, numbers in attempts.open.items() if numbers]
        if left:
            figures.misses.append(f"{len(left)} attempts never ended")
    await loop.shutdown_default_executor()
    tasks = asyncio.all_tasks(loop) - {asyncio.current_task()}
    figures.misses += [f"left running: {task}" for task in tasks]


def _judge_left(figures: Figures) -> None:
    before, closed = figures.before, figures.closed
    if closed.files > before.files:
        figures.misses.append(f"{closed.files - before.files} files or sockets are left open")
    if closed.threads > before.threads:
        figures.misses.append(f"{closed.threads - before.threads} threads are left")
    if figures.half.memory and figures.after.memory > figures.half.memory + GROWTH:
        figures.misses.append(f"memory grew from {figures.half.memory >> 20} to {figures.after.memory >> 20} MB")
    if figures.noise > max(10, RARE * figures.turns):
        figures.misses.append(f"{figures.noise} turns ended otherwise than their last answer explains")
    if figures.turns >= 1_000 and len(figures.met) < len(BEHAVIOURS):
        figures.misses.append(f"never met: {sorted(BEHAVIOURS.keys() - figures.met)}")

"""Overload: far more requests at once than the process has slots, through the whole core.

The slots run, the line waits, the rest is refused at once; everybody gets a fair share at every tenth of the run, even
if one person sends half of all requests; stopping half of them frees their places; a changed limit counts at once.
"""

import asyncio
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from heapq import heapify, heappop, heapreplace
from random import Random

from adapters.process.slots import ProcessSlots
from adapters.process.state import shared_state
from domain.faults.fault import FaultKind
from domain.request.turn_request import Caller, Person
from domain.services.list_models import Listing
from domain.turn.statuses import WaitingForPlace
from domain.turn.steps import Ended, Output, ShowStatus, ShowText
from entrypoints.core.caller_request import CallerRequest
from entrypoints.core.open_core import Core, open_core
from entrypoints.core.storage_location import IN_MEMORY
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret
from tests.drills.chaos_counts import complaints
from tests.drills.chaos_frames import SENTENCE
from tests.drills.chaos_upstream import chaotic_upstream

SLOTS, LINE, PEOPLE, REQUESTS = 200, 1_000, 20, 1_200
MORE = 300
"""Requests that come when the line is full."""
REFUSED_SECONDS = 0.1
FREED_SECONDS = 1.0
SHARE = 0.25
"""How far the part of one person may be from the fair share."""
HELD_MS = 2_000
"""How long one answer takes."""
WAITING_BYTES = 64 * 1024
"""Memory that one waiting request may take."""


@dataclass
class Asked:
    """One request: whose it is, and when what happened to it (s of the monotonic clock)."""

    person: int
    sent: float = 0.0
    begun: float | None = None
    ended: float | None = None
    refused: bool = False
    waited: bool = False
    text: str = ""
    wrong: str = ""
    task: "asyncio.Task[None] | None" = None

    @property
    def settled(self) -> bool:
        """Whether it runs, waits or was refused."""
        return self.waited or self.begun is not None or self.ended is not None

    def take(self, output: Output) -> None:
        """Note an output."""
        match output:
            case ShowText(text=text):
                self.begun = self.begun or time.monotonic()
                self.text += text
            case ShowStatus(WaitingForPlace()):
                self.waited = True
            case Ended(end):
                self.ended = time.monotonic()
                self.refused = end.fault is not None and end.fault.kind is FaultKind.BUSY
                if self.refused and not (end.fault and end.fault.retry_after):
                    self.wrong = "a refusal names no wait"
                if end.fault is not None and not self.refused:
                    self.wrong = f"{end.fault}"
            case _:
                pass


@dataclass
class Figures:
    """The counts; `misses` lists what must not happen."""

    crowds: dict[str, str] = field(default_factory=dict)
    refusals: list[float] = field(default_factory=list)
    worst_share: float = 0.0
    bytes_waiting: int = 0
    freed: float = 0.0
    limits: list[str] = field(default_factory=list)
    misses: list[str] = field(default_factory=list)

    def lines(self) -> dict[str, object]:
        """Return what to print."""
        return {
            **{f"crowd, {name}": figure for name, figure in self.crowds.items()},
            "refused within, of 1,000 (ms)": f"{1000 * _quantile(self.refusals, 0.999):.1f} ({len(self.refusals)})",
            "farthest from the fair share": f"{self.worst_share:.0%}",
            "bytes a waiting request takes": f"{self.bytes_waiting:,}",
            "places freed by stops after (s)": f"{self.freed:.2f}",
            "changed limits": "; ".join(self.limits),
        }


def _quantile(values: Sequence[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(part * len(values)))] if values else 0.0


class Crowd:
    """Requests sent at once to one core."""

    def __init__(self, core: Core, settings: Settings) -> None:
        self.core, self.settings = core, settings
        self.all: list[Asked] = []

    def send(self, people: Sequence[int], settings: Settings | None = None) -> list[Asked]:
        """Send one request for each person named, at once."""
        asked = [Asked(person, sent=time.monotonic()) for person in people]
        for one in asked:
            one.task = asyncio.create_task(self._read(one, settings or self.settings))
        self.all += asked
        return asked

    def taken(self) -> list[Asked]:
        """Return the requests whose answer has begun and not ended."""
        return [one for one in self.all if one.begun is not None and not _over(one)]

    def waiting(self) -> list[Asked]:
        """Return the requests that wait for a slot."""
        return [one for one in self.all if one.begun is None and not _over(one)]

    async def over(self, asked: Sequence[Asked], seconds: float) -> bool:
        """Wait until these requests are over; False if that takes too long."""
        tasks = [one.task for one in asked if one.task is not None]
        _, pending = await asyncio.wait(tasks, timeout=seconds)
        return not pending

    async def _read(self, asked: Asked, settings: Settings) -> None:
        request = CallerRequest(
            "chaos/model",
            ({"role": "user", "content": "Say it."},),
            caller=Caller.PAGE,
            person=Person(f"person-{asked.person}", f"chat-{id(asked)}"),
        )
        start = self.core.turn(request, settings, Listing())
        async with aclosing(start(asyncio.current_task())) as outputs:
            async for output in outputs:
                asked.take(output)


async def _until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until a condition holds; False if that takes too long."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        await asyncio.sleep(0.005)
    return True


def _over(asked: Asked) -> bool:
    return asked.task is None or asked.task.done()


def fair_shares(demands: Mapping[int, int], first: Mapping[int, int], total: int) -> dict[int, int]:
    """Return who has had what of `total` if from `first` on whoever has had the least is always next.

    What the first ones got while slots were free is taken back from nobody; nobody gets more than asked.
    """
    shares = {person: first.get(person, 0) for person in demands}
    lowest = [(share, person) for person, share in shares.items() if share < demands[person]]
    heapify(lowest)
    for _ in range(total - sum(shares.values())):
        share, person = lowest[0]
        shares[person] = share + 1
        if shares[person] < demands[person]:
            heapreplace(lowest, (share + 1, person))
        else:
            heappop(lowest)
    return shares


def _people(rng: Random, requests: int, *, greedy: bool) -> list[int]:
    """Return whose request comes when; `greedy`: person 0 sends half of them."""
    if greedy:
        people = [0] * (requests // 2) + [1 + number % (PEOPLE - 1) for number in range(requests - requests // 2)]
    else:
        people = [number % PEOPLE for number in range(requests)]
    rng.shuffle(people)
    return people


async def _crowd(core: Core, settings: Settings, rng: Random, figures: Figures, *, greedy: bool) -> None:
    """Send the crowd, then more than the line holds; judge refusals and shares."""
    name = "one sends half" if greedy else "equal people"
    crowd, slots = Crowd(core, settings), ProcessSlots(shared_state())
    sent = crowd.send(_people(rng, REQUESTS, greedy=greedy))
    if not await _until(lambda: slots.taken == SLOTS and all(one.settled or _over(one) for one in sent), 20.0):
        figures.misses.append(f"{name}: {slots.taken} of {SLOTS} slots run, {slots.waiting} wait")
    most = max(slots.taken, slots.waiting - LINE + SLOTS)
    late: list[Asked] = []
    people = _people(rng, MORE, greedy=greedy)
    for at in range(0, MORE, 10):
        late += crowd.send(people[at : at + 10])
        await asyncio.sleep(0.01)
        most = max(most, slots.taken, slots.waiting - LINE + SLOTS)
    if most > SLOTS:
        figures.misses.append(f"{name}: more than {SLOTS} ran, or more than {LINE} waited")
    await _until(lambda: all(one.settled or _over(one) for one in late), 20.0)
    refused = [one for one in crowd.all if one.refused]
    admitted = [one for one in crowd.all if not one.refused]
    figures.refusals += [one.ended - one.sent for one in late if one.refused and one.ended is not None]
    if len(refused) < MORE // 3:
        figures.misses.append(f"{name}: only {len(refused)} were refused")
    if not await crowd.over(admitted, 60.0):
        figures.misses.append(f"{name}: the line was not served in a minute")
    for one in crowd.all:
        if one.wrong or not (one.refused or one.text == SENTENCE):
            figures.misses.append(f"{name}: person {one.person}: {one.wrong or one.text!r}")
    waited = sum(one.waited for one in admitted)
    figures.crowds[name] = f"{len(admitted)} served, {waited} of them waited, {len(refused)} refused"
    if waited < LINE / 2:
        figures.misses.append(f"{name}: only {waited} were told that they wait")
    _judge_shares(name, admitted, figures)
    await core.drained()


def _judge_shares(name: str, admitted: list[Asked], figures: Figures) -> None:
    """Compare what each person has had at every tenth of the line with the fair share.

    Whoever found many slots free may have had more than others, or may have had as much of the line as they.
    """
    order = sorted((one for one in admitted if one.begun is not None), key=lambda one: one.begun or 0.0)
    first, demands = Counter(one.person for one in order[:SLOTS]), Counter(one.person for one in order)
    for tenth in range(1, 11):
        count = SLOTS + (len(order) - SLOTS) * tenth // 10
        served = Counter(one.person for one in order[:count])
        shares = fair_shares(demands, first, count)
        of_line = fair_shares(demands - first, {}, count - SLOTS)
        for person, share in shares.items():
            part = min(_off(served[person], share), _off(served[person] - first[person], of_line.get(person, 0)))
            figures.worst_share = max(figures.worst_share, part)
            if part > SHARE:
                what = f"person {person} had {served[person]} at tenth {tenth} of the line, fair is {share}"
                figures.misses.append(f"{name}: {what}")


def _off(had: int, fair: int) -> float:
    """Return the distance from the fair share as a part of it; two answers more or less are none."""
    return max(0, abs(had - fair) - 2) / max(1, fair)


async def _stops(core: Core, settings: Settings, rng: Random, figures: Figures) -> None:
    """Stop half of all requests, running and waiting: their places are taken by others within a second."""
    slots = ProcessSlots(shared_state())
    crowd = Crowd(core, replace(settings, http_referer_override="https://chaos.example/hold-20000"))
    crowd.send(_people(rng, REQUESTS, greedy=False))
    await _until(lambda: len(crowd.taken()) == SLOTS, 20.0)
    running, waiting = crowd.taken(), crowd.waiting()
    stopped = rng.sample(running, len(running) // 2) + rng.sample(waiting, len(waiting) // 2)
    left = len(waiting) - len(waiting) // 2 - len(running) // 2
    began = time.monotonic()
    for one in stopped:
        if one.task is not None:
            one.task.cancel()
    await _until(lambda: slots.taken == SLOTS and slots.waiting == left and all(map(_over, stopped)), 5.0)
    figures.freed = time.monotonic() - began
    if figures.freed > FREED_SECONDS:
        what = f"{slots.taken} run, {slots.waiting} wait, {sum(map(_over, stopped))} of {len(stopped)} stopped"
        figures.misses.append(f"stops: after {figures.freed:.2f} s {what}")
    room = crowd.send(_people(rng, LINE - left - 50, greedy=False))
    await _until(lambda: all(one.settled or _over(one) for one in room), 10.0)
    if any(one.refused for one in room):
        figures.misses.append("stops: the line is still taken by those who left it")
    await _leave(crowd)
    await core.drained()
    if slots.taken or slots.waiting:
        figures.misses.append(f"stops: {slots.taken} slots and {slots.waiting} places are left taken")


async def _limits(core: Core, settings: Settings, rng: Random, figures: Figures) -> None:
    """Raise and lower the limit while the line waits."""
    slots = ProcessSlots(shared_state())
    crowd = Crowd(core, settings)
    crowd.send(_people(rng, REQUESTS - 100, greedy=False))
    await _until(lambda: slots.taken == SLOTS, 20.0)
    for limit in (SLOTS + 100, SLOTS // 2):
        began = time.monotonic()
        crowd.send([0], replace(settings, max_concurrent_requests=limit))
        reached = await _until(lambda limit=limit: slots.taken == limit, 6.0)  # type: ignore[misc]
        took = time.monotonic() - began
        figures.limits.append(f"{limit} run after {took:.2f} s")
        if not reached or (limit > SLOTS and took > FREED_SECONDS):
            figures.misses.append(f"limits: {slots.taken} run at a limit of {limit} after {took:.1f} s")
        if await _until(lambda limit=limit: slots.taken > limit, 0.3):  # type: ignore[misc]
            figures.misses.append(f"limits: {slots.taken} ran at a limit of {limit}")
    await _leave(crowd)
    await core.drained()


async def _memory(core: Core, settings: Settings, rng: Random, figures: Figures) -> None:
    """Measure what waiting requests hold."""
    crowd = Crowd(core, replace(settings, http_referer_override="https://chaos.example/hold-20000"))
    crowd.send(_people(rng, SLOTS, greedy=False))
    await _until(lambda: len(crowd.taken()) == SLOTS, 20.0)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    waiting = crowd.send(_people(rng, LINE, greedy=False))
    await asyncio.sleep(1.0)
    held = [one for one in waiting if not _over(one)]
    figures.bytes_waiting = (tracemalloc.get_traced_memory()[0] - before) // max(1, len(held))
    tracemalloc.stop()
    if figures.bytes_waiting > WAITING_BYTES:
        figures.misses.append(f"memory: {figures.bytes_waiting:,} bytes a waiting request")
    await _leave(crowd)
    await core.drained()


async def _leave(crowd: Crowd) -> None:
    for one in crowd.all:
        if one.task is not None:
            one.task.cancel()
            with suppress(asyncio.CancelledError):
                await one.task


async def _run(url: str, seed: int, figures: Figures) -> None:
    rng = Random(seed)
    settings = Settings(
        api_key=Secret("sk-or-v1-chaos"),
        base_url=url,
        http_referer_override=f"https://chaos.example/hold-{HELD_MS}",
        max_concurrent_requests=SLOTS,
        max_queued_requests=LINE,
    )
    async with open_core(settings, IN_MEMORY) as core:
        for greedy in (False, True):
            await _crowd(core, settings, rng, figures, greedy=greedy)
        await _stops(core, settings, rng, figures)
        await _limits(core, settings, rng, figures)
        await _memory(core, settings, rng, figures)


def run(seed: int = 0) -> Figures:
    """Run every part against an upstream in another process."""
    figures = Figures()
    with chaotic_upstream() as url, complaints() as collected, asyncio.Runner() as runner:
        runner.get_loop().set_exception_handler(collected.of_loop)
        runner.run(_run(url, seed, figures))
    slow = _quantile(figures.refusals, 0.999)
    if slow > REFUSED_SECONDS:
        figures.misses.append(f"refusals took up to {slow * 1000:.0f} ms")
    figures.misses += collected.found
    return figures

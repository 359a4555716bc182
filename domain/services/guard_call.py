"""Ask a circuit breaker before a call and report to it afterwards.

A call is checked only before it starts. If the breaker's state cannot be reached, every call is admitted without
delay (law 7).
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar
from weakref import WeakValueDictionary

from domain.breakers.breaker import Answer, Breaker, Change, Verdict, ask, settle
from domain.breakers.keys import kind_of
from domain.breakers.policy import Policy
from domain.breakers.text import read_breaker, write_breaker
from domain.recent import Recent
from domain.services.store_budget import StoreBudget, StoreHealth, StoreTrouble
from ports.breaker_state import BreakerState
from ports.clock import Clock
from ports.ids import Ids
from ports.telemetry import Telemetry

T = TypeVar("T")
Swap = Callable[[Breaker], tuple[Breaker, T]]

TRIES = 8
"""Lost races after which a call is admitted unguarded."""
QUIET, MOST_QUIET = 2.0, 1_000
"""Seconds for which an empty breaker counts as still empty (changes made here count at once), and how many."""
UNAVAILABLE = "breaker_state_unavailable"
OPENINGS = (Change.OPENED, Change.REOPENED)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Admission:
    """Whether one call may start. If `allowed`, report its end.

    `retry_after`: seconds until the next try. `probing`: the call probes an open breaker. `guarded`: the breaker was
    asked.
    """

    key: str
    policy: Policy = field(repr=False)
    allowed: bool = True
    retry_after: float = 0.0
    token: str = ""
    epoch: int = 0
    guarded: bool = False
    knew_nothing: bool = False
    reported: bool = False

    @property
    def probing(self) -> bool:
        """Whether this call is the probe."""
        return bool(self.token)


@dataclass(frozen=True, slots=True)
class Reported:
    """How a call changed its breaker, None for no change; `retry_after` is the cool-down it caused (s)."""

    change: Change | None = None
    retry_after: float = 0.0


class GuardCall:
    """The use case. Safe to call from many tasks of one event loop."""

    def __init__(
        self, *, state: BreakerState, clock: Clock, ids: Ids, telemetry: Telemetry, store: StoreHealth | None = None
    ) -> None:
        self._state, self._clock, self._ids, self._telemetry = state, clock, ids, telemetry
        self._store = store or StoreHealth(clock, telemetry)
        self._quiet = Recent[str, tuple[float, int]](MOST_QUIET)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def check(self, key: str, policy: Policy, time: StoreBudget | None = None) -> float:
        """Return the seconds until a call may be admitted, 0 for now; takes no probe.

        `time` is what the store may add to the turn, also in the methods below; None stands for the budget of a new
        turn.
        """
        answer = await self._reached(key, time, partial(self._swapped, key, partial(self._look, policy)))
        return 0.0 if answer is None else answer.wait / 1000

    async def admit(self, key: str, policy: Policy, time: StoreBudget | None = None) -> Admission:
        """Admit or reject one call; without a key every call is admitted."""
        if not key:
            return Admission(key, policy)
        time = time or StoreBudget(self._store)
        try:
            loaded = await self._loaded(key, time)
        except StoreTrouble:
            return Admission(key, policy)
        if not loaded[0]:  # nearly every breaker: it has nothing to say, and there is nothing to store
            return Admission(key, policy, guarded=True, knew_nothing=True)
        token = self._ids.new_id()
        swap = partial(self._ask, policy, token)
        answer = await self._reached(key, time, partial(self._swapped, key, swap, loaded=loaded))
        if answer is None:
            return Admission(key, policy)
        return Admission(
            key,
            policy,
            allowed=answer.allowed,
            retry_after=answer.wait / 1000,
            token=token if answer.probing else "",
            epoch=answer.after.epoch,
            guarded=True,
            knew_nothing=answer.allowed and not answer.probing and not answer.after.failures,
        )

    async def report(
        self, admission: Admission, verdict: Verdict, time: StoreBudget | None = None, *, person: str = ""
    ) -> Reported:
        """Report the verdict on an admitted call; only the first report counts.

        `person` marks who made the call, for a breaker that people share.
        """
        if not self.changes(admission, verdict):
            return Reported()
        admission.reported = True
        settled = partial(self._settled, partial(self._settle, admission, verdict, person), admission.key)
        reported = await self._reached(admission.key, time, settled) or Reported()
        if reported.change in OPENINGS:
            seconds = round(reported.retry_after, 1)
            self._telemetry.event("info", "breaker_opened", kind=kind_of(admission.key), seconds=seconds)
        return reported

    def changes(self, admission: Admission, verdict: Verdict) -> bool:
        """Return whether the breaker has to be told of this verdict; if not, the call counts as reported."""
        if admission.reported or not (admission.allowed and admission.guarded):
            return False
        if not admission.probing and (verdict is Verdict.NEUTRAL or _changes_nothing(admission, verdict)):
            admission.reported = True
            return False
        return True

    async def _settled(self, settle: Swap[Reported], key: str, time: StoreBudget) -> Reported | None:
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            return await self._swapped(key, settle, time)

    async def _swapped(
        self, key: str, swap: Swap[T], time: StoreBudget, *, loaded: tuple[str, int] | None = None
    ) -> T | None:
        for tried in range(TRIES):
            text, version = loaded or await self._loaded(key, time, again=tried > 0)
            loaded = None
            before = read_breaker(text)
            after, result = swap(before)
            if after == before:
                return result
            self._quiet.pop(key, None)
            async with time.asked(UNAVAILABLE, writes=True):
                stored = await self._state.store(key, write_breaker(after), version, self._clock.now())
            if stored:
                return result
        self._telemetry.event("warning", "breaker_busy", breaker=key)
        return None

    async def _loaded(self, key: str, time: StoreBudget, *, again: bool = False) -> tuple[str, int]:
        """Load a state; an empty one is cached briefly, so that the calls of a round do not all load it."""
        now = self._clock.monotonic()
        until, version = self._quiet.get(key, (0.0, 0))
        if now < until and not again:
            return "", version
        async with time.asked(UNAVAILABLE):
            text, version = await self._state.load(key)
        if text:
            self._quiet.pop(key, None)
        else:
            self._quiet[key] = (now + QUIET, version)
        return text, version

    async def _reached(
        self, key: str, time: StoreBudget | None, work: Callable[[StoreBudget], Awaitable[T | None]]
    ) -> T | None:
        if not key:
            return None
        try:
            return await work(time or StoreBudget(self._store))
        except StoreTrouble:
            return None

    def _look(self, policy: Policy, breaker: Breaker) -> tuple[Breaker, Answer]:
        return breaker, ask(breaker, policy, self._now(), "")

    def _ask(self, policy: Policy, token: str, breaker: Breaker) -> tuple[Breaker, Answer]:
        answer = ask(breaker, policy, self._now(), token)
        return answer.after, answer

    def _settle(
        self, admission: Admission, verdict: Verdict, person: str, breaker: Breaker
    ) -> tuple[Breaker, Reported]:
        after, change = settle(
            breaker,
            admission.policy,
            self._now(),
            verdict,
            epoch=admission.epoch,
            token=admission.token,
            jitter=self._ids.jitter(),
            person=person,
        )
        return after, Reported(change, after.cool_down / 1000) if change else Reported()

    def _now(self) -> int:
        return (self._clock.now() - EPOCH) // timedelta(milliseconds=1)


def _changes_nothing(admission: Admission, verdict: Verdict) -> bool:
    """Return whether a success has nothing to clear; then the store is not asked."""
    return verdict is Verdict.SUCCESS and admission.knew_nothing

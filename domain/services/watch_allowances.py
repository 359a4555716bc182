"""Watch in the background what upstream still lets the operator's key spend, and warn before it is used up.

One process at a time asks upstream, by lease; the others take over what it read. Without a store every process asks for
itself. Nothing here delays or breaks a turn.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from domain.breakers.keys import key_of
from domain.services.measured import KEY_LIMIT, KEY_REMAINING
from domain.services.store_budget import within
from domain.usage.allowances import Standing, level_of, newly_low, percent_left, read, written
from domain.usage.entries import key_id_of
from ports.allowances import Allowance, Allowances, AllowancesUnavailable
from ports.breaker_state import BreakerState, BreakerStateUnavailable
from ports.clock import Clock
from ports.ids import Ids
from ports.leases import Lease, Leases, LeasesUnavailable
from ports.metrics import Amount, Labels, Metrics
from ports.responses import Route
from ports.telemetry import Telemetry

LEASE_SECONDS, STORE_SECONDS = 120.0, 10.0
FIRST_AFTER = 30.0
"""Seconds from the first turn to the first check: not while a process starts."""
STILL_FRESH = 0.9
"""Part of the interval for which what another process has read need not be read again."""
MOST_PEOPLE = 1_000
"""People who are known to have been warned; the oldest are forgotten, and warned again."""
ELSEWHERE = frozenset({404, 405, 501})
"""Statuses of a gateway that knows no limits: nobody has to act."""

Store = tuple[Leases, BreakerState]


@dataclass(frozen=True, slots=True)
class AllowancePlan:
    """Whose allowances are watched, and every how many seconds."""

    route: Route
    seconds: float


@dataclass(frozen=True, slots=True)
class Low:
    """An allowance that has reached `level` (percent of its limit)."""

    allowance: Allowance
    level: int


@dataclass(frozen=True, slots=True)
class _Shared:
    """What all processes know about a key; `lease` is None while another one asks."""

    leases: Leases
    state: BreakerState
    lease: Lease | None
    key: str
    version: int
    known: Standing | None


class WatchAllowances:
    """The use case; belongs to one event loop.

    `opened` returns the leases and short texts that processes share, those in memory where there is no database.
    """

    def __init__(
        self,
        *,
        allowances: Allowances,
        opened: Callable[[], Awaitable[Store]],
        clock: Clock,
        ids: Ids,
        telemetry: Telemetry,
        metrics: Metrics,
    ) -> None:
        self._allowances, self._opened = allowances, opened
        self._clock, self._ids, self._telemetry = clock, ids, telemetry
        self._owner = ids.new_id()
        self._route: Route | None = None
        self._standing = Standing()
        self._due: float | None = None
        self._task: asyncio.Task[None] | None = None
        self._complaint = ""
        self._told: OrderedDict[tuple[str, str], int] = OrderedDict()
        metrics.watch(KEY_LIMIT, lambda: self._amounts(remaining=False))
        metrics.watch(KEY_REMAINING, lambda: self._amounts(remaining=True))

    def begin(self, plan: AllowancePlan) -> None:
        """Check in the background if it is due. A new key is checked at once, and nothing is known about it."""
        now = self._clock.monotonic()
        if self._route != plan.route:
            is_first, self._route, self._standing = self._route is None, plan.route, Standing()
            self._told.clear()
            self._due = now + (FIRST_AFTER if is_first else 0.0)
        if self._task is None and self._due is not None and now >= self._due:
            self._due = now + plan.seconds * (1 + self._ids.jitter() / 10)
            work = self.check(plan)
            self._task = asyncio.get_running_loop().create_task(work, name="openrouter-pipe-watch-allowances")
            self._task.add_done_callback(self._done)

    def to_tell(self, user_id: str) -> tuple[Low, ...]:
        """Return what an administrator is to be warned of now; each level once, and again after it was left."""
        found = []
        for one in self._standing.allowances:
            level, known = level_of(one), (user_id, one.kind.value)
            last = self._told.pop(known, None)
            if level is None:
                continue
            if last is None or level < last:
                found.append(Low(one, level))
            self._told[known] = level
            if len(self._told) > MOST_PEOPLE:
                self._told.popitem(last=False)
        return tuple(found)

    async def drained(self) -> None:
        """Return once no check runs."""
        if self._task is not None:
            await asyncio.wait((self._task,))

    async def aclose(self) -> None:
        """Stop and wait until it has stopped."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    async def check(self, plan: AllowancePlan) -> None:
        """Check once, or take over what another process has read. Raises nothing but cancellation."""
        try:
            shared = await self._look(key_of("allowances", plan.route.base_url, plan.route.api_key))
            if shared is None:
                await self._asked(plan, self._standing)
            else:
                await self._with_others(plan, shared)
        except Exception as defect:  # noqa: BLE001 - the edge of a background task: else nothing reports it
            self._complain(type(defect).__name__)

    # --- details ------------------------------------------------------------------------------------------

    def _done(self, _: "asyncio.Task[None]") -> None:
        self._task = None

    async def _look(self, key: str) -> _Shared | None:
        """Return what all processes know; None if the store fails."""
        try:
            async with within(self._clock, STORE_SECONDS):
                leases, state = await self._opened()
                lease = await leases.take(key, self._owner, self._clock.now(), LEASE_SECONDS)
                text, version = await state.load(key)
        except (LeasesUnavailable, BreakerStateUnavailable, TimeoutError):
            return None
        return _Shared(leases, state, lease, key, version, read(text))

    async def _with_others(self, plan: AllowancePlan, shared: _Shared) -> None:
        """Take over what was read a moment ago, else ask if no other process does."""
        lease, known, now = shared.lease, shared.known, self._clock.now()
        try:
            is_fresh = known is not None and 0 <= now.timestamp() - known.at < plan.seconds * STILL_FRESH
            if known is not None and (is_fresh or lease is None):
                self._adopt(plan, known)
            elif lease is not None:
                standing = await self._asked(plan, known or self._standing)
                if standing is not None:
                    with suppress(BreakerStateUnavailable, TimeoutError):
                        async with within(self._clock, STORE_SECONDS):
                            await shared.state.store(shared.key, written(standing), shared.version, now)
        finally:
            if lease is not None:
                with suppress(LeasesUnavailable, TimeoutError):  # it expires by itself
                    async with within(self._clock, STORE_SECONDS):
                        await shared.leases.release(lease)

    async def _asked(self, plan: AllowancePlan, before: Standing) -> Standing | None:
        """Ask upstream, and log what has become low since `before`."""
        try:
            allowances = await self._allowances.read(plan.route)
        except AllowancesUnavailable as error:
            if error.status not in ELSEWHERE:
                self._complain(str(error))
            return None
        self._complaint = ""
        standing = Standing(self._clock.now().timestamp(), allowances)
        for one, level in newly_low(before, allowances):
            self._warn(plan, one, level)
        self._adopt(plan, standing)
        return standing

    def _adopt(self, plan: AllowancePlan, standing: Standing) -> None:
        if self._route == plan.route:  # else the key has changed meanwhile
            self._standing = standing

    def _warn(self, plan: AllowancePlan, one: Allowance, level: int) -> None:
        self._telemetry.event(
            "warning",
            "key_limit_low",
            kind=one.kind.value,
            reached_percent=level,
            left_percent=percent_left(one),
            limit=str(one.limit),
            remaining=str(one.remaining),
            key_id=key_id_of(plan.route),
        )

    def _complain(self, about: str) -> None:
        if about != self._complaint:
            self._complaint = about
            self._telemetry.event("warning", "key_limits_unknown", reason=about)

    def _amounts(self, *, remaining: bool) -> Mapping[Labels, Amount]:
        allowances = self._standing.allowances
        return {(one.kind.value,): one.remaining if remaining else one.limit for one in allowances}

"""Watch in the background what upstream still lets the operator's key spend, and warn before it is used up.

One process at a time asks upstream, by lease; the others take over what it read. Without a store every process asks for
itself. Nothing here delays or breaks a turn.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass

from domain.breakers.keys import key_of
from domain.recent import Recent
from domain.services.background_pass import BackgroundPass, Frame
from domain.services.measured import KEY_LIMIT, KEY_REMAINING
from domain.services.store_budget import within
from domain.usage.allowances import Standing, level_of, newly_low, percent_left, read, written
from domain.usage.entries import key_id_of
from ports.allowances import Allowance, Allowances, AllowancesUnavailable
from ports.breaker_state import BreakerState, BreakerStateUnavailable
from ports.clock import Clock
from ports.ids import Ids
from ports.leases import Leases, LeasesUnavailable
from ports.metrics import Amount, Labels, Metrics
from ports.responses import Route
from ports.telemetry import Telemetry

STORE_SECONDS = 10.0
"""How long the store may take; then this process asks without the others."""
FRAME = Frame("watch", "watch-allowances", "key_limits_unknown", (AllowancesUnavailable,), first_after=20.0)
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

    @property
    def key(self) -> str:
        """Return the name under which processes share what they know about the key."""
        return key_of("allowances", self.route.base_url, self.route.api_key)


@dataclass(frozen=True, slots=True)
class Low:
    """An allowance that has reached `level` (percent of its limit)."""

    allowance: Allowance
    level: int


@dataclass(frozen=True, slots=True)
class _Shared:
    """What all processes know about a key, and whether this one holds the lease, so that it may ask."""

    state: BreakerState
    version: int
    known: Standing | None
    may_ask: bool


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
        self._clock, self._telemetry = clock, telemetry
        self._passes = BackgroundPass(FRAME, clock, ids, telemetry)
        self._route: Route | None = None
        self._key = ""
        self._standing = Standing()
        self._warned = Recent[tuple[str, str], int](MOST_PEOPLE)
        metrics.watch(KEY_LIMIT, lambda: self._amounts(remaining=False))
        metrics.watch(KEY_REMAINING, lambda: self._amounts(remaining=True))

    def begin(self, plan: AllowancePlan) -> None:
        """Check in the background if it is due. A new key is checked at once, and nothing is known about it."""
        if self._route != plan.route:
            is_first = self._route is None
            self._route, self._key, self._standing = plan.route, plan.key, Standing()
            self._warned.clear()
            if not is_first:
                self._passes.hasten(self._key)
        self._passes.begin(self._key, plan.seconds, plan.seconds / 10, lambda: self.check(plan))

    def take_warnings(self, user_id: str) -> tuple[Low, ...]:
        """Return what an administrator is to be warned of now: each level once, and again after it was left."""
        found = []
        for one in self._standing.allowances:
            level, known = level_of(one), (user_id, one.kind.value)
            last = self._warned.pop(known, None)
            if level is None:
                continue
            if last is None or level < last:
                found.append(Low(one, level))
            self._warned[known] = level
        return tuple(found)

    async def drained(self) -> None:
        """Return once no check runs."""
        await self._passes.drained()

    async def aclose(self) -> None:
        """Stop and wait until it has stopped."""
        await self._passes.aclose()

    async def check(self, plan: AllowancePlan) -> None:
        """Check once, or take over what another process has read. Raises nothing but cancellation."""
        await self._passes.guard(lambda: self._checked(plan))

    # --- details ------------------------------------------------------------------------------------------

    async def _checked(self, plan: AllowancePlan) -> bool:
        """Ask together with the other processes, alone if the store fails; return whether upstream answered."""
        async with AsyncExitStack() as lease:
            try:
                async with within(self._clock, STORE_SECONDS):
                    shared = await self._look(plan, lease)
            except (LeasesUnavailable, BreakerStateUnavailable, TimeoutError):
                return await self._asked(plan, self._standing) is not None
            return await self._with_others(plan, shared)

    async def _look(self, plan: AllowancePlan, lease: AsyncExitStack) -> _Shared:
        """Take the lease if it is free, and return what all processes know."""
        leases, state = await self._opened()
        held = await lease.enter_async_context(self._passes.held(leases, plan.key))
        text, version = await state.load(plan.key)
        return _Shared(state, version, read(text), may_ask=held is not None)

    async def _with_others(self, plan: AllowancePlan, shared: _Shared) -> bool:
        """Take over what was read a moment ago, else ask if no other process does."""
        known, now = shared.known, self._clock.now()
        is_fresh = known is not None and 0 <= now.timestamp() - known.at < plan.seconds * STILL_FRESH
        if is_fresh or not shared.may_ask:
            self._adopt(plan, known or self._standing)
            return False
        standing = await self._asked(plan, known or self._standing)
        if standing is None:
            return False
        with suppress(BreakerStateUnavailable, TimeoutError):
            async with within(self._clock, STORE_SECONDS):
                await shared.state.store(plan.key, written(standing), shared.version, now)
        return True

    async def _asked(self, plan: AllowancePlan, before: Standing) -> Standing | None:
        """Ask upstream, and log what has become low since `before`; None from a gateway that knows no limits."""
        try:
            allowances = await self._allowances.read(plan.route)
        except AllowancesUnavailable as error:
            if error.status not in ELSEWHERE:
                raise
            return None
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

    def _amounts(self, *, remaining: bool) -> Mapping[Labels, Amount]:
        allowances = self._standing.allowances
        return {(one.kind.value,): one.remaining if remaining else one.limit for one in allowances}

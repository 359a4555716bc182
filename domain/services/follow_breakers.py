"""The breakers around turns, as all processes that share a database see them.

A turn asks several breakers before its first token and must not wait for a database each time. So what other processes
changed is fetched beside the turns, every second while there are any; what this process changes is stored at once,
which only failures and the turns after them do. Without a database, or while it fails, the process has breakers of its
own (law 7).
"""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

from domain.breakers.policy import FORGET_AFTER_SECONDS
from domain.recent import Recent
from domain.services.store_budget import PROBE_SECONDS, QUICK_SECONDS, StoreHealth, StoreTrouble, within
from ports.breaker_state import BreakerState, FollowedBreakerState
from ports.turn_scope import of_no_turn

T = TypeVar("T")
EVERY_SECONDS = 1.0
"""Between two fetches."""
FRESH_SECONDS = 5.0
"""What was fetched longer ago is fetched again before a turn is admitted, once for all that wait."""
ON_SECONDS = 60.0
"""How long fetching goes on after the last turn."""
FETCH_SECONDS, WRITE_SECONDS = 5.0, 1.0
SKEW = timedelta(seconds=120)
"""How far the clocks of processes may be apart."""
MOST = 10_000
UNAVAILABLE = "breaker_state_unavailable"


class FollowBreakers:
    """Implements BreakerState. Belongs to one event loop.

    `opened` returns the shared state, None while there is none that may be written; `own` is that of the process. When
    the one takes the place of the other, breakers go on as that one knows them. A version of the other one is refused,
    and whoever has it loads again.
    """

    def __init__(
        self, opened: Callable[[], FollowedBreakerState | None], own: BreakerState, store: StoreHealth
    ) -> None:
        self._opened, self._own, self._store, self._clock = opened, own, store, store.clock
        self._known = Recent[str, tuple[str, int]](MOST)
        self._unknown: set[str] = set()  # changed here since the last fetch, or found to be out of date
        self._fetched: tuple[float, datetime] | None = None
        self._fetching: asyncio.Task[bool] | None = None
        self._following: asyncio.Task[None] | None = None
        self._until = self._away_until = float("-inf")

    async def load(self, key: str) -> tuple[str, int]:
        """Return what was fetched last."""
        shared = self._shared()
        if shared is None or not await self._is_fresh(shared):
            return await self._own.load(key)
        if key not in self._unknown:
            return self._known.get(key, ("", 0))
        try:
            async with self._store.watched(UNAVAILABLE, seconds=QUICK_SECONDS, decides=False):
                found = await shared.load(key)
        except StoreTrouble:
            self._go_on_alone()
            return await self._own.load(key)
        self._know(key, found)
        self._unknown.discard(key)
        return found

    async def store(self, key: str, text: str, version: int, now: datetime) -> bool:
        """Replace the text where all processes see it."""
        shared = self._shared()
        if shared is None or self._fetched is None:
            return await self._own.store(key, text, version, now)
        self._unknown.add(key)
        try:
            async with self._store.watched(UNAVAILABLE, writes=True, seconds=WRITE_SECONDS, decides=False):
                return await shared.store(key, text, version, now)
        except StoreTrouble:
            self._go_on_alone()
            return False
        finally:
            self._unknown.add(key)  # whoever loaded it meanwhile may have seen the state of before

    async def delete_before(self, before: datetime, limit: int) -> int:
        """Delete old texts of the process; those of the database are cleaned with it."""
        return await self._own.delete_before(before, limit)

    async def aclose(self) -> None:
        """Stop fetching and wait until it has stopped."""
        self._away_until = float("inf")
        tasks = [task for task in (self._following, self._fetching) if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    # --- details ------------------------------------------------------------------------------------------

    def _shared(self) -> FollowedBreakerState | None:
        """Return the shared state if it may be asked now."""
        if self._clock.monotonic() < self._away_until or self._store.hangs(writes=True):
            return None
        return self._opened()

    def _go_on_alone(self) -> None:
        self._away_until = max(self._away_until, self._clock.monotonic() + PROBE_SECONDS)

    async def _is_fresh(self, shared: FollowedBreakerState) -> bool:
        """Return whether enough is known, fetching it if need be; also keep fetching from now on."""
        now = self._clock.monotonic()
        self._until = now + ON_SECONDS
        if self._following is None:
            self._following = self._task(self._follow(), "follow-breakers")
        if self._fetched is not None and now - self._fetched[0] <= FRESH_SECONDS:
            return True
        if self._fetching is None:
            self._fetching = self._task(self._fetch(shared, QUICK_SECONDS), "fetch-breakers")
        try:
            async with within(self._clock, QUICK_SECONDS):  # it may be one that nobody waited for until now
                return await asyncio.shield(self._fetching)
        except TimeoutError:
            self._go_on_alone()
            return False

    async def _follow(self) -> None:
        try:
            while self._clock.monotonic() < self._until:
                await self._clock.sleep_until(self._clock.monotonic() + EVERY_SECONDS)
                shared = self._shared()
                if shared is not None and self._fetching is None:
                    self._fetching = self._task(self._fetch(shared, FETCH_SECONDS), "fetch-breakers")
                    await asyncio.wait((self._fetching,))
        finally:
            self._following = None

    async def _fetch(self, shared: FollowedBreakerState, seconds: float) -> bool:
        """Fetch what changed since the last time; return whether that succeeded."""
        now = self._clock.now()
        since = now - timedelta(seconds=FORGET_AFTER_SECONDS) if self._fetched is None else self._fetched[1] - SKEW
        try:
            async with self._store.watched(UNAVAILABLE, seconds=seconds, decides=False):
                changed = await shared.changed_since(since, MOST)
        except StoreTrouble:
            self._go_on_alone()
            return False
        finally:
            self._fetching = None
        for one in reversed(changed):
            if one.key not in self._unknown:
                self._know(one.key, (one.text, one.version))
        self._fetched = (self._clock.monotonic(), now)
        if len(self._unknown) > MOST:  # of breakers that nobody has asked since
            self._unknown.clear()
            self._fetched = None
        return True

    def _know(self, key: str, found: tuple[str, int]) -> None:
        """Remember what is stored; an evicted breaker is refused when it is next stored, and loaded again."""
        self._known[key] = found

    def _task(self, work: Coroutine[Any, Any, T], name: str) -> "asyncio.Task[T]":
        return asyncio.get_running_loop().create_task(work, name=f"openrouter-pipe-{name}", context=of_no_turn())

"""Redis of one core: opened beside the turns once it is wanted, closed when it is not. No turn waits for that."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from entrypoints.core.redis_location import RedisLocation, choice_of
from entrypoints.core.warned_once import WarnedOnce
from entrypoints.settings import Settings
from ports.clock import Clock
from ports.offload import LARGE, Offload
from ports.telemetry import Telemetry
from ports.turn_scope import of_no_turn

if TYPE_CHECKING:
    from adapters.redis.stores import RedisStores


class CoreRedis:
    """What one event loop has of Redis. Nothing is imported or connected before somebody asks for the stores."""

    def __init__(self, location: RedisLocation, clock: Clock, offload: Offload, telemetry: Telemetry) -> None:
        self._location, self._clock, self._offload, self._telemetry = location, clock, offload, telemetry
        self._warned = WarnedOnce(telemetry)
        self._followed: Settings | None = None
        self._wanted = self._current = ""  # addresses
        self._stores: RedisStores | None = None
        self._switching: asyncio.Task[None] | None = None
        self._closed = False
        self.before_closing: Callable[[], Awaitable[None]] | None = None

    def follow(self, settings: Settings) -> None:
        """Use the Redis that the newest settings want, from the next time on that somebody asks for it."""
        if settings is not self._followed:
            self._followed, choice = settings, choice_of(settings, self._location)
            self._wanted = choice.url
            if choice.missing:
                self._warned.warn("redis_not_used", f"missing: {', '.join(choice.missing)}")

    def begin(self) -> None:
        """Open what is wanted and close what is not, beside the caller. Needs a running event loop."""
        if self._wanted != self._current and self._switching is None and not self._closed:
            work = self._switch()
            self._switching = asyncio.get_running_loop().create_task(
                work, name="openrouter-pipe-switch-redis", context=of_no_turn()
            )

    @property
    def stores(self) -> "RedisStores | None":
        """Return the stores if Redis is wanted and answers; otherwise open it beside the caller when that is due."""
        self.begin()
        stores = self._stores
        if stores is not None and stores.connection.state:
            stores.connection.begin()
            return None
        return stores

    @property
    def connected(self) -> "RedisStores | None":
        """Return the stores if Redis is wanted, also while it is away."""
        self.begin()
        return self._stores

    async def opened(self) -> bool:
        """Open what is wanted and wait for it; return whether Redis answers."""
        self.begin()
        if self._switching is not None:
            await asyncio.wait((self._switching,))
        return self._stores is not None and await self._stores.connection.opened()

    async def aclose(self) -> None:
        """Close the connection."""
        self._closed = True
        if self._switching is not None:
            self._switching.cancel()
            await asyncio.wait((self._switching,))
        if self.before_closing is not None:
            await self.before_closing()  # again, if it was the switching that called it
        await self._close()

    async def _switch(self) -> None:
        try:
            while self._current != self._wanted:
                self._current = self._wanted
                await self._close()
                if self._current:
                    await self._open(self._current)
        finally:
            self._switching = None

    async def _open(self, url: str) -> None:
        try:
            stores = await self._offload.run(lambda: _opened(url, self._clock, self._telemetry), size=LARGE)
        except ImportError as error:
            package = (error.name or "redis").partition(".")[0]
            self._warned.warn("redis_not_used", f"missing: the Python package {package}")
        except Exception as error:  # noqa: BLE001 - an edge: the package is the host's; the chats go on without it
            self._warned.warn("redis_not_used", str(getattr(error, "reason", type(error).__name__)))
        else:
            self._stores = stores
            await stores.connection.opened()

    async def _close(self) -> None:
        stores, self._stores = self._stores, None
        if stores is not None:
            if self.before_closing is not None:
                await self.before_closing()
            with suppress(Exception):  # an edge: nothing depends on how it closes
                await stores.connection.aclose()


def _opened(url: str, clock: Clock, telemetry: Telemetry) -> "RedisStores":
    from adapters.redis.stores import open_redis

    return open_redis(url, clock, telemetry)

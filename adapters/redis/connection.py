"""One connection to Redis for all stores of an event loop: opened at the first need, and again when it was lost."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from hashlib import sha1
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from adapters.redis.address import RedisAddress
from adapters.redis.back_off import BackOff
from adapters.redis.trouble import (
    BUSY,
    CLOSED,
    ERRORS,
    FORBIDDEN,
    FOREIGN,
    NO_SERVER,
    OLD,
    PREFIX,
    UNREACHABLE,
    RedisUnavailable,
    trouble_of,
)
from adapters.redis.values import as_bytes
from ports.clock import Clock
from ports.telemetry import Telemetry
from ports.turn_scope import of_no_turn

T = TypeVar("T")
MARK = b"openrouter-pipe stores, format 1"
"""The value of the key `openrouter_pipe:format`: the keys beside it are ours."""
OLDEST = (6, 2)
MOST_AT_ONCE = 16
"""Calls that use the client at the same time; each may use two connections."""
OPENING = "opening"


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: of one command with its wait for a connection, of an opening, and of the first and the longest pause
    between two openings while the server stays away.
    """

    command: float = 1.0
    opening: float = 5.0
    first_pause: float = 10.0
    longest_pause: float = 300.0


class RedisConnection:
    """Owns one client of the `redis` package on one event loop.

    While the server is away every call fails at once, and calls open the connection again in the background, after
    pauses that grow. The first opening is waited for, but no longer than a command. Each loss and each return is logged
    once. Safe for any number of tasks of its loop.
    """

    def __init__(
        self, address: RedisAddress, clock: Clock, telemetry: Telemetry, patience: Patience | None = None
    ) -> None:
        self._address, self._clock, self._telemetry = address, clock, telemetry
        self._patience = patience or Patience()
        self._client: Redis | None = None
        self._places = asyncio.Semaphore(MOST_AT_ONCE)
        self._opening: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._reason = ""  # why the connection is away
        self._back_off = BackOff(self._patience.first_pause, self._patience.longest_pause)
        self._complaints: set[str] = set()  # reasons already logged of commands that failed by themselves

    def __repr__(self) -> str:
        return f"RedisConnection({self.state})"

    @property
    def state(self) -> str:
        """Return "" while the connection is open, otherwise why it is not."""
        return "" if self._client is not None else self._reason or OPENING

    async def call(self, work: Callable[[Redis], Awaitable[T]], seconds: float | None = None) -> T:
        """Return the result of `work` with the client; it is limited to `seconds`, else to those of a command.

        `work` sends one command or pipeline after the other. Raises RedisUnavailable, also for errors of the client
        library that `work` lets through.
        """
        client, began = await self._connected(), False
        try:
            async with asyncio.timeout(self._patience.command if seconds is None else seconds):
                async with self._places:
                    began = True
                    if client is not self._client:  # it was lost while this call waited for its place
                        raise RedisUnavailable(self._reason or UNREACHABLE)
                    return await work(client)
        except (RedisUnavailable, *ERRORS) as error:
            trouble = trouble_of(error) if began else RedisUnavailable(BUSY)
        self._failed(client, trouble)
        raise trouble

    async def script(
        self, text: str, keys: Sequence[bytes], values: Sequence[bytes | int] = (), seconds: float | None = None
    ) -> Any:
        """Run a Lua script on the server, atomically; return its reply. Limited and failing as `call`."""
        command = (_sha_of(text), len(keys), *keys, *values)

        async def run(client: Redis) -> Any:
            try:
                return await asked(client, "EVALSHA", *command)
            except NoScriptError:  # the server has not seen it yet, or was restarted
                return await asked(client, "EVAL", text, *command[1:])

        return await self.call(run, seconds)

    async def opened(self) -> bool:
        """Open the connection if its time has come; return whether it is open. Never raises."""
        opening = self.begin()
        if opening is not None:
            await asyncio.wait((opening,))
        return self._client is not None

    def begin(self) -> "asyncio.Task[None] | None":
        """Open the connection beside the caller unless it is open or was tried just now; return the task that does."""
        if self._client is not None or self._reason == CLOSED:
            return None
        if self._opening is None and self._clock.monotonic() >= self._back_off.retry_at:
            self._opening = asyncio.get_running_loop().create_task(
                self._open(), name="openrouter-pipe-open-redis", context=of_no_turn()
            )
        return self._opening

    async def aclose(self) -> None:
        """Close the connection for good."""
        client, self._client, self._reason = self._client, None, CLOSED
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.wait((self._opening,))
        if client is not None:
            self._let_go(client)
        if self._closing:
            await asyncio.wait(self._closing)

    # --- details ------------------------------------------------------------------------------------------

    async def _connected(self) -> Redis:
        if self._client is None:
            opening = self.begin()
            if opening is not None and not self._reason:
                await asyncio.wait((opening,), timeout=self._patience.command)
        if self._client is None:
            raise RedisUnavailable(self._reason or OPENING)
        return self._client

    async def _open(self) -> None:
        client = self._address.client(2 * MOST_AT_ONCE, self._patience.opening)
        try:
            async with asyncio.timeout(self._patience.opening):
                await asked(client, "PING")
                version = await _sound_version(client)
                await _keep_mark(client)
        except asyncio.CancelledError:
            self._let_go(client)
            raise
        except Exception as error:  # noqa: BLE001 - an edge: what answers there may be anything
            known = isinstance(error, (RedisUnavailable, *ERRORS))
            self._lose(client, trouble_of(error).reason if known else NO_SERVER)
        else:
            self._client, self._reason = client, ""
            self._back_off.opened(self._clock.monotonic())
            self._complaints.clear()
            self._telemetry.event("info", "redis_connected", version=version)
        finally:
            self._opening = None

    def _failed(self, client: Redis, trouble: RedisUnavailable) -> None:
        """Report why a command failed; give the connection up if others would fail too."""
        if trouble.is_lost:
            if client is self._client:
                self._lose(client, trouble.reason)
        elif trouble.reason not in self._complaints:
            self._complaints.add(trouble.reason)
            self._telemetry.event("warning", "redis_refused", reason=trouble.reason)

    def _lose(self, client: Redis, reason: str) -> None:
        self._client, pause = None, self._back_off.lost(self._clock.monotonic())
        if reason != self._reason:
            self._telemetry.event("warning", "redis_unavailable", reason=reason, retry_seconds=round(pause))
        self._reason = reason
        self._let_go(client)

    def _let_go(self, client: Redis) -> None:
        """Close a client beside the caller."""
        task = asyncio.get_running_loop().create_task(
            self._close(client), name="openrouter-pipe-close-redis", context=of_no_turn()
        )
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _close(self, client: Redis) -> None:
        with suppress(*ERRORS):
            async with asyncio.timeout(self._patience.command):
                await client.aclose()


def key_of(*parts: str) -> bytes:
    """Return a key of ours; its parts must not let two things have one key."""
    return as_bytes(":".join((PREFIX, *parts)))


async def _sound_version(client: Redis) -> str:
    """Return the version of the server. Raises RedisUnavailable if it is too old, or no Redis."""
    try:
        server = await asked(client, "INFO", "server")
    except ERRORS as error:
        if trouble_of(error).reason == FORBIDDEN:
            return "unknown"  # the operator's user may not ask; commands that are missing will say so
        raise
    version = str(server.get("redis_version", "")) if isinstance(server, dict) else ""
    numbers = version.split(".")[:2]
    if len(numbers) < 2 or not all(number.isascii() and number.isdigit() for number in numbers):
        raise RedisUnavailable(NO_SERVER)
    if tuple(int(number[:6]) for number in numbers) < OLDEST:
        raise RedisUnavailable(OLD)
    return version[:32]


async def _keep_mark(client: Redis) -> None:
    """Write the mark if there is none. Raises RedisUnavailable if the keys belong to somebody else."""
    key = key_of("format")
    await asked(client, "SET", key, MARK, "NX")
    found = await asked(client, "GETRANGE", key, 0, len(MARK))
    if found != MARK:
        raise RedisUnavailable(FOREIGN if found else UNREACHABLE)


@cache
def _sha_of(text: str) -> str:
    """Return the name under which a server remembers a script; scripts are few, and constants."""
    return sha1(text.encode(), usedforsecurity=False).hexdigest()


async def asked(client: Any, *command: bytes | str | int) -> Any:
    """Send one command as it is; the library's own methods differ between its versions in what they return."""
    return await client.execute_command(*command)

"""Connections to upstream: one session per event loop, sized by the number of concurrent calls."""

from asyncio import (
    AbstractEventLoop,
    Task,
    gather,
    get_running_loop,
    run_coroutine_threadsafe,
    timeout,
    to_thread,
    wait,
    wrap_future,
)
from collections.abc import Callable, Coroutine
from contextlib import suppress
from inspect import signature
from threading import Lock
from typing import Any

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from yarl import URL

from adapters.openrouter.transport.environment import Environment, read_environment
from ports.telemetry import Telemetry

KEEP_ALIVE = 30.0
READ_BUFFER = 32 * 1024
SPARE_PLACES = 8  # connections for the model list, and for answers drained in the background
LINGERING_PLACES = 4
LINGER_SECONDS = 1.0
LINGER_BYTES = 64 * 1024
KNOWN_ORIGINS = 64


class PoolClosed(Exception):
    """The pool was closed; no request can be sent through it."""


class _Connections:
    """One aiohttp session, its event loop, and the number of calls using it."""

    def __init__(self, loop: AbstractEventLoop, limit: int, environment: Environment) -> None:
        self.loop = loop
        self.limit = limit
        self.users = 0
        self.lingering = 0
        self.retired = False
        connector = TCPConnector(
            limit=limit + SPARE_PLACES, ssl=environment.tls, keepalive_timeout=KEEP_ALIVE, ttl_dns_cache=60
        )
        self.http = _session(connector, inflates=True)
        self.plain = _session(connector, inflates=False)

    async def close(self) -> None:
        """Close both sessions and the connections they share."""
        await self.plain.close()
        await self.http.close()


MOST_HEADERS = 1000
_HEADERS: dict[str, Any] = {"max_headers": MOST_HEADERS} if "max_headers" in signature(ClientSession).parameters else {}
"""Newer versions of aiohttp refuse an answer with more than 128 header lines, which proxies do send."""


def _session(connector: TCPConnector, *, inflates: bool) -> ClientSession:
    """Open a session; one that `inflates` decompresses on the event loop, without a size limit."""
    return ClientSession(
        **_HEADERS,
        connector=connector,
        connector_owner=inflates,
        auto_decompress=inflates,
        cookie_jar=DummyCookieJar(),
        headers={"User-Agent": "openrouter-pipe"},
        timeout=ClientTimeout(total=None),
        read_bufsize=READ_BUFFER,
        trust_env=False,  # netrc would replace the key; proxies are resolved here
    )


class Lease:
    """A session used by one call, until `release`. Belongs to the event loop in which it was taken.

    `plain` does not decompress answers; `http` does and must be used for small answers only.
    """

    def __init__(self, pool: "SessionPool", connections: _Connections) -> None:
        self._pool = pool
        self._connections: _Connections | None = connections
        self.http, self.plain = connections.http, connections.plain

    async def proxy_for(self, url: URL) -> str | None:
        """Return the environment's proxy for `url`, None for a direct connection."""
        return await self._pool.proxy_for(url)

    def finish_reading(self, response: ClientResponse) -> None:
        """Drain an answer in the background, then release: its connection can be reused.

        For at most one second and 64 KiB; after that, or if too many answers are being drained, the connection is
        closed.
        """
        if self._connections is not None:
            self._pool.finish_reading(response, self._connections)
            self._connections = None

    def release(self) -> None:
        """Release the session; calling it again does nothing."""
        connections, self._connections = self._connections, None
        if connections is not None:
            self._pool.give_back(connections)


class SessionPool:
    """Sessions for any number of event loops; the TLS context is built once, in a thread.

    Cookies are never stored; callers must refuse redirects.
    """

    def __init__(self, telemetry: Telemetry, read: Callable[[Telemetry], Environment] = read_environment) -> None:
        self._telemetry = telemetry
        self._read = read
        self._lock = Lock()
        self._environment: Environment | None = None
        self._current: dict[AbstractEventLoop, _Connections] = {}
        self._open: set[_Connections] = set()
        self._tasks: set[Task[None]] = set()
        self._proxies: dict[str, str | None] = {}
        self._closed = False

    async def session(self, limit: int) -> Lease:
        """Return the running loop's session for up to `limit` concurrent calls. Raises PoolClosed.

        A changed `limit` opens a new session for this and later calls; the previous one closes when its calls have
        ended.
        """
        environment = self._environment
        if environment is None:
            environment = await to_thread(self._read_environment)
        if self._closed:
            raise PoolClosed
        with self._lock:
            connections = self._connections(get_running_loop(), limit, environment)
        connections.users += 1
        return Lease(self, connections)

    def give_back(self, connections: _Connections) -> None:
        """Decrease the number of calls; called by a lease only."""
        connections.users -= 1
        self._close_if_idle(connections)

    def finish_reading(self, response: ClientResponse, connections: _Connections) -> None:
        """Drain an answer for a lease that has ended; called by a lease only."""

        def settle(_: object = None) -> None:
            connections.lingering -= 1
            response.close()
            self.give_back(connections)

        connections.lingering += 1
        if self._closed or connections.lingering > LINGERING_PLACES:
            settle()
            return
        task = self._own(connections.loop, _read_to_end(response), "openrouter-pipe: read an answer to its end")
        task.add_done_callback(settle)

    def retire(self) -> None:
        """Close each session once its calls have ended; later calls get new sessions. Callable in any thread."""
        with self._lock:
            self._current.clear()
            retired = list(self._open)
        for connections in retired:
            with suppress(RuntimeError):  # its loop is closed
                connections.loop.call_soon_threadsafe(self._retire, connections)

    async def aclose(self) -> None:
        """Close everything at once: open answers break. The pool cannot be used afterwards."""
        self._closed = True
        loop = get_running_loop()
        tasks = [task for task in tuple(self._tasks) if task.get_loop() is loop]
        for task in tasks:
            task.cancel()
        await gather(*tasks, return_exceptions=True)
        with self._lock:
            remaining, self._open = self._open, set()
            self._current.clear()
        for connections in remaining:
            await _close(connections, loop)

    async def proxy_for(self, url: URL) -> str | None:
        """Return the proxy for `url`, cached by origin."""
        environment = self._environment
        if environment is None or not environment.proxies:
            return None
        origin = f"{url.scheme}://{url.host}:{url.port}"
        if origin not in self._proxies:
            found = await to_thread(environment.proxy_for, url)
            if len(self._proxies) >= KNOWN_ORIGINS:
                self._proxies.clear()
            self._proxies[origin] = found
        return self._proxies.get(origin)

    def _read_environment(self) -> Environment:
        with self._lock:
            known = self._environment
            if known is None:
                known = self._environment = self._read(self._telemetry)
            return known

    def _connections(self, loop: AbstractEventLoop, limit: int, environment: Environment) -> _Connections:
        for other in [other for other in self._current if other.is_closed()]:
            abandoned = self._current.pop(other)
            self._own(loop, self._dispose(abandoned), "openrouter-pipe: close abandoned connections")
        known = self._current.get(loop)
        if known is not None and known.limit == limit:
            return known
        fresh = self._current[loop] = _Connections(loop, limit, environment)
        self._open.add(fresh)
        if known is not None:
            self._retire(known)
        return fresh

    def _retire(self, connections: _Connections) -> None:
        connections.retired = True
        self._close_if_idle(connections)

    def _close_if_idle(self, connections: _Connections) -> None:
        if connections.retired and connections.users == 0 and not connections.loop.is_closed():
            self._own(connections.loop, self._dispose(connections), "openrouter-pipe: close retired connections")

    async def _dispose(self, connections: _Connections) -> None:
        await connections.close()
        self._open.discard(connections)

    def _own(self, loop: AbstractEventLoop, work: Coroutine[object, object, None], name: str) -> Task[None]:
        task = loop.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


async def _read_to_end(response: ClientResponse) -> None:
    left = LINGER_BYTES
    with suppress(ClientError, OSError, RuntimeError):  # broken, too slow or closed meanwhile: no difference here
        async with timeout(LINGER_SECONDS):
            while left > 0 and (data := await response.content.readany()):
                left -= len(data)


async def _close(connections: _Connections, here: AbstractEventLoop) -> None:
    if connections.loop is here or connections.loop.is_closed():
        await connections.close()
    elif connections.loop.is_running():
        elsewhere = wrap_future(run_coroutine_threadsafe(connections.close(), connections.loop))
        await wait((elsewhere,), timeout=LINGER_SECONDS)

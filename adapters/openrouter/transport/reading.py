"""Reads one of upstream's resources whole: `GET` with the key of a route, bounded in time and bytes."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import ClientError, ClientResponse, ClientTimeout
from yarl import URL

from adapters.openrouter.errors.network import failure_of
from adapters.openrouter.transport.pool import PoolClosed, SessionPool
from adapters.openrouter.transport.request import address_of, headers_of
from ports.responses import InvalidRoute, Limits, Reach, Route

LIMITS = Limits(connect=10.0, total=30.0, idle_read=None)


class ReadFailed(Exception):
    """There is no whole answer; the text names the cause without secrets. `status` is that of an answer too large."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Read:
    """An answer, whatever its status."""

    status: int
    headers: Mapping[str, str]
    raw: bytes


class UpstreamReader:
    """`limit` returns how many calls share the pool; it is called for every request."""

    def __init__(self, pool: SessionPool, limit: Callable[[], int]) -> None:
        self._pool, self._limit = pool, limit

    async def get(self, route: Route, path: str, most_bytes: int, **query: str) -> Read:
        """Return the answer to a request below the route's base URL. Raises ReadFailed."""
        try:
            async with self._answer(route, path, query) as response:
                return Read(response.status, response.headers, await _whole(response, most_bytes))
        except (ClientError, OSError, RuntimeError, ValueError) as error:
            raise ReadFailed(str(failure_of(error, Reach.NOT_SENT, LIMITS))) from error

    @asynccontextmanager
    async def _answer(self, route: Route, path: str, query: Mapping[str, str]) -> AsyncIterator[ClientResponse]:
        try:
            url: URL = address_of(route, path)
            headers = headers_of(route, Accept="application/json")
            lease = await self._pool.session(self._limit())
        except InvalidRoute as error:
            raise ReadFailed(str(error)) from error
        except PoolClosed as error:
            raise ReadFailed("closed by this side") from error
        try:
            timeout = ClientTimeout(total=LIMITS.total, connect=LIMITS.connect)
            proxy = await lease.proxy_for(url)
            url = url.with_query(query) if query else url
            response = await lease.http.get(url, headers=headers, proxy=proxy, allow_redirects=False, timeout=timeout)
            try:
                yield response
            finally:
                response.close()
        finally:
            lease.release()


async def _whole(response: ClientResponse, most_bytes: int) -> bytes:
    pieces, size = [], 0
    while data := await response.content.readany():
        pieces.append(data)
        size += len(data)
        if size > most_bytes:
            raise ReadFailed(f"the answer exceeds {most_bytes} bytes", status=response.status)
    return b"".join(pieces)

"""One GET over aiohttp to an address that the core has checked.

The address stands in the URL that aiohttp gets, so that there is nothing to look up; the name of the host goes into
TLS (SNI and certificate) and the Host header. Through a proxy this is a `CONNECT` to the same address, in which the
Host header names the host, for the proxy's log.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from inspect import signature
from ssl import SSLContext
from typing import Any, Protocol

from aiohttp import (
    ClientConnectorCertificateError,
    ClientError,
    ClientHttpProxyError,
    ClientResponse,
    ClientResponseError,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    DummyCookieJar,
    TCPConnector,
)
from yarl import URL

from adapters.fetch.allowance import Allowance
from adapters.fetch.inflate import MOST_FROM_ONE, Inflater, inflater_for
from adapters.fetch.lookup import look_up
from ports.fetcher import Hop, HopAnswer, HopFailed, HopFlaw
from ports.offload import LARGE, Offload

CONNECT_SECONDS = 10.0
READ_BUFFER = 16 * 1024
BATCH = 256 * 1024
"""Compressed bytes that are decompressed in one piece of work."""
_HEADERS = {"User-Agent": "openrouter-pipe", "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
_MOST_HEADERS: dict[str, Any] = {"max_headers": 256} if "max_headers" in signature(ClientSession).parameters else {}
_PORTS = {"https": 443, "http": 80}


class Surroundings(Protocol):
    """Certificates and proxies of the process environment."""

    @property
    def tls(self) -> SSLContext:
        """Return the context that checks certificates and host names."""
        ...

    @property
    def proxies(self) -> Mapping[str, str]:
        """Return the proxies by scheme; empty: every connection is direct."""
        ...

    def proxy_for(self, url: URL) -> str | None:
        """Return the proxy for a URL; may block."""
        ...


class AioFetcher:
    """Implements Fetcher. `lookups` runs blocking lookups in threads of its own; `read` reads the environment once."""

    def __init__(
        self,
        read: Callable[[], Surroundings],
        *,
        offload: Offload,
        lookups: Offload,
        look_up: Callable[[str, int], tuple[str, ...]] = look_up,
    ) -> None:
        self._read, self._offload, self._lookups, self._look_up = read, offload, lookups, look_up
        self._surroundings: Surroundings | None = None

    async def resolve(self, host: str, port: int, seconds: float) -> tuple[str, ...]:
        """Return all addresses of a name. Raises HopFailed."""
        try:
            async with asyncio.timeout(seconds):
                return await self._lookups.run(lambda: self._look_up(host, port), size=LARGE)
        except TimeoutError:
            raise HopFailed(HopFlaw.TIMED_OUT, "looking up the name") from None

    async def get(self, hop: Hop) -> HopAnswer:
        """Run one request. Raises HopFailed."""
        allowance = Allowance()
        try:
            async with asyncio.timeout(hop.seconds):
                return await self._answer(hop, allowance)
        except HopFailed:
            raise
        except (ClientError, OSError, ValueError, RuntimeError) as error:
            if allowance.exceeded:
                raise HopFailed(HopFlaw.UNREADABLE, "more around the file than a file needs") from error
            raise _failure_of(error) from error

    async def _answer(self, hop: Hop, allowance: Allowance) -> HopAnswer:
        surroundings = self._surroundings
        if surroundings is None:
            surroundings = self._surroundings = await asyncio.to_thread(self._read)
        proxy = await _proxy(hop, surroundings)
        async with _opened(hop, surroundings.tls, proxy, allowance) as response:
            content = b""
            if HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
                content = await self._content(response, hop.limit, allowance)
            headers = response.headers
            return HopAnswer(
                status=response.status,
                content=content,
                mime=headers.get("Content-Type", ""),
                location=headers.get("Location", ""),
                retry_after=headers.get("Retry-After", ""),
                disposition=headers.get("Content-Disposition", ""),
            )

    async def _content(self, response: ClientResponse, limit: int, allowance: Allowance) -> bytes:
        if (response.content_length or 0) > limit:
            raise HopFailed(HopFlaw.TOO_LARGE, "as announced")
        inflater = inflater_for(response.headers.get("Content-Encoding", ""), limit)
        pieces: list[bytes] = []
        async for batch in _batches(response, limit, allowance):
            pieces += [batch] if inflater is None else await self._inflated(inflater, batch)
        if inflater is not None:
            inflater.finish()
        return await self._offload.run(lambda: b"".join(pieces), size=sum(map(len, pieces)))

    async def _inflated(self, inflater: Inflater, batch: bytes) -> list[bytes]:
        return await self._offload.run(lambda: inflater.feed(batch), size=len(batch) * MOST_FROM_ONE)


@asynccontextmanager
async def _opened(hop: Hop, tls: SSLContext, proxy: str | None, allowance: Allowance) -> AsyncIterator[ClientResponse]:
    """Open a connection of its own for one request; it is cut at the end, whatever the server still sends."""
    url = URL(hop.url, encoded=True).with_host(hop.address)
    name = f"[{hop.host}]" if ":" in hop.host else hop.host
    host = name if hop.port == _PORTS[url.scheme] else f"{name}:{hop.port}"
    connector = TCPConnector(limit=1, force_close=True, use_dns_cache=False, ssl=tls)
    allowance.guard(connector)
    async with ClientSession(
        **_MOST_HEADERS,
        connector=connector,
        cookie_jar=DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        read_bufsize=READ_BUFFER,
        headers={**_HEADERS, "Host": host},
        timeout=ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
    ) as session:
        response = await session.request(
            "GET" if hop.body is None else "POST",
            url,
            data=hop.body,
            headers=None if hop.body is None else {"Content-Type": "application/json"},
            allow_redirects=False,
            proxy=proxy,
            server_hostname=hop.host,
        )
        try:
            yield response
        finally:
            connection = response.connection
            if connection is not None and connection.transport is not None:
                connection.transport.abort()  # a polite end of TLS would go on reading
            response.close()


async def _batches(response: ClientResponse, limit: int, allowance: Allowance) -> AsyncIterator[bytes]:
    """Yield a body of at most `limit` bytes in batches. Raises HopFailed."""
    pieces: list[bytes] = []
    size = total = 0
    while piece := await response.content.readany():
        pieces.append(piece)
        allowance.read(len(piece))
        size, total = size + len(piece), total + len(piece)
        if total > limit:
            raise HopFailed(HopFlaw.TOO_LARGE)
        if size >= BATCH:
            yield b"".join(pieces)
            pieces, size = [], 0
    if pieces:
        yield b"".join(pieces)


async def _proxy(hop: Hop, surroundings: Surroundings) -> str | None:
    """Return the environment's proxy for a hop. Raises HopFailed if it could not be bound to the address."""
    if not surroundings.proxies:
        return None
    url = URL(hop.url, encoded=True)
    proxy = await asyncio.to_thread(surroundings.proxy_for, url)
    if proxy and url.scheme != "https":
        raise HopFailed(HopFlaw.UNREACHABLE, "a proxy looks up the name of a plain http request itself")
    return proxy


def _failure_of(error: Exception) -> HopFailed:
    if isinstance(error, ConnectionTimeoutError):
        return HopFailed(HopFlaw.UNREACHABLE, "connect time-out")
    if isinstance(error, TimeoutError):
        return HopFailed(HopFlaw.TIMED_OUT)
    if isinstance(error, ClientConnectorCertificateError):
        return HopFailed(HopFlaw.UNTRUSTED)
    unreadable = isinstance(error, ClientResponseError) and not isinstance(error, ClientHttpProxyError)
    if unreadable or not isinstance(error, ClientError | OSError):
        return HopFailed(HopFlaw.UNREADABLE, type(error).__name__)
    return HopFailed(HopFlaw.UNREACHABLE, type(error).__name__)

"""A fetcher whose environment and lookups a test sets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ssl import SSLContext, create_default_context

import pytest
from yarl import URL

from adapters.fetch.fetcher import AioFetcher
from ports.fetcher import Hop, HopFailed, HopFlaw
from tests.doubles.offload import InlineOffload


@dataclass(frozen=True, slots=True)
class Environment:
    """Certificates and proxies by scheme."""

    tls: SSLContext = field(default_factory=create_default_context)
    proxies: Mapping[str, str] = field(default_factory=dict)

    def proxy_for(self, url: URL) -> str | None:
        return self.proxies.get(url.scheme)


def fetcher_with(tls: SSLContext | None = None, proxies: Mapping[str, str] | None = None) -> AioFetcher:
    """Return a fetcher that fails if a name is looked up."""

    def never(host: str, port: int) -> tuple[str, ...]:
        raise AssertionError(f"{host} was looked up")

    environment = Environment(tls or create_default_context(), proxies or {})
    return AioFetcher(lambda: environment, offload=InlineOffload(), lookups=InlineOffload(), look_up=never)


def hop(
    port: int,
    path: str = "/",
    *,
    host: str = "files.example",
    scheme: str = "http",
    address: str = "127.0.0.1",
    limit: int = 1_000_000,
    seconds: float = 20.0,
) -> Hop:
    """Return a hop to a listener on loopback."""
    bracketed = f"[{host}]" if ":" in host else host
    return Hop(f"{scheme}://{bracketed}:{port}{path}", host, port, address, limit, seconds)


async def flaw_of(fetcher: AioFetcher, to: Hop) -> tuple[HopFlaw, str]:
    """Return how a hop fails."""
    with pytest.raises(HopFailed) as caught:
        await fetcher.get(to)
    return caught.value.flaw, caught.value.detail

"""The drill's network: listeners that nothing may reach, stand-ins for public hosts, and a resolver that lies."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from ssl import SSLContext
from urllib.parse import urlsplit

from yarl import URL

from adapters.fetch.fetcher import AioFetcher
from adapters.process.clock import SystemClock
from adapters.process.threads import ThreadOffload
from domain.egress.downloads import Download, DownloadLimits, NotDownloaded
from domain.egress.targets import EgressRules
from domain.services.fetch_remote import FetchRemote
from ports.fetcher import Fetcher, Hop, HopAnswer, HopFailed, HopFlaw
from tests.doubles.certificates import contexts_for
from tests.doubles.telemetry import RecordedTelemetry
from tests.doubles.web_server import WebServer, web_server
from tests.drills.fetch_spellings import LEGITIMATE

PUBLIC, PUBLIC_6 = "93.184.215.14", "2606:4700::1111"
UNREACHED = ("127.0.0.1", "127.0.0.2", "127.255.255.254", "::1")
"""Where the listeners are that nothing may reach: with the port that the stand-in has too."""
STAND_IN = "127.0.0.77"
LIMITS = DownloadLimits(size=1_000_000, retries=0, first_wait=0.01, seconds=20)


class StandIns:
    """A Fetcher that connects to the stand-in wherever a public address was checked; all else stays as it is."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher

    async def resolve(self, host: str, port: int, seconds: float) -> tuple[str, ...]:
        return await self._fetcher.resolve(host, port, seconds)

    async def get(self, hop: Hop) -> HopAnswer:
        public = hop.address in (PUBLIC, PUBLIC_6)
        return await self._fetcher.get(replace(hop, address=STAND_IN) if public else hop)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Trusted certificates, and a proxy for https if there is one."""

    tls: SSLContext
    proxies: Mapping[str, str]

    def proxy_for(self, url: URL) -> str | None:
        return self.proxies.get(url.scheme)


@dataclass(slots=True)
class Network:
    """Everything of one run. `answers`: to each lookup of a name, one after the other; the last one repeats."""

    stand_in: WebServer
    plain: WebServer
    proxy: WebServer
    unreached: Sequence[WebServer]
    tls: SSLContext
    offload: ThreadOffload
    answers: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    lookups: int = 0

    def remote(self, *, behind_proxy: bool = False) -> FetchRemote:
        """Return the use case over the real adapter."""
        proxies = {"https": f"http://127.0.0.1:{self.proxy.port}"} if behind_proxy else {}
        surroundings = Surroundings(self.tls, proxies)
        fetcher = AioFetcher(lambda: surroundings, offload=self.offload, lookups=self.offload, look_up=self._look_up)
        return FetchRemote(StandIns(fetcher), SystemClock(), RecordedTelemetry())

    def rules(self, **more: frozenset[str]) -> EgressRules:
        """Return rules that allow the ports of the listeners: only host and address are judged."""
        return EgressRules(ports=frozenset({self.stand_in.port, self.plain.port}), **more)

    def url(self, spelling: str) -> str:
        """Return a spelling with the ports of the listeners."""
        return spelling.replace("{port}", str(self.stand_in.port)).replace("{plain}", str(self.plain.port))

    def reached(self) -> int:
        """Return how many connections arrived where none may, the proxy included."""
        return sum(each.connections for each in (*self.unreached, self.proxy))

    def _look_up(self, host: str, port: int) -> tuple[str, ...]:
        self.lookups += 1
        known = self.answers.get(host)
        if known is None:
            raise HopFailed(HopFlaw.UNRESOLVED)
        return known.pop(0) if len(known) > 1 else known[0]


async def outcome_of(
    remote: FetchRemote, url: str, rules: EgressRules, **limits: float
) -> Download | NotDownloaded | str:
    """Return what comes of a download; a text if it raises."""
    try:
        return await remote.fetch(url, rules, replace(LIMITS, **limits))  # type: ignore[arg-type]
    except Exception as error:  # noqa: BLE001 - a miss of the drill
        return f"{type(error).__name__}: {error}"


def hosts_of(urls: Sequence[str]) -> list[str]:
    """Return the hosts of URLs, each once."""
    return sorted({urlsplit(url.replace("{port}", "1").replace("{plain}", "1")).hostname or "" for url in urls})


@asynccontextmanager
async def network(folder: Path) -> AsyncIterator[Network]:
    """Open all listeners."""
    server_tls, client_tls = contexts_for(folder, "rebind.example", *hosts_of(LEGITIMATE))
    async with AsyncExitStack() as stack:
        stand_in = await stack.enter_async_context(web_server(tls=server_tls, host=STAND_IN))
        plain = await stack.enter_async_context(web_server(host=STAND_IN))
        proxy = await stack.enter_async_context(web_server())
        unreached = [
            await stack.enter_async_context(web_server(host=host, port=port))
            for host in UNREACHED
            for port in (stand_in.port, plain.port)
        ]
        offload = ThreadOffload()
        stack.push_async_callback(offload.aclose)
        yield Network(stand_in, plain, proxy, unreached, client_tls, offload)

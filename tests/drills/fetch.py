"""Downloads from forbidden and from public addresses: `python -m tests.drills.fetch`; exits with 1 on any miss.

Every spelling goes through the real use case and the real adapter. Listeners on loopback count connections: at the
forbidden ones there must be none. A stand-in on another loopback address answers for all public addresses.
"""

import asyncio
import gzip
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from domain.egress.downloads import Download, DownloadFlaw, NotDownloaded
from domain.services.fetch_remote import FetchRemote
from tests.doubles.web_server import answer
from tests.drills.fetch_spellings import FORBIDDEN, FORBIDDEN_ANSWERS, LEGITIMATE, NEVER, RELATIVE
from tests.drills.fetch_world import PUBLIC, PUBLIC_6, Network, hosts_of, network, outcome_of

AT_ONCE = 16
BODY = b"the file"
PORTS = (1, 22, 25, 80, 111, 135, 445, 631, 2375, 3306, 5432, 6379, 8080, 9200, 11211, 27017, 65535)
SHOWN = 20
Outcome = Download | NotDownloaded | str
Misses = list[str]


async def each(cases: Iterable[tuple[str, Callable[[], Awaitable[Outcome]]]]) -> AsyncIterator[tuple[str, Outcome]]:
    """Run cases, some at a time; yield their names with what came of them."""
    waiting = list(cases)
    for start in range(0, len(waiting), AT_ONCE):
        batch = waiting[start : start + AT_ONCE]
        for (name, _), outcome in zip(batch, await asyncio.gather(*(run() for _, run in batch)), strict=True):
            yield name, outcome


async def all_refused(net: Network, part: str, cases: Iterable[tuple[str, Callable[[], Awaitable[Outcome]]]]) -> Misses:
    """Run cases that must all be refused without reaching anything."""
    misses, count = [], 0
    async for name, outcome in each(cases):
        count += 1
        if not isinstance(outcome, NotDownloaded) or outcome.flaw is DownloadFlaw.UNREACHABLE:
            misses.append(f"{part}: {name!r}: {outcome}")
    if net.reached():
        misses.append(f"{part}: {net.reached()} connections arrived where none may")
    print(f"{part:<44} {count}")
    return misses


async def by_spelling(net: Network, remote: FetchRemote, part: str) -> Misses:
    """Every forbidden spelling is refused before a name is looked up."""
    before = net.lookups
    urls = [net.url(spelling) for spelling in FORBIDDEN]
    cases = [(url, partial(outcome_of, remote, url, net.rules())) for url in urls]
    misses = await all_refused(net, part, cases)
    return [*misses, f"{part}: names were looked up"] if net.lookups != before else misses


async def by_redirect(net: Network, remote: FetchRemote) -> Misses:
    """Every forbidden spelling is refused as the target of a redirect too."""
    cases = []
    spellings = [spelling for spelling in FORBIDDEN if spelling.strip() and "\n" not in spelling]
    locations = [net.url(spelling) for spelling in spellings if spelling not in RELATIVE]
    for number, location in enumerate(locations):
        path = f"/redirect/{number}"
        head = f"HTTP/1.1 302 X\r\nContent-Length: 0\r\nLocation: {location}\r\n\r\n"
        net.stand_in.answers[path] = head.encode()
        url = net.url("https://public.example:{port}" + path)
        cases.append((location, lambda url=url: outcome_of(remote, url, net.rules())))
    return await all_refused(net, "redirects to forbidden spellings", cases)


async def by_answers(net: Network, remote: FetchRemote) -> Misses:
    """A name with one forbidden address is refused, whatever its other addresses are."""
    cases = []
    for number, addresses in enumerate(FORBIDDEN_ANSWERS):
        net.answers[f"answers-{number}.example"] = [addresses]
        url = net.url(f"https://answers-{number}.example:{{port}}/file")
        cases.append((repr(addresses), lambda url=url: outcome_of(remote, url, net.rules())))
    return await all_refused(net, "forbidden and mixed answers to lookups", cases)


async def by_changed_answers(net: Network, remote: FetchRemote) -> Misses:
    """A name whose answer changes is reached at the address that was checked, or not at all."""
    misses, count = [], 0
    net.stand_in.answers["/busy"] = answer(503)
    net.stand_in.answers["/again"] = answer(302, b"", Location="/file")
    for forbidden in FORBIDDEN_ANSWERS:
        for path, flaw in (("/file", None), ("/busy", DownloadFlaw.BLOCKED), ("/again", DownloadFlaw.BLOCKED)):
            net.answers["rebind.example"] = [(PUBLIC,), forbidden]
            before, count = net.lookups, count + 1
            url = net.url("https://rebind.example:{port}" + path)
            outcome = await outcome_of(remote, url, net.rules(), retries=1)
            looked_up = net.lookups - before
            right = isinstance(outcome, Download) if flaw is None else getattr(outcome, "flaw", None) is flaw
            if not right or looked_up != (1 if flaw is None else 2):
                misses.append(f"changed answers: {path} then {forbidden}: {outcome}, {looked_up} lookups")
    if net.reached():
        misses.append(f"changed answers: {net.reached()} connections arrived where none may")
    print(f"{'answers that change between two lookups':<44} {count}")
    return misses


async def by_port(net: Network, remote: FetchRemote) -> Misses:
    """Ports that nobody allowed are refused, at public hosts too."""
    hosts = ("public.example", PUBLIC, f"[{PUBLIC_6}]")
    urls = [f"https://{host}:{port}/" for host in hosts for port in PORTS]
    return await all_refused(net, "ports", [(url, partial(outcome_of, remote, url, net.rules())) for url in urls])


async def by_listing(net: Network, remote: FetchRemote) -> Misses:
    """Metadata services and tunnels are refused even where the operator lists them and switched protection off."""
    listed = frozenset({*NEVER, *(net.url(f"{host}:{{port}}") for host in NEVER)})
    rules = net.rules(private_hosts=listed, http_hosts=listed)
    urls = [net.url(f"{scheme}://{host}:{{port}}/") for host in NEVER for scheme in ("https", "http")]
    cases = [(url, lambda url=url: outcome_of(remote, url, rules)) for url in urls]
    return await all_refused(net, "metadata and tunnels that were listed", cases)


async def legitimate(net: Network, remote: FetchRemote) -> Misses:
    """Public hosts are reached in every spelling that is one."""
    misses, count = [], 0
    rules = net.rules(http_hosts=frozenset({"plain.public.example"}))
    before = net.stand_in.connections + net.plain.connections
    for spelling in LEGITIMATE:
        outcome = await outcome_of(remote, net.url(spelling), rules)
        count += 1
        if not isinstance(outcome, Download) or outcome.content != BODY:
            misses.append(f"legitimate: {net.url(spelling)!r}: {outcome}")
    print(f"{'legitimate spellings':<44} {count}")
    print(f"{'connections to the stand-ins':<44} {net.stand_in.connections + net.plain.connections - before}")
    return misses


def publish(net: Network) -> None:
    """Set what public names resolve to, and what their hosts answer."""
    for host in hosts_of(LEGITIMATE):
        net.answers[host] = [(PUBLIC,)]
    net.answers["dual.public.example"] = [(PUBLIC_6, PUBLIC)]
    net.answers["six.public.example"] = [(PUBLIC_6,)]
    net.answers["changes.public.example"] = [(PUBLIC,), ("127.0.0.1",)]
    net.stand_in.answers.update(
        {
            "/moved": answer(301, b"", Location=net.url("https://dual.public.example:{port}/file")),
            "/moved-relative": answer(302, b"", Location="file?x"),
            "/moved-elsewhere": answer(307, b"", Location=net.url("//six.public.example:{port}/file")),
            "/packed": answer(200, gzip.compress(BODY), Content_Encoding="gzip"),
        }
    )
    found = answer(200, BODY)
    net.stand_in.otherwise = net.plain.otherwise = found


async def drill(folder: Path) -> Misses:
    """Run all parts; return what must not happen."""
    async with network(folder) as net:
        publish(net)
        remote = net.remote()
        misses = await by_spelling(net, remote, "forbidden spellings")
        misses += await by_spelling(net, net.remote(behind_proxy=True), "forbidden spellings behind a proxy")
        misses += await by_redirect(net, remote)
        misses += await by_answers(net, remote)
        misses += await by_changed_answers(net, remote)
        misses += await by_port(net, remote)
        misses += await by_listing(net, remote)
        misses += await legitimate(net, remote)
        print(f"{'connections to forbidden listeners':<44} {net.reached()}")
        return misses


def main() -> int:
    """Run the drill; return 0 if nothing went wrong."""
    began = time.monotonic()
    with TemporaryDirectory() as folder:
        misses = asyncio.run(drill(Path(folder)))
    print(f"{'misses':<44} {len(misses) or 'none'}")
    print(f"{'seconds':<44} {time.monotonic() - began:.0f}")
    for miss in misses[:SHOWN]:
        print(f"  {miss}")
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())

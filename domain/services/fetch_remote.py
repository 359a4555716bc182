"""Download a file from an address that came from outside: law 9, no download reaches an address that is not public.

Every URL is judged before a name is looked up, and every address of the name before anything connects; redirects are
judged like the first URL. The connection goes to an address that was judged: a second lookup never happens.
"""

import asyncio
from collections.abc import Sequence

from domain.egress.downloads import (
    Download,
    DownloadFlaw,
    DownloadLimits,
    NotDownloaded,
    downloaded,
    failure_of_answer,
    failure_of_hop,
    failure_of_url,
    next_wait,
    redirects,
)
from domain.egress.targets import EgressRules, Target, UrlFlaw, addresses_admitted, checked_url, next_url
from ports.clock import Clock
from ports.fetcher import Fetcher, Hop, HopAnswer, HopFailed, HopFlaw
from ports.telemetry import Telemetry

REDIRECTS = 3
TRY_SECONDS = 60.0
RESOLVE_SECONDS = 10.0
ADDRESSES = 3
"""Addresses of one name that are tried, one after the other, if no connection can be made."""
SEND_SECONDS, MOST_ANSWERED = 15.0, 65_536
AT_ONCE = 32
"""Hops that run at the same time; more wait."""


class FetchRemote:
    """The use case. Safe to use from many tasks of one event loop."""

    def __init__(self, fetcher: Fetcher, clock: Clock, telemetry: Telemetry) -> None:
        self._fetcher, self._clock, self._telemetry = fetcher, clock, telemetry
        self._places = asyncio.Semaphore(AT_ONCE)

    async def fetch(self, url: str, rules: EgressRules, limits: DownloadLimits) -> Download | NotDownloaded:
        """Return the file at a URL, or why there is none. Raises nothing but cancellation.

        Failures that may pass are tried again within the limits; a `Retry-After` beyond them ends the download.
        """
        deadline, tries = self._clock.monotonic() + limits.seconds, 0
        while True:
            try_ends = min(deadline, self._clock.monotonic() + TRY_SECONDS)
            outcome = await self._try(url, rules, limits.size, try_ends)
            if isinstance(outcome, Download):
                self._telemetry.event("debug", "file_downloaded", size=len(outcome.content), tries=tries + 1)
                return outcome
            tries += 1
            wait = next_wait(outcome, tries, limits)
            resumes = self._clock.monotonic() + (wait or 0.0)
            if wait is None or resumes >= deadline:
                self._report(outcome, tries)
                return outcome
            await self._clock.sleep_until(resumes)

    async def send(self, url: str, rules: EgressRules, body: bytes) -> str:
        """Post JSON to a URL once; return why the host did not take it, "" if it did. Redirects are not followed."""
        target = checked_url(url, rules)
        if isinstance(target, UrlFlaw):
            return target.value
        try:
            async with self._places:
                ends = self._clock.monotonic() + SEND_SECONDS
                answer = await self._answer(target, rules, MOST_ANSWERED, ends, body)
        except HopFailed as error:
            return error.flaw.value
        if isinstance(answer, UrlFlaw):
            return answer.value
        return "" if 200 <= answer.status < 300 else f"status {answer.status}"

    # --- details ------------------------------------------------------------------------------------------

    async def _try(self, url: str, rules: EgressRules, limit: int, try_ends: float) -> Download | NotDownloaded:
        """Follow one URL to its file."""
        for _ in range(REDIRECTS + 1):
            target = checked_url(url, rules)
            if isinstance(target, UrlFlaw):
                return failure_of_url(target)
            try:
                async with self._places:
                    answer = await self._answer(target, rules, limit, try_ends)
            except HopFailed as error:
                return failure_of_hop(error.flaw, target.host, error.detail)
            if isinstance(answer, UrlFlaw):
                return failure_of_url(answer, target.host)
            if (file := downloaded(target, answer)) is not None:
                return file
            if not redirects(answer):
                return failure_of_answer(answer, target.host, self._clock.now())
            url = next_url(target, answer.location)
        return NotDownloaded(DownloadFlaw.TOO_MANY_REDIRECTS)

    async def _answer(
        self, target: Target, rules: EgressRules, limit: int, try_ends: float, body: bytes | None = None
    ) -> HopAnswer | UrlFlaw:
        """Return what the host answers at one of its addresses, all of which were judged. Raises HopFailed."""
        addresses: Sequence[str] = (target.host,)
        if not target.literal:
            seconds = min(RESOLVE_SECONDS, self._left(try_ends))
            addresses = await self._fetcher.resolve(target.host, target.port, seconds)
        if not addresses_admitted(target, addresses, rules):
            return UrlFlaw.NOT_PUBLIC
        last = HopFailed(HopFlaw.UNREACHABLE)
        for address in addresses[:ADDRESSES]:
            hop = Hop(target.url, target.host, target.port, address, limit, self._left(try_ends), body)
            try:
                return await self._fetcher.get(hop)
            except HopFailed as error:
                if error.flaw is not HopFlaw.UNREACHABLE:
                    raise
                last = error
        raise last

    def _left(self, ends: float) -> float:
        """Return the seconds until `ends`. Raises HopFailed if there are none."""
        left = ends - self._clock.monotonic()
        if left <= 0:
            raise HopFailed(HopFlaw.TIMED_OUT)
        return left

    def _report(self, failure: NotDownloaded, tries: int) -> None:
        """Log one line: without the address, which a person wrote, perhaps in a temporary chat."""
        self._telemetry.event(
            "info",
            "file_not_downloaded",
            reason=failure.flaw.value,
            status=failure.status,
            detail=failure.detail,
            tries=tries,
        )

"""Downloads: judged before every connection, pinned to what was judged, repeated only for failures that may pass."""

import asyncio
from collections.abc import Sequence

import pytest

from adapters.memory.fetcher import MemoryFetcher, Scripted
from domain.egress.downloads import Download, DownloadFlaw, DownloadLimits, NotDownloaded
from domain.egress.targets import EgressRules
from domain.services.fetch_remote import ADDRESSES, TRY_SECONDS, FetchRemote
from ports.fetcher import Hop, HopAnswer, HopFailed, HopFlaw
from tests.doubles.clock import FakeClock, settled
from tests.doubles.telemetry import RecordedTelemetry

URL, PUBLIC, OTHER = "https://files.example/a/b.png", "93.184.215.14", "2606:4700::1111"
FILE = HopAnswer(200, b"bytes", "Image/PNG; q=1", disposition='attachment; filename="b.png"')
BUSY = HopAnswer(503)
USUAL = EgressRules()
LIMITS = DownloadLimits(size=100, retries=3, first_wait=5, seconds=45)


def redirect(to: str, status: int = 302) -> HopAnswer:
    return HopAnswer(status, location=to)


class World:
    """One use case over scripted names and answers."""

    def __init__(
        self, answers: dict[str, Sequence[Scripted]], names: dict[str, Sequence[Sequence[str]]] | None = None
    ) -> None:
        self.fetcher = MemoryFetcher(
            {"files.example": [[PUBLIC]], "other.example": [[OTHER]], **(names or {})}, answers
        )
        self.clock, self.telemetry = FakeClock(), RecordedTelemetry()
        self.remote = FetchRemote(self.fetcher, self.clock, self.telemetry)

    async def fetch(
        self, url: str = URL, rules: EgressRules = USUAL, limits: DownloadLimits = LIMITS
    ) -> Download | NotDownloaded:
        return await self.remote.fetch(url, rules, limits)

    async def fetch_slowly(self, *waits: float) -> Download | NotDownloaded:
        """Fetch, and let exactly these waits pass."""
        task = asyncio.create_task(self.fetch())
        for wait in waits:
            await settled()
            assert self.clock.moments == [wait]
            self.clock.advance(wait)
        await settled()
        assert task.done()
        return task.result()


def flaw_of(outcome: Download | NotDownloaded) -> DownloadFlaw:
    assert isinstance(outcome, NotDownloaded)
    return outcome.flaw


async def test_a_file_comes_with_what_the_server_says_of_it():
    world = World({URL: [FILE]})
    assert await world.fetch() == Download(b"bytes", "image/png", "b.png", "files.example")
    assert world.fetcher.asked == [Hop(URL, "files.example", 443, PUBLIC, 100, 45)]
    (line,) = world.telemetry.lines
    assert (line.level, line.name, line.values) == ("debug", "file_downloaded", {"size": 5, "tries": 1})


@pytest.mark.parametrize(
    ("url", "flaw"),
    [
        ("file:///etc/passwd", DownloadFlaw.BAD_ADDRESS),
        ("https://127.1/", DownloadFlaw.BAD_ADDRESS),
        ("https://user@files.example/", DownloadFlaw.BAD_ADDRESS),
        ("http://files.example/", DownloadFlaw.PLAIN_HTTP),
        ("https://files.example:22/", DownloadFlaw.BLOCKED),
        ("https://169.254.169.254/latest/meta-data", DownloadFlaw.BLOCKED),
        ("https://localhost/", DownloadFlaw.BLOCKED),
    ],
)
async def test_a_url_that_may_not_be_asked_is_never_looked_up(url, flaw):
    world = World({})
    assert flaw_of(await world.fetch(url)) is flaw
    assert (world.fetcher.looked_up, world.fetcher.asked) == ([], [])


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], [PUBLIC, "10.0.0.1"], ["::1", OTHER], ["169.254.169.254"], [f"::ffff:{PUBLIC}"], ["fe80::1%2"]],
)
async def test_one_address_that_may_not_be_reached_ends_the_download(addresses):
    world = World({URL: [FILE]}, {"files.example": [addresses]})
    outcome = await world.fetch()
    assert flaw_of(outcome) is DownloadFlaw.BLOCKED
    assert world.fetcher.asked == []


async def test_the_connection_goes_to_the_address_that_was_judged_not_to_a_second_answer():
    world = World({URL: [FILE]}, {"files.example": [[PUBLIC], ["127.0.0.1"]]})
    assert isinstance(await world.fetch(), Download)
    assert ([hop.address for hop in world.fetcher.asked], world.fetcher.looked_up) == ([PUBLIC], ["files.example"])


async def test_a_name_whose_answer_changes_between_tries_is_judged_again():
    world = World({URL: [BUSY, FILE]}, {"files.example": [[PUBLIC], ["127.0.0.1"]]})
    assert flaw_of(await world.fetch_slowly(5)) is DownloadFlaw.BLOCKED
    assert [hop.address for hop in world.fetcher.asked] == [PUBLIC]


async def test_a_literal_address_needs_no_lookup():
    world = World({f"https://{PUBLIC}/x": [FILE]})
    assert isinstance(await world.fetch(f"https://{PUBLIC}/x"), Download)
    assert world.fetcher.looked_up == []


async def test_redirects_are_followed_and_the_last_one_names_the_file():
    world = World(
        {
            URL: [redirect("c", 301)],
            "https://files.example/a/c": [redirect("//other.example/d", 307)],
            "https://other.example/d": [redirect("https://other.example/e.pdf?x", 308)],
            "https://other.example/e.pdf?x": [HopAnswer(200, b"1")],
        }
    )
    assert await world.fetch() == Download(b"1", "", "e.pdf", "other.example")
    assert [hop.address for hop in world.fetcher.asked] == [PUBLIC, PUBLIC, OTHER, OTHER]


@pytest.mark.parametrize(
    ("location", "flaw"),
    [
        ("https://127.0.0.1/", DownloadFlaw.BLOCKED),
        ("https://inside.example/", DownloadFlaw.BLOCKED),
        ("//localhost/", DownloadFlaw.BLOCKED),
        ("http://files.example/a", DownloadFlaw.PLAIN_HTTP),
        ("https://u:p@files.example/a", DownloadFlaw.BAD_ADDRESS),
        ("https://0x7f000001/", DownloadFlaw.BAD_ADDRESS),
        ("ftp://files.example/", DownloadFlaw.BAD_ADDRESS),
        ("/a b", DownloadFlaw.BAD_ADDRESS),
    ],
)
async def test_a_redirect_is_judged_like_the_first_url(location, flaw):
    world = World({URL: [redirect(location)]}, {"inside.example": [["10.1.1.1"]]})
    assert flaw_of(await world.fetch()) is flaw
    assert len(world.fetcher.asked) == 1


async def test_redirects_without_an_end_are_given_up():
    world = World({URL: [redirect(URL)]})
    assert flaw_of(await world.fetch()) is DownloadFlaw.TOO_MANY_REDIRECTS
    assert len(world.fetcher.asked) == 4


async def test_plain_http_after_https_needs_a_host_that_was_named():
    rules = EgressRules(http_hosts=frozenset({"other.example"}))
    world = World({URL: [redirect("http://other.example/x")], "http://other.example/x": [FILE]})
    assert isinstance(await world.fetch(rules=rules), Download)
    assert world.fetcher.asked[1].port == 80


@pytest.mark.parametrize(
    ("answer", "flaw"),
    [
        (HopAnswer(404), DownloadFlaw.NOT_FOUND),
        (HopAnswer(410), DownloadFlaw.NOT_FOUND),
        (HopAnswer(401), DownloadFlaw.REFUSED),
        (HopAnswer(403), DownloadFlaw.REFUSED),
        (HopAnswer(451), DownloadFlaw.REFUSED),
        (HopAnswer(400), DownloadFlaw.FAILED),
        (HopAnswer(302), DownloadFlaw.FAILED),
        (HopAnswer(304, location="/x"), DownloadFlaw.FAILED),
        (HopAnswer(206, b"x"), DownloadFlaw.FAILED),
        (HopFailed(HopFlaw.UNTRUSTED), DownloadFlaw.UNREACHABLE),
        (HopFailed(HopFlaw.UNREADABLE), DownloadFlaw.UNREADABLE),
        (HopFailed(HopFlaw.TOO_LARGE), DownloadFlaw.TOO_LARGE),
        (HopAnswer(200, bytes(101)), DownloadFlaw.TOO_LARGE),
    ],
)
async def test_a_failure_that_will_not_pass_is_not_repeated(answer, flaw):
    world = World({URL: [answer]})
    assert flaw_of(await world.fetch()) is flaw
    assert len(world.fetcher.asked) == 1


async def test_a_name_without_addresses_is_not_looked_up_again():
    world = World({}, {"files.example": []})
    assert flaw_of(await world.fetch()) is DownloadFlaw.UNREACHABLE
    assert world.fetcher.looked_up == ["files.example"]


@pytest.mark.parametrize(
    "failure",
    [
        *(HopAnswer(status) for status in (408, 425, 429, 500, 502, 503, 504)),
        HopFailed(HopFlaw.UNREACHABLE),
        HopFailed(HopFlaw.TIMED_OUT),
    ],
)
async def test_a_failure_that_may_pass_is_repeated_with_longer_waits(failure):
    world = World({URL: [failure, failure, FILE]})
    assert isinstance(await world.fetch_slowly(5, 10), Download)


async def test_repeated_tries_are_bounded_and_the_log_says_how_it_ended():
    world = World({URL: [BUSY]})
    assert await world.fetch_slowly(5, 10, 20) == NotDownloaded(DownloadFlaw.FAILED, "files.example", 503, passes=True)
    line = world.telemetry.only("file_not_downloaded")
    assert (line.values["reason"], line.values["status"], line.values["tries"]) == ("failed", 503, 4)
    assert "files.example" not in repr(line)


@pytest.mark.parametrize("stated", ["7", "Sun, 01 Mar 2026 12:00:07 GMT"])
async def test_a_stated_wait_is_honoured_in_seconds_or_as_a_date(stated):
    world = World({URL: [HopAnswer(429, retry_after=stated), FILE]})
    assert isinstance(await world.fetch_slowly(7), Download)


@pytest.mark.parametrize("stated", ["45", "3600", "Sun, 01 Mar 2026 13:00:00 GMT"])
async def test_a_stated_wait_beyond_the_budget_ends_the_download_at_once(stated):
    world = World({URL: [HopAnswer(429, retry_after=stated)]})
    outcome = await world.fetch()
    assert isinstance(outcome, NotDownloaded)
    assert (outcome.status, outcome.passes) == (429, True)
    assert (outcome.wait or 0) >= 45


async def test_one_try_has_at_most_a_minute_and_never_more_than_the_budget():
    world = World({URL: [FILE]})
    await world.fetch(limits=DownloadLimits(seconds=300))
    await world.fetch(limits=DownloadLimits(seconds=9))
    assert [hop.seconds for hop in world.fetcher.asked] == [TRY_SECONDS, 9]


async def test_another_checked_address_is_tried_if_one_cannot_be_reached():
    world = World({URL: [HopFailed(HopFlaw.UNREACHABLE), FILE]}, {"files.example": [[OTHER, PUBLIC]]})
    assert isinstance(await world.fetch(), Download)
    assert [hop.address for hop in world.fetcher.asked] == [OTHER, PUBLIC]


async def test_addresses_that_are_tried_are_bounded():
    many = [f"93.184.215.{number}" for number in range(1, 20)]
    world = World({URL: [HopFailed(HopFlaw.UNREACHABLE)]}, {"files.example": [many]})
    await world.fetch(limits=DownloadLimits(retries=0))
    assert len(world.fetcher.asked) == ADDRESSES


async def test_cancelling_ends_the_download():
    world = World({URL: [BUSY]})
    task = asyncio.create_task(world.fetch())
    await settled()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

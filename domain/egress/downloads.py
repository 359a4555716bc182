"""Downloads as values: their limits, what comes of them, and which failures may pass."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from http import HTTPStatus

from domain.egress.file_names import file_name
from domain.egress.targets import Target, UrlFlaw
from domain.limits import DOWNLOAD_MB, DOWNLOAD_RETRIES, DOWNLOAD_SECONDS, DOWNLOAD_WAIT, MEBIBYTE
from ports.fetcher import HopAnswer, HopFlaw
from ports.retry_after import stated_wait

_MIME_LIMIT = 100


@dataclass(frozen=True, slots=True)
class DownloadLimits:
    """Bounds of one download: bytes of the file, repeated tries, seconds before the first of them and for everything.

    Each further try waits twice as long.
    """

    size: int = DOWNLOAD_MB * MEBIBYTE
    retries: int = DOWNLOAD_RETRIES
    first_wait: float = DOWNLOAD_WAIT
    seconds: float = DOWNLOAD_SECONDS


@dataclass(frozen=True, slots=True)
class Download:
    """A downloaded file. `mime` (without parameters) and `name` are what the server says: "" for nothing.

    `host`: where the file came from in the end.
    """

    content: bytes = field(repr=False)
    mime: str
    name: str
    host: str


class DownloadFlaw(Enum):
    """Why a file was not downloaded."""

    BAD_ADDRESS = "bad_address"
    """No URL of a file, or one in a spelling that is not accepted."""
    BLOCKED = "blocked"
    """The host or port may not be reached."""
    PLAIN_HTTP = "plain_http"
    NOT_FOUND = "not_found"
    REFUSED = "refused"
    """The server wants to be signed in to, or refuses this client."""
    FAILED = "failed"
    """Any other status that is no success."""
    UNREACHABLE = "unreachable"
    """No such host, no connection, a broken one, or no valid certificate."""
    TIMED_OUT = "timed_out"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    """The answer is no valid HTTP, or compressed in a way that cannot be read."""
    TOO_MANY_REDIRECTS = "too_many_redirects"


@dataclass(frozen=True, slots=True)
class NotDownloaded:
    """No file. `status` is HTTP's, None without an answer; `host` the one that failed, "" if the URL names none.

    `passes`: the same request may succeed later, in `wait` seconds if the server stated it. `detail` is for the log.
    """

    flaw: DownloadFlaw
    host: str = ""
    status: int | None = None
    passes: bool = False
    wait: float | None = None
    detail: str = ""


_URL_FLAWS = {
    UrlFlaw.PLAIN_HTTP: DownloadFlaw.PLAIN_HTTP,
    UrlFlaw.PORT: DownloadFlaw.BLOCKED,
    UrlFlaw.NOT_PUBLIC: DownloadFlaw.BLOCKED,
}
_HOP_FLAWS = {
    HopFlaw.UNRESOLVED: DownloadFlaw.UNREACHABLE,
    HopFlaw.UNREACHABLE: DownloadFlaw.UNREACHABLE,
    HopFlaw.UNTRUSTED: DownloadFlaw.UNREACHABLE,
    HopFlaw.TIMED_OUT: DownloadFlaw.TIMED_OUT,
    HopFlaw.TOO_LARGE: DownloadFlaw.TOO_LARGE,
    HopFlaw.UNREADABLE: DownloadFlaw.UNREADABLE,
}
_REDIRECTS = frozenset(
    {
        HTTPStatus.MOVED_PERMANENTLY,
        HTTPStatus.FOUND,
        HTTPStatus.SEE_OTHER,
        HTTPStatus.TEMPORARY_REDIRECT,
        HTTPStatus.PERMANENT_REDIRECT,
    }
)
_NOT_FOUND = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
_REFUSED = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.PAYMENT_REQUIRED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS,
    }
)
_PASSING = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)


def redirects(answer: HopAnswer) -> bool:
    """Return whether an answer names another URL."""
    return answer.status in _REDIRECTS and bool(answer.location)


def downloaded(target: Target, answer: HopAnswer) -> Download | None:
    """Return the file of an answer, None if it has none."""
    if answer.status not in (HTTPStatus.OK, HTTPStatus.NON_AUTHORITATIVE_INFORMATION):
        return None
    mime = answer.mime.partition(";")[0].strip().lower()[:_MIME_LIMIT]
    return Download(answer.content, mime, file_name(answer.disposition, target.url), target.host)


def failure_of_url(flaw: UrlFlaw, host: str = "") -> NotDownloaded:
    """Return what a rejected URL means."""
    return NotDownloaded(_URL_FLAWS.get(flaw, DownloadFlaw.BAD_ADDRESS), host, detail=flaw.value)


def failure_of_hop(flaw: HopFlaw, host: str, detail: str) -> NotDownloaded:
    """Return what a failed hop means. Lost connections and time-outs may pass."""
    passes = flaw in (HopFlaw.UNREACHABLE, HopFlaw.TIMED_OUT)
    return NotDownloaded(_HOP_FLAWS[flaw], host, passes=passes, detail=detail or flaw.value)


def failure_of_answer(answer: HopAnswer, host: str, now: datetime) -> NotDownloaded:
    """Return what a status without a file means. Faults of the server and limits may pass. Source: RFC 9110, 15."""
    status = answer.status
    if status in _NOT_FOUND:
        return NotDownloaded(DownloadFlaw.NOT_FOUND, host, status)
    if status in _REFUSED:
        return NotDownloaded(DownloadFlaw.REFUSED, host, status)
    passes = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _PASSING
    return NotDownloaded(DownloadFlaw.FAILED, host, status, passes, stated_wait(answer.retry_after, now))


def next_wait(failure: NotDownloaded, tries: int, limits: DownloadLimits) -> float | None:
    """Return the seconds to wait after `tries` tries, None to give up. Never less than the server asks for."""
    if not failure.passes or tries > limits.retries:
        return None
    return max(limits.first_wait * 2.0 ** (tries - 1), failure.wait or 0.0)

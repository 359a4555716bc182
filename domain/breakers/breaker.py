"""One breaker: what it knows, whom it lets through, what a finished call changes."""

from dataclasses import dataclass, replace
from enum import Enum

from domain.breakers.policy import Policy, cool_down_after, milliseconds

SKEW = 60_000
"""ms; a time further in the future was written by a clock that has been put right since: it no longer counts."""


class Verdict(Enum):
    """What a call says about what it called.

    FAILURE is the other side's or ours; NEUTRAL says nothing: the caller's own mistake, a stop, never started.
    """

    SUCCESS = "success"
    FAILURE = "failure"
    NEUTRAL = "neutral"


class Change(Enum):
    """What a finished call did: opened it, kept it open by a failed probe, closed it by one that succeeded."""

    OPENED = "opened"
    REOPENED = "reopened"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Probe:
    """The right to try, lent to `token` at `since` ms for `length` ms."""

    token: str
    since: int
    length: int


@dataclass(frozen=True, slots=True)
class Breaker:
    """All of its state. Closed it lets everyone through, open nobody, and after the cool-down one probe at a time.

    `failures`: when each of the failures in a row happened (ms). `opened_at` is None while closed; `cool_down` ms and
    `trips` are those of this opening. `epoch` grows with every opening and closing: calls that began in an earlier one
    say nothing any more.
    """

    failures: tuple[int, ...] = ()
    epoch: int = 0
    opened_at: int | None = None
    cool_down: int = 0
    trips: int = 0
    probe: Probe | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """`after` is the breaker to store if it differs. Not `allowed`: ask again in `wait` ms, or earlier."""

    after: Breaker
    allowed: bool
    wait: int = 0
    probing: bool = False


def ask(breaker: Breaker, policy: Policy, now: int, token: str) -> Answer:
    """Let a call through or not; in half-open the first one is lent the probe under `token` (unique per call)."""
    if breaker.opened_at is None:
        return Answer(breaker, allowed=True)
    wait = _left(breaker.opened_at, breaker.cool_down, now)
    if not wait and breaker.probe is not None:
        wait = _left(breaker.probe.since, breaker.probe.length, now)
    if wait:
        return Answer(breaker, allowed=False, wait=wait)
    probe = Probe(token, now, milliseconds(policy.lease))
    return Answer(replace(breaker, probe=probe), allowed=True, probing=True)


def settle(
    breaker: Breaker, policy: Policy, now: int, verdict: Verdict, *, epoch: int, token: str = "", jitter: float = 0.0
) -> tuple[Breaker, Change | None]:
    """Count a call that was let through in `epoch`, as a probe if `token` is not empty. To be told once per call.

    Nothing counts that began before the last change, nor a probe whose lease went to another; a late probe nobody
    followed still does.
    """
    if token:
        return _settle_probe(breaker, policy, now, verdict, token, jitter)
    if breaker.opened_at is not None or breaker.epoch != epoch or verdict is Verdict.NEUTRAL:
        return breaker, None
    if verdict is Verdict.SUCCESS:
        return (replace(breaker, failures=()) if breaker.failures else breaker), None
    failures = (*_recent(breaker, policy, now), now)[-policy.limit :]
    if len(failures) == policy.limit:
        return _opened(breaker, policy, now, jitter), Change.OPENED
    return replace(breaker, failures=failures), None


def _recent(breaker: Breaker, policy: Policy, now: int) -> tuple[int, ...]:
    """Return the failures inside the window that ends at `now` ms."""
    oldest = now - milliseconds(policy.window)
    return tuple(at for at in breaker.failures if oldest < at <= now + SKEW)


def _settle_probe(
    breaker: Breaker, policy: Policy, now: int, verdict: Verdict, token: str, jitter: float
) -> tuple[Breaker, Change | None]:
    if breaker.probe is None or breaker.probe.token != token:
        return breaker, None
    if verdict is Verdict.NEUTRAL:
        return replace(breaker, probe=None), None
    if verdict is Verdict.SUCCESS:
        return Breaker(epoch=breaker.epoch + 1), Change.CLOSED
    return _opened(breaker, policy, now, jitter), Change.REOPENED


def _opened(breaker: Breaker, policy: Policy, now: int, jitter: float) -> Breaker:
    trips = breaker.trips + 1
    cool_down = cool_down_after(policy, trips, breaker.cool_down, jitter)
    return Breaker(epoch=breaker.epoch + 1, opened_at=now, cool_down=cool_down, trips=trips)


def _left(since: int, length: int, now: int) -> int:
    return 0 if since > now + SKEW else max(0, since + length - now)

"""One circuit breaker: its state, which calls it admits, and how a finished call changes it."""

from dataclasses import dataclass, replace
from enum import Enum

from domain.breakers.policy import Policy, cool_down_after, milliseconds

SKEW = 60_000
"""ms; ignore timestamps further in the future than this (clock error)."""


class Verdict(Enum):
    """What the end of a call means for its breaker.

    FAILURE: the other side or our side failed. NEUTRAL: the call proves nothing (mistake of the caller, cancelled, or
    never started).
    """

    SUCCESS = "success"
    FAILURE = "failure"
    NEUTRAL = "neutral"


class Change(Enum):
    """How a finished call changed a breaker: opened it, kept it open (failed probe) or closed it (good probe)."""

    OPENED = "opened"
    REOPENED = "reopened"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Probe:
    """The right to probe, leased to `token` at `since` (ms) for `length` (ms)."""

    token: str
    since: int
    length: int


@dataclass(frozen=True, slots=True)
class Breaker:
    """The whole state. Closed admits every call; open rejects every call; after the cool-down one probe is admitted.

    `failures`: times of the consecutive failures (ms). `opened_at` is None while closed. `cool_down` (ms) and `trips`
    (openings in a row) belong to the current opening. `epoch` grows with every opening and closing: calls admitted in
    an earlier epoch no longer count. `people`: who caused each failure, as short marks; empty if that is not known of
    any.
    """

    failures: tuple[int, ...] = ()
    epoch: int = 0
    opened_at: int | None = None
    cool_down: int = 0
    trips: int = 0
    probe: Probe | None = None
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """`after` is the breaker to store if it changed. If not `allowed`, ask again in `wait` ms or earlier."""

    after: Breaker
    allowed: bool
    wait: int = 0
    probing: bool = False


def ask(breaker: Breaker, policy: Policy, now: int, token: str) -> Answer:
    """Admit or reject a call; when half-open, the first call leases the probe under `token` (unique per call)."""
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
    breaker: Breaker,
    policy: Policy,
    now: int,
    verdict: Verdict,
    *,
    epoch: int,
    token: str = "",
    jitter: float = 0.0,
    person: str = "",
) -> tuple[Breaker, Change | None]:
    """Count a finished call that was admitted in `epoch`; it is a probe if `token` is not empty. Once per call.

    Calls admitted before the last change do not count, nor does a probe whose lease went to another call. A late probe
    counts as long as no other call took the lease. `person` marks who made the call: one person alone never opens a
    breaker that others share. A person can make a request fail on purpose, or without knowing: with a rare parameter,
    or a file that a provider stumbles over.
    """
    if token:
        return _settle_probe(breaker, policy, now, verdict, token, jitter)
    if breaker.opened_at is not None or breaker.epoch != epoch or verdict is Verdict.NEUTRAL:
        return breaker, None
    if verdict is Verdict.SUCCESS:
        return (replace(breaker, failures=(), people=()) if breaker.failures else breaker), None
    recent = _recent(breaker, policy, now)
    if person and sum(one == person for _, one in recent) >= policy.share:
        return breaker, None
    failures = (*recent, (now, person))[-policy.limit :]
    if len(failures) == policy.limit:
        return _opened(breaker, policy, now, jitter), Change.OPENED
    people = tuple(one for _, one in failures)
    return replace(breaker, failures=tuple(at for at, _ in failures), people=people if any(people) else ()), None


def _recent(breaker: Breaker, policy: Policy, now: int) -> tuple[tuple[int, str], ...]:
    """Return the failures inside the window that ends at `now` ms, and who caused them."""
    oldest = now - milliseconds(policy.window)
    people = breaker.people or ("",) * len(breaker.failures)
    return tuple((at, one) for at, one in zip(breaker.failures, people, strict=True) if oldest < at <= now + SKEW)


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

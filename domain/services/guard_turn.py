"""Circuit breakers around a turn: per person, per model, and per both. Never checked inside a running stream.

A person whose turns keep failing is refused for a while instead of waiting for the next failure. A model that keeps
failing is replaced by the fallback model where there is one: for the person, and for everybody once it fails for
several people. Each turn counts once per breaker, and only failures of providers, of the network and of ours count.
"""

from dataclasses import dataclass, field

from domain.breakers.breaker import Verdict
from domain.breakers.keys import mark_of, model_key, own_model_key, person_key
from domain.breakers.policy import Policy, policy_for_calls
from domain.faults.blame import Blame, blame_of
from domain.faults.fault import Fault, FaultKind
from domain.request.turn_request import Caller, TurnRequest
from domain.services.guard_call import Admission, GuardCall
from domain.services.store_budget import StoreHealth, Unlimited
from domain.turn.steps import End, Reason

PROBE_SECONDS = 60.0
"""Seconds for which a turn that probes keeps others out. Turns may take an hour, and nobody is to wait for that: later
the next turn probes."""


@dataclass(slots=True)
class TurnGuard:
    """The admissions of one turn: its person's, and by slug those of the models that it may call.

    Each model has two: for everybody, and for the person. `called`: the model of the latest attempt, empty before the
    first. `faults`: what the latest attempt of a model failed with, by slug. `mark` of the person, may be empty.
    """

    person: Admission
    mark: str = ""
    models: dict[str, tuple[Admission, Admission]] = field(default_factory=dict)
    called: str = ""
    faults: dict[str, Fault | None] = field(default_factory=dict)


class GuardTurn:
    """The use case; belongs to one event loop. The state of `guard` limits its own waits, also where it is shared."""

    def __init__(self, guard: GuardCall, store: StoreHealth) -> None:
        self._guard, self._time = guard, Unlimited(store)

    async def admit(self, request: TurnRequest) -> TurnGuard | Fault:
        """Admit a turn, or return the fault that says how long the person has to wait. Report every admitted turn.

        Background tasks are always admitted: they fail for themselves.
        """
        person = "" if request.caller is Caller.TASK else request.person.user_id
        admission = await self._guard.admit(person_key(person), _policy(request), self._time)
        if not admission.allowed:
            return Fault(FaultKind.PAUSED, retry_after=max(1.0, admission.retry_after))
        return TurnGuard(admission, mark_of(person_key(request.person.user_id)))

    async def admits_model(self, turn: TurnGuard, request: TurnRequest, slug: str) -> bool:
        """Return whether a model may be called: it has not kept failing lately, or this call probes it."""
        policy, only = _policy(request), request.routing.only
        for_all = await self._guard.admit(model_key(slug, only), policy, self._time)
        own = await self._guard.admit(own_model_key(request.person.user_id, slug, only), policy, self._time)
        if for_all.allowed and own.allowed:
            turn.models[slug] = (for_all, own)
            return True
        for admission in (for_all, own):  # it does not probe
            await self._guard.report(admission, Verdict.NEUTRAL, self._time)
        return False

    async def report(self, turn: TurnGuard, end: End | None) -> None:
        """Report how a turn ended, None if it never ran. Only the first report counts.

        A model whose provider failed counts as failed even if the fallback model then answered in its place.
        """
        for admission, verdict, person in _verdicts(turn, end):
            await self._guard.report(admission, verdict, self._time, person=person)

    def changes(self, turn: TurnGuard, end: End | None) -> bool:
        """Return whether a breaker has to be told how a turn ended; if not, the turn counts as reported."""
        return any(self._guard.changes(admission, verdict) for admission, verdict, _ in _verdicts(turn, end))


def _policy(request: TurnRequest) -> Policy:
    tooling = request.tooling
    return policy_for_calls(tooling.breaker_failures, tooling.breaker_window, PROBE_SECONDS)


def _verdicts(turn: TurnGuard, end: End | None) -> list[tuple[Admission, Verdict, str]]:
    """Return what the end of a turn means for each of its breakers, and who is named to it."""
    found = [(turn.person, _verdict(end, Blame.PROVIDER, Blame.NETWORK, Blame.OURS), "")]
    for slug, (for_all, own) in turn.models.items():
        of_model = _verdict(end, Blame.PROVIDER) if slug == turn.called else _of_replaced(turn.faults.get(slug))
        found += [(for_all, of_model, turn.mark), (own, of_model, "")]
    return found


def _of_replaced(fault: Fault | None) -> Verdict:
    """Return what the last fault of a model means in whose place another one was called."""
    is_failure = fault is not None and blame_of(fault) is Blame.PROVIDER
    return Verdict.FAILURE if is_failure else Verdict.NEUTRAL


def _verdict(end: End | None, *counting: Blame) -> Verdict:
    """Return what the end of a turn means for a breaker that counts failures with this blame."""
    if end is None or end.reason is Reason.CANCELLED:
        return Verdict.NEUTRAL
    if end.fault is None:
        return Verdict.SUCCESS
    return Verdict.FAILURE if blame_of(end.fault) in counting else Verdict.NEUTRAL

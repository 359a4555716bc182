"""Two circuit breakers around a turn: one per person, one per model. Never checked inside a running stream.

A person whose turns keep failing is refused for a while instead of waiting for the next failure. A model that keeps
failing, for whoever asks, is replaced by the fallback model where there is one. Each turn counts once per breaker, and
only failures of providers, of the network and of ours count.
"""

from dataclasses import dataclass, field

from domain.breakers.breaker import Verdict
from domain.breakers.keys import model_key, person_key
from domain.breakers.policy import policy_for_calls
from domain.faults.blame import Blame, blame_of
from domain.faults.fault import Fault, FaultKind
from domain.request.turn_request import Caller, TurnRequest
from domain.services.guard_call import Admission, GuardCall
from domain.services.store_budget import StoreHealth, Unlimited
from domain.turn.steps import End, Reason

LONGEST_TURN = 3_600.0
"""Seconds after which a turn that probes counts as lost."""


@dataclass(slots=True)
class TurnGuard:
    """The admissions of one turn: its person's, and by slug those of the models that it may call.

    `called`: the model of the latest attempt, empty before the first.
    """

    person: Admission
    models: dict[str, Admission] = field(default_factory=dict)
    called: str = ""


class GuardTurn:
    """The use case; belongs to one event loop. The state of `guard` is in memory: no turn waits for it."""

    def __init__(self, guard: GuardCall, store: StoreHealth) -> None:
        self._guard, self._time = guard, Unlimited(store)

    async def admit(self, request: TurnRequest) -> TurnGuard | Fault:
        """Admit a turn, or return the fault that says how long the person has to wait. Report every admitted turn.

        Background tasks are always admitted: they fail for themselves.
        """
        tooling = request.tooling
        policy = policy_for_calls(tooling.breaker_failures, tooling.breaker_window, LONGEST_TURN)
        person = "" if request.caller is Caller.TASK else request.person.user_id
        admission = await self._guard.admit(person_key(person), policy, self._time)
        if not admission.allowed:
            return Fault(FaultKind.PAUSED, retry_after=max(1.0, admission.retry_after))
        return TurnGuard(admission)

    async def admits_model(self, turn: TurnGuard, request: TurnRequest, slug: str) -> bool:
        """Return whether a model may be called: it has not kept failing lately, or this call probes it."""
        tooling = request.tooling
        policy = policy_for_calls(tooling.breaker_failures, tooling.breaker_window, LONGEST_TURN)
        admission = await self._guard.admit(model_key(slug, request.routing.only), policy, self._time)
        if admission.allowed:
            turn.models[slug] = admission
        return admission.allowed

    async def report(self, turn: TurnGuard, end: End | None) -> None:
        """Report how a turn ended, None if it never ran. Only the first report counts."""
        verdict = _verdict(end, Blame.PROVIDER, Blame.NETWORK, Blame.OURS)
        await self._guard.report(turn.person, verdict, self._time)
        for slug, admission in turn.models.items():
            called = slug == turn.called
            verdict = _verdict(end, Blame.PROVIDER) if called else Verdict.NEUTRAL
            await self._guard.report(admission, verdict, self._time)


def _verdict(end: End | None, *counting: Blame) -> Verdict:
    """Return what the end of a turn means for a breaker that counts failures with this blame."""
    if end is None or end.reason is Reason.CANCELLED:
        return Verdict.NEUTRAL
    if end.fault is None:
        return Verdict.SUCCESS
    return Verdict.FAILURE if blame_of(end.fault) in counting else Verdict.NEUTRAL

"""End a turn that will not run: one log line, and its only output."""

from domain.faults.causes import DrawingFlaw
from domain.faults.fault import Fault, FaultKind
from domain.request.turn_request import Caller, TurnRequest
from domain.services.turn_mask import TurnMask
from domain.turn.steps import End, Ended, Reason
from ports.telemetry import Telemetry
from ports.usage import Timing


def refuse_turn(
    fault: Fault, request: TurnRequest, *, error_id: str, seconds: float, mask: TurnMask, telemetry: Telemetry
) -> Ended:
    """Return the only output of a turn that was refused after `seconds`."""
    telemetry.event(
        "info" if _is_expected(fault, request) else "warning",
        "turn_refused",
        error_id=error_id,
        fault=fault.kind.value,
        detail=mask.text(fault.logged),
        model=request.model,
        user_id=request.person.user_id,
    )
    return Ended(mask.end(End(Reason.FAULT, Timing(seconds), error_id, fault)))


def _is_expected(fault: Fault, request: TurnRequest) -> bool:
    """Return whether the host asked for something that nobody misses: it asks for a title after each first answer."""
    spent = fault.kind is FaultKind.BUDGET_SPENT and request.caller is Caller.TASK
    return spent or fault.cause is DrawingFlaw.WRITES_NOTHING

"""How one attempt ended and how far it got: what a ledger needs to know."""

from dataclasses import dataclass
from enum import Enum

from domain.faults.fault import Fault
from ports.answer_facts import AnswerFacts
from ports.response_events import UpstreamProblem
from ports.responses import Reach, Refused, ResponsesError, TimedOut
from ports.usage import Usage


class Ending(Enum):
    """How an attempt ended; the values are written to logs.

    COMPLETED: the answer is complete, even if its terminal event is missing. CUT_SHORT: upstream stopped at a limit or
    a filter. REFUSED: upstream reported an error before the model wrote anything. FAILED: upstream reported an error
    later, or our side failed first. INTERRUPTED: the connection broke within the answer. TIMED_OUT: no event came in
    time. CANCELLED: the reader left. CRASHED: a defect of our code.
    """

    COMPLETED = "completed"
    CUT_SHORT = "cut short"
    REFUSED = "refused"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    TIMED_OUT = "timed out"
    CANCELLED = "cancelled"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended. `reach` is NOT_SENT only if that is certain, and STREAMING once upstream has answered."""

    ending: Ending
    reach: Reach


@dataclass(frozen=True, slots=True)
class Stop:
    """Why an attempt ended: upstream's usage and problem, if it sent them, and how far the port says the attempt got.

    `facts`: what upstream said about the answer. Not `billable`: upstream rejected the attempt before the model wrote
    anything, so it is free. `fault`: what the attempt failed with, None if it did not.
    """

    ending: Ending
    usage: Usage | None = None
    problem: UpstreamProblem | None = None
    reach: Reach | None = None
    billable: bool = True
    facts: AnswerFacts | None = None
    fault: Fault | None = None


def stop_of(error: ResponsesError) -> Stop:
    """Return how an attempt ended that failed with an error of the port."""
    if isinstance(error, Refused):
        return Stop(Ending.REFUSED, problem=error.problem, reach=error.reach)
    if isinstance(error, TimedOut):
        return Stop(Ending.TIMED_OUT, reach=error.reach)
    broke = error.reach is Reach.STREAMING
    return Stop(Ending.INTERRUPTED if broke else Ending.FAILED, reach=error.reach)

"""What is decided before a turn starts, and where it stands."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from domain.faults.retry import RetryPolicy
from domain.limits import TOOL_ROUNDS
from domain.tools.plan import CallLimits, Reader
from ports.responses import UpstreamRequest


@dataclass(frozen=True, slots=True)
class Alternatives:
    """What else may be sent after a refusal.

    `other_endpoint`: a refusal by one endpoint may lead to the other. `fallback` builds what goes to the model that
    stands in, None if that cannot be; it is called at most once, and only when it is needed.
    """

    other_endpoint: bool = True
    fallback: Callable[[], UpstreamRequest | None] | None = None


@dataclass(frozen=True, slots=True)
class TurnPlan:
    """Everything decided before the turn starts.

    `runnable`: names of tools the toolbox can run; calls of others are handed over if none is runnable; those of
    `sequential` tools run alone. A round that calls one of `handed_over` is handed over whole. `reader` reads the
    results; its `room` is what the request's input leaves free for the rounds of the turn. `idle_seconds`: longest wait
    for an event, comments not counted. `statuses`: somebody sees the lines that bridge a wait. `jitter` in [0, 1)
    spreads the retries.
    """

    request: UpstreamRequest
    error_id: str = ""
    retry: RetryPolicy = RetryPolicy()
    runnable: frozenset[str] = frozenset()
    sequential: frozenset[str] = frozenset()
    handed_over: frozenset[str] = frozenset()
    reader: Reader = field(default_factory=Reader)
    call_limits: CallLimits = field(default_factory=CallLimits)
    max_rounds: int = TOOL_ROUNDS
    idle_seconds: float = 600.0
    statuses: bool = True
    jitter: float = 0.5
    alternatives: Alternatives = field(default_factory=Alternatives)


class Phase(Enum):
    """Where a turn stands."""

    NEW = "new"
    CALLING = "calling"
    TOOLS = "tools"
    ENDED = "ended"

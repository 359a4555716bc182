"""What is decided before a turn starts, and the phase a turn is in."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from domain.faults.retry import RetryPolicy
from domain.limits import TOOL_ROUNDS
from domain.tools.plan import CallLimits, Reader
from ports.responses import UpstreamRequest


@dataclass(frozen=True, slots=True)
class Alternatives:
    """What else may be sent after upstream rejects the request.

    `other_endpoint`: a rejection by one endpoint may lead to the other. `fallback` builds the request to the fallback
    model; it returns None if there can be none, and is called at most once, only when needed.
    """

    other_endpoint: bool = True
    fallback: Callable[[], UpstreamRequest | None] | None = None


@dataclass(frozen=True, slots=True)
class TurnPlan:
    """Everything decided before the turn starts.

    `runnable`: names of tools the toolbox can run. If it is empty, calls are handed over to the caller. `sequential`
    tools run alone. A round that calls one of the `handed_over` tools is handed over as a whole; calls of `callers`
    tools are handed over after the other calls of their round have run. `reader` reads the
    results; its `room` is what the input of the request leaves for the rounds of the turn. `idle_seconds`: the longest
    wait for an event, not counting comments. `statuses`: a person sees the status lines. `jitter` in [0, 1) spreads
    retries.
    """

    request: UpstreamRequest
    error_id: str = ""
    retry: RetryPolicy = RetryPolicy()
    runnable: frozenset[str] = frozenset()
    sequential: frozenset[str] = frozenset()
    handed_over: frozenset[str] = frozenset()
    callers: frozenset[str] = frozenset()
    reader: Reader = field(default_factory=Reader)
    call_limits: CallLimits = field(default_factory=CallLimits)
    max_rounds: int = TOOL_ROUNDS
    idle_seconds: float = 600.0
    statuses: bool = True
    jitter: float = 0.5
    alternatives: Alternatives = field(default_factory=Alternatives)


class Phase(Enum):
    """The phases of a turn."""

    NEW = "new"
    CALLING = "calling"
    TOOLS = "tools"
    ENDED = "ended"

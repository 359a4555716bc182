"""What is decided before a turn starts, and the phase a turn is in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from domain.faults.retry import RetryPolicy
from domain.limits import TOOL_ROUNDS
from domain.tools.plan import CallLimits, Reader
from domain.turn.fitting import Fit
from domain.turn.statuses import Status
from ports.responses import UpstreamRequest
from ports.toolbox import ToolCall


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
    tools are handed over after the other calls of their round have run. `renamed` leads from upstream names of tools
    to those of the caller. `notes` are shown as the turn begins. `reader` reads the results; its `room` is what the
    input of the request leaves for the rounds of the turn. `idle_seconds`: the longest wait for an event, not counting
    comments. `statuses`: a person sees the status lines. `jitter` in [0, 1) spreads retries. `fit`: how long the
    requests may be.
    """

    request: UpstreamRequest
    error_id: str = ""
    retry: RetryPolicy = RetryPolicy()
    runnable: frozenset[str] = frozenset()
    sequential: frozenset[str] = frozenset()
    handed_over: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Status, ...] = ()
    callers: frozenset[str] = frozenset()
    reader: Reader = field(default_factory=Reader)
    call_limits: CallLimits = field(default_factory=CallLimits)
    max_rounds: int = TOOL_ROUNDS
    idle_seconds: float = 600.0
    statuses: bool = True
    jitter: float = 0.5
    alternatives: Alternatives = field(default_factory=Alternatives)
    fit: Fit = field(default_factory=Fit)

    def as_the_caller_knows(self, call: ToolCall) -> ToolCall:
        """Return a call under the name that the caller's request gave its tool."""
        name, space = self.renamed.get(call.name, call.name), self.renamed.get(call.namespace, call.namespace)
        return replace(call, name=name, namespace=space)


class Phase(Enum):
    """The phases of a turn."""

    NEW = "new"
    CALLING = "calling"
    TOOLS = "tools"
    ENDED = "ended"

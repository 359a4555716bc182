"""What is decided before a turn starts, and where it stands."""

from dataclasses import dataclass, field
from enum import Enum

from domain.faults.retry import RetryPolicy
from domain.limits import TOOL_ROUNDS
from domain.request.repair import Sending
from domain.tools.plan import CallLimits
from ports.responses import Endpoint, ResponsesBody


@dataclass(frozen=True, slots=True)
class TurnPlan:
    """Everything decided before the turn starts.

    `runnable`: names of tools the toolbox can run; calls of others are handed over if none is runnable; those of
    `sequential` tools run alone. A round that calls one of `handed_over` is handed over whole. `prompt_characters`
    the input of a request may have, None for no limit; `sees_images`: pictures of results go to the model.
    `idle_seconds`: longest wait for an event, comments not counted. `jitter` in [0, 1) spreads the retries.
    `other_endpoint`: a refusal by one endpoint may lead to the other; `fallback` goes to the model that stands in.
    """

    body: ResponsesBody
    error_id: str = ""
    retry: RetryPolicy = RetryPolicy()
    runnable: frozenset[str] = frozenset()
    sequential: frozenset[str] = frozenset()
    handed_over: frozenset[str] = frozenset()
    prompt_characters: int | None = None
    sees_images: bool = False
    call_limits: CallLimits = field(default_factory=CallLimits)
    max_rounds: int = TOOL_ROUNDS
    idle_seconds: float = 600.0
    jitter: float = 0.5
    endpoint: Endpoint = Endpoint.RESPONSES
    other_endpoint: bool = True
    fallback: Sending | None = None


class Phase(Enum):
    """Where a turn stands."""

    NEW = "new"
    CALLING = "calling"
    TOOLS = "tools"
    ENDED = "ended"

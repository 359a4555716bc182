"""What one turn is asked to do, frozen at the door."""

from dataclasses import dataclass
from enum import Enum

from domain.faults.retry import RetryPolicy
from ports.json_values import JsonObject
from ports.responses import Limits, Route


class Caller(Enum):
    """Who reads the answer."""

    PAGE = "page"
    API = "api"
    TASK = "task"


@dataclass(frozen=True, slots=True)
class Person:
    """Ids of the person and the place in their chat; empty where unknown."""

    user_id: str = ""
    chat_id: str = ""
    message_id: str = ""
    session_id: str = ""
    is_admin: bool = False


@dataclass(frozen=True, slots=True)
class Parameters:
    """What the caller asked for, by the names of chat completions, already of the right type; None = not asked."""

    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    reasoning_effort: str | None = None
    reasoning: JsonObject | None = None
    response_format: JsonObject | None = None
    tools: tuple[JsonObject, ...] = ()
    tool_choice: str | JsonObject | None = None
    parallel_tool_calls: bool | None = None


@dataclass(frozen=True, slots=True)
class Thinking:
    """The operator's wishes: `enabled` adds reasoning where the model can, `effort` and `summary` are defaults."""

    enabled: bool = True
    effort: str = "medium"
    summary: str = "auto"


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of the process and of one turn that are not upstream's."""

    concurrent: int = 200
    queued: int = 1000
    max_rounds: int = 25
    tool_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """Everything a turn needs; nothing later reads a live setting.

    `model` is the name as requested, `selection` the operator's choice of models. `messages` are chat messages as
    the caller sent them. `stream` is how upstream is asked, not how the caller is answered.
    """

    model: str
    messages: tuple[object, ...]
    route: Route
    caller: Caller = Caller.API
    stream: bool = True
    person: Person = Person()
    parameters: Parameters = Parameters()
    thinking: Thinking = Thinking()
    limits: Limits = Limits()
    retry: RetryPolicy = RetryPolicy()
    bounds: Bounds = Bounds()
    selection: str = "auto"
    insecure_hosts: frozenset[str] = frozenset()
    show_usage: bool = True

"""What one turn is asked to do, frozen at the door."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum

from domain.catalog.offer import Offer
from domain.conversation.bounded_ids import bounded_id
from domain.faults.retry import RetryPolicy
from domain.limits import (
    BREAKER_FAILURES,
    BREAKER_SECONDS,
    CALL_SECONDS,
    CALLS_AT_ONCE,
    CALLS_IN_PROCESS,
    FULL_TURNS,
    ROUND_SECONDS,
    TOOL_ROUNDS,
    TURNS_AT_ONCE,
    TURNS_WAITING,
)
from ports.json_values import JsonObject
from ports.responses import Endpoint, Limits, Route


class Caller(Enum):
    """Who reads the answer."""

    PAGE = "page"
    API = "api"
    TASK = "task"


@dataclass(frozen=True, slots=True)
class Person:
    """Ids of the person and the place in their chat; empty where unknown. `parent_id`: of the answer before."""

    user_id: str = ""
    chat_id: str = ""
    message_id: str = ""
    session_id: str = ""
    parent_id: str = ""
    is_admin: bool = False

    def bounded(self) -> "Person":
        """Return the person with ids of bounded length."""
        return Person(
            bounded_id(self.user_id),
            bounded_id(self.chat_id),
            bounded_id(self.message_id),
            bounded_id(self.session_id),
            bounded_id(self.parent_id),
            self.is_admin,
        )


@dataclass(frozen=True, slots=True)
class Parameters:
    """What the caller asked for, by the names of chat completions, of the right type but unchecked; None = not asked.

    `reasoning` holds effort, max_tokens, enabled and summary as far as named; `extra_tools` come from filters of the
    host; `chat_only` what the Responses endpoint does not know; `ignored` names what no endpoint takes.
    """

    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    top_logprobs: int | None = None
    stop: tuple[str, ...] = ()
    reasoning: JsonObject = field(default_factory=dict)
    response_format: JsonObject | None = None
    text: JsonObject | None = None
    verbosity: str | None = None
    tools: tuple[JsonObject, ...] = ()
    extra_tools: tuple[JsonObject, ...] = ()
    tool_choice: str | JsonObject | None = None
    parallel_tool_calls: bool | None = None
    max_tool_calls: int | None = None
    provider: JsonObject | None = None
    models: tuple[str, ...] = ()
    plugins: tuple[object, ...] | None = None
    transforms: tuple[str, ...] | None = None
    modalities: tuple[str, ...] = ()
    image_config: JsonObject | None = None
    service_tier: str | None = None
    prompt_cache_key: str | None = None
    truncation: str | None = None
    chat_only: JsonObject = field(default_factory=dict)
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Thinking:
    """The operator's wishes: `enabled` adds reasoning where the model can, `effort` and `summary` are defaults.

    `deepest`: the highest effort anybody may ask for. `budget`: tokens of thinking at medium effort for models that
    know budgets only. `interleaved`: let Claude think between tool calls.
    """

    enabled: bool = True
    effort: str = "medium"
    summary: str = "auto"
    deepest: str = "max"
    budget: int = 1024
    interleaved: bool = True


@dataclass(frozen=True, slots=True)
class Identifiers:
    """Which ids of ours may be sent upstream; everything is off by default."""

    end_user: bool = False
    session: bool = False
    chat: bool = False
    message: bool = False


@dataclass(frozen=True, slots=True)
class Routing:
    """Where upstream may send a request: slugs of providers; USD per million tokens, None where there is no cap."""

    order: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    prompt_cap: Decimal | None = None
    completion_cap: Decimal | None = None
    deny_data_collection: bool = False
    zero_retention: bool = False


@dataclass(frozen=True, slots=True)
class Prompting:
    """How prompts are built: turns of history kept (0 = all), compression, cache marks and their life, output limit."""

    history_turns: int = 0
    trim: bool = False
    cache_marks: bool = True
    cache_ttl: str = "5m"
    use_output_ceiling: bool = False


@dataclass(frozen=True, slots=True)
class EndpointChoice:
    """Which endpoint a model is called through: globs of slugs, `forced_responses` wins; the default for the rest."""

    default: Endpoint = Endpoint.RESPONSES
    forced_chat: tuple[str, ...] = ()
    forced_responses: tuple[str, ...] = ()
    fall_back: bool = True


@dataclass(frozen=True, slots=True)
class Remembering:
    """What of a turn outlives it, under which `namespace` (empty: nothing is kept or looked up).

    `reasoning`: kept for the `conversation`, for the `next_reply` only, or `disabled`. `tool_results`: calls are kept
    with their outputs. `full_turns`: turns whose tool outputs go back whole, 0 for all. `references`: the caller is
    shown references to the turn and sends them back; else turns are recognised by their words. `quota_bytes`: what is
    stored of the person at most, 0 for no limit.
    """

    namespace: str = ""
    reasoning: str = "conversation"
    tool_results: bool = True
    full_turns: int = FULL_TURNS
    references: bool = False
    quota_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Tooling:
    """How tools are offered and run; seconds. `parallel` calls of a turn at once, `in_process` of all turns together.

    `still_seconds` without any call beginning or ending end a round, None for no limit. `handed_over`: whoever asks
    runs the tools named in the request; `host_only`: of tools run here, those only the host can run rightly: a round
    that calls one is handed over. `searches`: results a search of upstream may bring (0: as many as it
    likes), None where no search may be offered.
    """

    strict: bool = True
    max_rounds: int = TOOL_ROUNDS
    parallel: int = CALLS_AT_ONCE
    in_process: int = CALLS_IN_PROCESS
    seconds: float = CALL_SECONDS
    round_seconds: float = ROUND_SECONDS
    still_seconds: float | None = None
    breaker_failures: int = BREAKER_FAILURES
    breaker_window: float = BREAKER_SECONDS
    handed_over: bool = False
    host_only: frozenset[str] = frozenset()
    searches: int | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of the process that are not upstream's: turns at once, and waiting."""

    concurrent: int = TURNS_AT_ONCE
    queued: int = TURNS_WAITING


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """Everything a turn needs; nothing later reads a live setting.

    `turn_id` is a ULID, by which the page's history leads back to what was kept; empty: the turn gets one of its own.
    `model` is the name as requested, `offer` the operator's choice of models. `messages` are chat messages as
    the caller sent them. `task` names the background task, empty for a chat; `fallback_model` stands in for one that
    cannot be reached. `stream` is how upstream is asked, not how the caller is answered. `statuses`: the caller is
    shown what a turn waits for.
    """

    model: str
    messages: tuple[object, ...]
    route: Route
    caller: Caller = Caller.API
    turn_id: str = ""
    stream: bool = True
    person: Person = Person()
    parameters: Parameters = Parameters()
    thinking: Thinking = Thinking()
    identifiers: Identifiers = Identifiers()
    routing: Routing = Routing()
    prompting: Prompting = Prompting()
    endpoints: EndpointChoice = EndpointChoice()
    fallback_model: str = ""
    task: str = ""
    limits: Limits = Limits()
    retry: RetryPolicy = RetryPolicy()
    memory: Remembering = Remembering()
    tooling: Tooling = Tooling()
    bounds: Bounds = Bounds()
    offer: Offer = Offer()
    insecure_hosts: frozenset[str] = frozenset()
    statuses: bool = True

    @property
    def is_remembered(self) -> bool:
        """Return whether later turns may find what this one leaves: it has an owner and a namespace."""
        return bool(self.memory.namespace and self.person.user_id)

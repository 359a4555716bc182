"""The request for one turn, frozen when it enters the core."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import Enum

from domain.catalog.offer import Offer
from domain.conversation.bounded_ids import bounded_id
from domain.conversation.history_format import PLAIN, HistoryFormat
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
from domain.request.abilities import Ability
from domain.request.bookkeeping import Bookkeeping
from domain.request.cost_sharing import CostSharing
from domain.request.intake import AttachedFile, Intake
from domain.request.spending import Spending
from ports.json_values import JsonObject
from ports.responses import Endpoint, Limits, Route
from ports.retention import has_long_id


class Caller(Enum):
    """The kind of caller that reads the answer."""

    PAGE = "page"
    API = "api"
    TASK = "task"


@dataclass(frozen=True, slots=True)
class Person:
    """Ids of the person and the place in their chat; empty where unknown.

    `parent_id`: the id of the previous answer. `temporary`: the caller never saves this chat, so nothing of it may be
    written to disk (law 14).
    """

    user_id: str = ""
    chat_id: str = ""
    message_id: str = ""
    session_id: str = ""
    parent_id: str = ""
    is_admin: bool = False
    temporary: bool = False

    def bounded(self) -> "Person":
        """Return the person with ids of bounded length."""
        if not has_long_id(self.user_id, self.chat_id, self.message_id, self.session_id, self.parent_id):
            return self
        return replace(
            self,
            user_id=bounded_id(self.user_id),
            chat_id=bounded_id(self.chat_id),
            message_id=bounded_id(self.message_id),
            session_id=bounded_id(self.session_id),
            parent_id=bounded_id(self.parent_id),
        )


@dataclass(frozen=True, slots=True)
class Parameters:
    """The caller's parameters, named as in chat completions, of the right type but unchecked; None = not requested.

    `reasoning` contains effort, max_tokens, enabled, summary, context and mode if requested. `extra_tools` come from
    filters of the host. `server_tools`: tools that upstream runs, in place of the operator's list. `passed`: fields by
    their names in the Responses API that have no place here. `chat_only`: parameters that the Responses endpoint does
    not know. `drawing`: options of pictures beside the messages, by their names at `POST /images`. `ignored`: names no
    endpoint accepts, and unusable values. No repr shows what may hold credentials.
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
    tools: tuple[JsonObject, ...] = field(default=(), repr=False)
    extra_tools: tuple[JsonObject, ...] = field(default=(), repr=False)
    tool_choice: str | JsonObject | None = None
    parallel_tool_calls: bool | None = None
    max_tool_calls: int | None = None
    provider: JsonObject | None = field(default=None, repr=False)
    models: tuple[str, ...] = ()
    plugins: tuple[object, ...] | None = field(default=None, repr=False)
    transforms: tuple[str, ...] | None = None
    modalities: tuple[str, ...] = ()
    image_config: JsonObject | None = None
    cache_control: JsonObject | None = None
    passed: JsonObject = field(default_factory=dict)
    server_tools: tuple[object, ...] | None = field(default=None, repr=False)
    chat_only: JsonObject = field(default_factory=dict)
    drawing: JsonObject = field(default_factory=dict)
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Thinking:
    """The operator's reasoning settings: `enabled` requests it from capable models; `effort`, `summary` are defaults.

    `deepest`: the highest effort that callers may request. `budget`: reasoning tokens at medium effort for models that
    take budgets only. `interleaved`: Claude may think between tool calls.
    """

    enabled: bool = True
    effort: str = "medium"
    summary: str = "auto"
    deepest: str = "max"
    budget: int = 1024
    interleaved: bool = True


@dataclass(frozen=True, slots=True)
class Identifiers:
    """Ids that may be sent upstream; all are off by default. `safety`: a keyed hash of the person's id."""

    end_user: bool = False
    session: bool = False
    chat: bool = False
    message: bool = False
    safety: bool = False


@dataclass(frozen=True, slots=True)
class Routing:
    """Where upstream may route a request: provider slugs; caps in USD per million tokens, None for no cap.

    `cost_tier`: which models upstream's automatic routers choose from; empty for the router's own choice. `tool_cap`:
    what one request may cost in which upstream runs tools, in USD.
    """

    order: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    prompt_cap: Decimal | None = None
    completion_cap: Decimal | None = None
    deny_data_collection: bool = False
    zero_retention: bool = False
    cost_tier: str = ""
    tool_cap: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Prompting:
    """How prompts are built: turns of history sent (0 = all), compression, cache marks and lifetime, output limit.

    `changing_last`: what a host adds to the system prompt anew for each message is sent after the history.
    """

    history_turns: int = 0
    trim: bool = False
    cache_marks: bool = True
    cache_ttl: str = "5m"
    changing_last: bool = True
    use_output_ceiling: bool = False


@dataclass(frozen=True, slots=True)
class EndpointChoice:
    """Endpoint per model: globs of slugs, `forced_responses` takes precedence; `default` for all other models."""

    default: Endpoint = Endpoint.RESPONSES
    forced_chat: tuple[str, ...] = ()
    forced_responses: tuple[str, ...] = ()
    fall_back: bool = True


@dataclass(frozen=True, slots=True)
class Remembering:
    """What is stored of a turn, and under which `namespace` (empty: nothing is stored or looked up).

    `reasoning`: stored for the `conversation`, for the `next_reply` only, or `disabled`. `tool_results`: calls are
    stored with their outputs. `full_turns`: newest turns whose tool outputs are sent in full, 0 for all. `references`:
    the caller receives references to the turn and returns them; otherwise turns are recognised by their words.
    `quota_bytes`: the most that is stored of one person, 0 for no limit.
    """

    namespace: str = ""
    reasoning: str = "conversation"
    tool_results: bool = True
    full_turns: int = FULL_TURNS
    references: bool = False
    quota_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Tooling:
    """How tools are offered and run. Times in seconds.

    `parallel`: concurrent calls of one turn; `in_process`: of all turns. A round ends after `still_seconds` in which no
    call began or ended, None for no limit. `handed_over`: the caller runs the tools that the request names.
    `host_only`: tools that only the host can run; a round that calls one is handed over. `searches`: results per web
    search of upstream (0: upstream's default), None if no search is offered by itself.
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
class ServerTools:
    """Tools that upstream runs, beside those that the request names in `tools`: names, or objects with a type.

    `results` per web search if they name it (0: upstream's default). `served`: what the caller has own tools for.
    """

    listed: tuple[object, ...] = field(default=(), repr=False)
    results: int = 0
    served: frozenset[Ability] = frozenset()


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of this process: concurrent turns, and waiting turns."""

    concurrent: int = TURNS_AT_ONCE
    queued: int = TURNS_WAITING


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """Everything a turn needs; later code reads no live setting.

    `turn_id` is a ULID, which references in the caller's history contain; empty to generate one. `model` is the name as
    requested, `offer` the operator's choice of models. `messages` are chat messages as the caller sent them, written in
    `history_format`. `task` names the background task, empty for a chat. `fallback_model` replaces a model that cannot
    be reached. `stream`: whether upstream streams, independent of how the caller is answered. `statuses`: the caller
    displays what a turn waits for. `opens_files`: the reader can open files of the host. `defaults`: the operator's
    values of fields that the caller does not set, by their names in the Responses API. `attached`: files of the host
    that go to the model beside the messages.
    """

    model: str
    messages: tuple[object, ...]
    route: Route
    caller: Caller = Caller.API
    turn_id: str = ""
    stream: bool = True
    person: Person = Person()
    parameters: Parameters = Parameters()
    defaults: JsonObject = field(default_factory=dict, repr=False)
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
    ledger: Bookkeeping = field(default_factory=Bookkeeping)
    spending: Spending = field(default_factory=Spending)
    sharing: CostSharing = field(default_factory=CostSharing)
    tooling: Tooling = Tooling()
    server_tools: ServerTools = ServerTools()
    bounds: Bounds = Bounds()
    offer: Offer = Offer()
    insecure_hosts: frozenset[str] = frozenset()
    statuses: bool = True
    opens_files: bool = False
    history_format: HistoryFormat = PLAIN
    intake: Intake = field(default_factory=Intake)
    attached: tuple[AttachedFile, ...] = ()

    @property
    def is_remembered(self) -> bool:
        """Return whether the turn is stored for later turns: it has an owner and a namespace."""
        return bool(self.memory.namespace and self.person.user_id)

"""One attempt of one upstream call: what goes out, and how it can go wrong. What comes in: `response_events`.

An attempt yields batches of events: everything one read of the socket brought. It never retries; errors say how
far the request got, `domain/faults` decides what follows. Source: OpenRouter API reference, `POST /responses`.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, runtime_checkable

from ports.json_values import JsonObject
from ports.response_events import UpstreamEvent, UpstreamProblem

OWN_TYPES = "openrouter:"
"""The beginning of the types of tools and items that OpenRouter itself defines."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where calls go and who pays: `base_url` has no trailing slash; `api_key` is clear text.

    `own_key`: the key is the person's own, not the operator's. No repr shows the key, or a URL that may contain a
    password.
    """

    base_url: str = field(repr=False)
    api_key: str = field(repr=False)
    referer: str = field(default="", repr=False)
    title: str = ""
    own_key: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one attempt, seconds and bytes; None = unbounded."""

    connect: float = 10.0
    total: float | None = None
    idle_read: float | None = 300.0
    event_bytes: int = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ResponsesBody:
    """The request body: every field is a key of `POST /responses`; None and empty ones are left out.

    `input` holds items in the wire form, with calls and outputs of every kind under `call_id`. Upstream refuses nulls,
    so absent and null are the same here. `chat_only` holds what only `POST /chat/completions` knows (seed, min_p,
    logit_bias ...), by its names there. At IMAGES, the texts of `input` are the prompt, its pictures go along as
    references, and `image_config` holds the other fields by their names there. No repr shows what may hold credentials.
    """

    model: str
    input: tuple[JsonObject, ...]
    stream: bool = True
    instructions: str | None = None
    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    reasoning: JsonObject | None = None
    text: JsonObject | None = None
    tools: tuple[JsonObject, ...] = field(default=(), repr=False)
    tool_choice: str | JsonObject | None = None
    parallel_tool_calls: bool | None = None
    include: tuple[str, ...] = ()
    metadata: JsonObject | None = None
    user: str | None = None
    session_id: str | None = None
    models: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    top_logprobs: int | None = None
    max_tool_calls: int | None = None
    stop_server_tools_when: tuple[JsonObject, ...] = ()
    plugins: tuple[JsonObject, ...] = field(default=(), repr=False)
    provider: JsonObject | None = field(default=None, repr=False)
    modalities: tuple[str, ...] = ()
    image_config: JsonObject | None = None
    prompt: JsonObject | None = None
    prompt_cache_key: str | None = None
    prompt_cache_options: JsonObject | None = None
    deferred_tools: JsonObject | None = None
    cache_control: JsonObject | None = None
    service_tier: str | None = None
    safety_identifier: str | None = None
    truncation: str | None = None
    trace: JsonObject | None = None
    chat_only: JsonObject | None = None


CHAT_DETAILS = "reasoning_details"
"""Key of a reasoning item under which `ItemDone` brings, and a body returns, what only chat completions knows of it."""


class Endpoint(Enum):
    """Which of upstream's ways to generate a call takes; values are paths below the base URL.

    Models that only draw exist at IMAGES alone, and no other model is called there.
    """

    RESPONSES = "responses"
    CHAT = "chat/completions"
    IMAGES = "images"


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
    """What goes upstream: a body, to an endpoint, with `headers` beside those of the route."""

    body: ResponsesBody
    endpoint: Endpoint = Endpoint.RESPONSES
    headers: tuple[tuple[str, str], ...] = ()


class CallWatch(Protocol):
    """Whoever books an attempt follows it: each is called at most once per attempt and raises nothing of its own."""

    async def sending(self) -> None:
        """Return once the body may be written: it is ready and the connection is open. Takes a second at most."""
        ...

    def answered(self, generation_id: str) -> None:
        """Note that upstream accepted the call, before its first event; the id is empty if upstream did not name it.

        Also called for an answer that arrives in the moment in which its reader leaves.
        """
        ...

    def refused(self, status: int) -> None:
        """Note that a refusal arrived in the moment in which its reader left, who will not read it."""
        ...

    def closed(self) -> None:
        """Note that the connection is closed: nothing more will be known of the call."""
        ...


@dataclass(frozen=True, slots=True)
class UpstreamCall:
    """Everything one attempt needs; `watch` follows it."""

    route: Route
    request: UpstreamRequest
    limits: Limits = Limits()
    watch: CallWatch | None = field(default=None, compare=False)


# --- how an attempt can go wrong --------------------------------------------------------------------------


class Reach(Enum):
    """How far a failed attempt got; decides whether anything can have been billed."""

    NOT_SENT = "not sent"
    SENT = "sent"
    STREAMING = "streaming"


class ResponsesError(Exception):
    """An attempt failed; `reach` says how far it got."""

    def __init__(self, message: str, *, reach: Reach) -> None:
        super().__init__(message)
        self.reach = reach


class InvalidRoute(ResponsesError):
    """The base URL or key cannot be used at all; nothing was sent."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reach=Reach.NOT_SENT)


class InvalidKey(InvalidRoute):
    """The key contains characters that no header can carry; nothing was sent."""


class Unreachable(ResponsesError):
    """No connection, or it broke. `detail` names the cause without secrets (DNS, refused, TLS, reset)."""

    def __init__(self, detail: str, *, reach: Reach) -> None:
        super().__init__(f"upstream unreachable: {detail}", reach=reach)
        self.detail = detail


class TimedOut(ResponsesError):
    """Our own limit ran out: `what` is connect, read or total; `seconds` the limit."""

    def __init__(self, what: str, seconds: float, *, reach: Reach) -> None:
        super().__init__(f"{what} time-out after {seconds:g} s", reach=reach)
        self.what, self.seconds = what, seconds


class Refused(ResponsesError):
    """Upstream answered with an HTTP error."""

    def __init__(self, problem: UpstreamProblem) -> None:
        super().__init__(f"upstream refused: {problem.status} {problem.kind}", reach=Reach.SENT)
        self.problem = problem


class EventTooLarge(ResponsesError):
    """One event of the stream exceeded `limit` bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"an event exceeded {limit} bytes", reach=Reach.STREAMING)
        self.limit = limit


class Unreadable(ResponsesError):
    """Upstream answered 200 with something that is neither an event stream nor a response; `page`: a web page."""

    def __init__(self, detail: str, *, page: bool = False) -> None:
        super().__init__(f"unreadable answer: {detail}", reach=Reach.SENT)
        self.detail, self.page = detail, page


@runtime_checkable
class ResponsesClient(Protocol):
    """Calls upstream once per `attempt`. Safe to use from many tasks of one event loop."""

    def attempt(self, call: UpstreamCall) -> AbstractAsyncContextManager[AsyncIterator[Sequence[UpstreamEvent]]]:
        """Send the call and iterate batches of events in order, ending with `StreamClosed`.

        Entering raises `ResponsesError` before the first byte of an answer; iterating may raise one later.
        Nothing of the body leaves before `watch.sending` has returned, and `watch.answered` precedes the first batch.
        Leaving the context closes the connection at once, whatever state it is in. Without `body.stream` the
        one batch holds a `ResponseEnded` and a `StreamClosed`. Batches are read only when asked for, so a slow
        reader stops the socket.
        """
        ...

"""Tools that can be run for one person in one turn."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, runtime_checkable

from ports.json_values import JsonObject


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function call of the model: `arguments` is the JSON text as upstream sent it."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool on offer: `name` and `parameters` (JSON Schema) as its source gives them.

    `source` tells where it comes from, the same for all tools of one server (`workspace:files`, `builtin`,
    `mcp:github`, `direct:maps` ...). What its author declares of it: `idempotent`, running it twice does no harm;
    `sequential`, it never runs beside others.
    """

    name: str
    description: str
    parameters: JsonObject
    source: str
    idempotent: bool = False
    sequential: bool = False


@dataclass(frozen=True, slots=True)
class ToolRequest:
    """One call to run: `arguments` are decoded and checked; `call_id` is unique in the process."""

    spec: ToolSpec
    arguments: JsonObject
    call_id: str


@dataclass(frozen=True, slots=True)
class ToolSource:
    """A source a result names: an https address, a title, an excerpt."""

    url: str
    title: str
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class ToolFile:
    """A file a result brings: `url` is https, a path of the host or a data URL; `mime` may be empty."""

    url: str = field(repr=False)
    name: str = ""
    mime: str = ""


class Failure(Enum):
    """How a call failed, so far as it is known; whose fault that is, the core decides."""

    SAID = "said"
    """The tool answered that it failed, or an MCP server did."""
    SERVER = "server"
    """A tool server answered with an error."""
    VALUE = "value"
    """The tool raised an error about a value."""
    RAISED = "raised"
    """The tool raised any other error."""
    OVERDUE = "overdue"
    """It was stopped because it took too long."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool said: `text` goes to the model; `failed` only changes how it is shown.

    `images` (https or data URLs) go to the model too if it can see, and are shown; `files` and `sources` are shown.
    `begun` is False if the tool provably never started. `failure`: how it failed; `status` is the HTTP status a tool
    server told of.
    """

    text: str
    failed: bool = False
    images: tuple[str, ...] = ()
    files: tuple[ToolFile, ...] = ()
    sources: tuple[ToolSource, ...] = ()
    begun: bool = True
    failure: Failure | None = None
    status: int | None = None


@runtime_checkable
class Checker(Protocol):
    """Checks values against schemas. Pure computing; safe in any thread."""

    def __call__(self, schema: JsonObject, arguments: JsonObject, /) -> str:
        """Say in one line what is wrong with arguments by a JSON Schema 2020-12; empty if nothing is."""
        ...


@runtime_checkable
class Toolbox(Protocol):
    """The tools on offer. Executes, decides nothing."""

    def tools(self) -> tuple[ToolSpec, ...]:
        """Return the tools on offer, in the order of their sources; names may clash. Empty when there are none."""
        ...

    async def call(self, request: ToolRequest) -> ToolResult:
        """Run one call to its end. Never raises but CancelledError: a failure is a failed result.

        Cancelling stops waiting within a moment; what cannot be stopped (a thread) is told, left alone and logged.
        """
        ...

"""Tools available to one user in one turn."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, runtime_checkable

from ports.json_values import JsonObject


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call made by the model: `arguments` is the JSON text as upstream sent it.

    `kind` is the type of its item. Only functions can run here, all others belong to the caller: for a custom tool
    `arguments` is its free text; any other kind has its own `item`, whose request `arguments` repeats as JSON.
    `namespace` groups the caller's tools, empty for none.
    """

    call_id: str
    name: str
    arguments: str
    kind: str = "function_call"
    namespace: str = ""
    item: JsonObject = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool offered to the model: `name` and `parameters` (JSON Schema) as its source defines them.

    `source` names where the tool comes from and is the same for all tools of one server (`workspace:files`, `builtin`,
    `mcp:github`, `direct:maps` ...). Declared by the tool's author: `idempotent`, running it twice does no harm;
    `sequential`, it never runs in parallel with other tools.
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
    """A source cited by a tool result: an address as the tool wrote it (unchecked), a title, an excerpt."""

    url: str
    title: str
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class ToolFile:
    """A file returned by a tool: `url` as the tool wrote it (unchecked); `mime` may be empty.

    Or its content as a data URL in base64, at least one byte: it is shown once the core has stored it.
    """

    url: str = field(repr=False)
    name: str = ""
    mime: str = ""


@dataclass(frozen=True, slots=True)
class ToolPage:
    """A page that the tool itself marked to be shown: its HTML, or else the address it is at (unchecked)."""

    html: str = field(default="", repr=False)
    url: str = ""


class Failure(Enum):
    """How a call failed, as far as it is known. The core decides who is at fault."""

    SAID = "said"
    """The tool or its MCP server reported a failure as its answer."""
    SERVER = "server"
    """A tool server answered with an error."""
    VALUE = "value"
    """The tool raised a ValueError, except for decoding errors."""
    RAISED = "raised"
    """The tool raised any other error."""
    OVERDUE = "overdue"
    """The call was stopped because it took too long."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The result of one tool call: `text` goes to the model; `failed` only changes how the result is rendered.

    `images` (https, or data URLs made by `ports.pictures`) are shown, and sent to the model too if it accepts images;
    `files`, `sources` and `pages` are only shown. `begun` is False if the tool provably never started. `failure`: how
    the call failed; `status` is the HTTP status reported by a tool server. `ran`: the JSON text of the arguments the
    tool ran with, empty if the model wrote it so.
    """

    text: str
    failed: bool = False
    images: tuple[str, ...] = ()
    files: tuple[ToolFile, ...] = ()
    sources: tuple[ToolSource, ...] = ()
    pages: tuple[ToolPage, ...] = ()
    begun: bool = True
    failure: Failure | None = None
    status: int | None = None
    ran: str = ""


@runtime_checkable
class Checker(Protocol):
    """Validates values against JSON schemas. Pure computation; safe in any thread."""

    def __call__(self, schema: JsonObject, arguments: JsonObject, /) -> str:
        """Return a one-line error if `arguments` violate the schema (JSON Schema 2020-12), otherwise "".

        Also "" where the schema cannot be used, or judging by it would take too long. Nothing foreign holds it up.
        """
        ...


@runtime_checkable
class Toolbox(Protocol):
    """The tools available in one turn. Runs calls, decides nothing."""

    def tools(self) -> tuple[ToolSpec, ...]:
        """Return the available tools in the order of their sources, possibly none; names may clash."""
        ...

    async def call(self, request: ToolRequest) -> ToolResult:
        """Run one call to its end. Raises nothing but CancelledError: a failure is returned as a failed result.

        Cancelling returns within a moment; work that cannot be stopped (a thread) is abandoned and logged.
        """
        ...

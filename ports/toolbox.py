"""Tools that can be run for one person in one turn."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from ports.json_values import JsonObject


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function call of the model: `arguments` is the JSON text as upstream sent it."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool said: `text` goes to the model; `failed` only changes how it is shown."""

    text: str
    failed: bool = False


@runtime_checkable
class Toolbox(Protocol):
    """The tools on offer. Executes, decides nothing."""

    def specifications(self) -> tuple[JsonObject, ...]:
        """Return the tools in the flat form of `POST /responses`; empty when there are none."""
        ...

    async def call(self, call: ToolCall) -> ToolResult:
        """Run one call to its end. Never raises but CancelledError: a failure is a failed result."""
        ...

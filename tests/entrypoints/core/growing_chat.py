"""A chat that grows turn by turn through the whole core, as a host or an API client sends it, against the simulator."""

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from domain.conversation.references import call_reference
from domain.request.turn_request import Caller, Person
from domain.turn.steps import (
    CloseReasoning,
    End,
    Ended,
    HandOverCall,
    Output,
    ShowCall,
    ShowCallResult,
    ShowText,
)
from entrypoints.core.caller_request import CallerHistory, CallerRequest
from entrypoints.core.open_core import Core, open_core
from entrypoints.core.storage_location import sqlite_location
from entrypoints.openai.completions_body import CompletionsBody, read_completions_body
from entrypoints.openwebui.history_format import OPEN_WEBUI, details_entry
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret
from ports.toolbox import ToolCall, ToolRequest, ToolResult, ToolSpec

Message = dict[str, Any]
_SCHEMA = {
    "type": "object",
    "properties": {"query": {"type": "string"}, "most": {"type": "integer"}, "exact": {"type": "boolean"}},
    "required": ["query"],
}
SPECS = tuple(ToolSpec(name, f"Look into {name}.", _SCHEMA, "builtin") for name in ("web", "notes", "files", "chats"))


@dataclass
class ShuffledTools:
    """Implements Toolbox: lists its tools in another order each time, and answers each call with a long text."""

    specs: Sequence[ToolSpec]
    rng: Random = field(default_factory=lambda: Random(7))
    length: int = 1500

    def tools(self) -> tuple[ToolSpec, ...]:
        return tuple(self.rng.sample(list(self.specs), len(self.specs)))

    async def call(self, request: ToolRequest) -> ToolResult:
        return ToolResult(result_of(request.spec.name, request.arguments, self.length))


def result_of(name: str, arguments: object, length: int) -> str:
    """Return the result of a call: the same text for the same call."""
    line = f"{name} found for {json.dumps(arguments, sort_keys=True)}: "
    return (line * (length // len(line) + 1))[:length]


@dataclass
class GrowingChat:
    """One chat with `model`; `system` writes the system prompt of turn n, counted from 0.

    `page`: the host's page asks, runs its tools here and sends references back; else an API client, which runs the
    calls itself.
    """

    core: Core
    settings: Settings
    model: str
    tools: ShuffledTools
    system: Callable[[int], str] = lambda _: ""
    page: bool = True
    chat_id: str = "chat-1"
    messages: list[Message] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)
    turns: int = 0

    async def ask(self, text: str) -> str:
        """Ask, run what the model calls, and return the answer as it was shown."""
        self.messages.append({"role": "user", "content": text})
        system = self.system(self.turns)
        self.turns += 1
        while True:
            told = await self._turn(system)
            calls = [output.call for output in told if isinstance(output, HandOverCall)]
            self.messages += self._returned(told, calls)
            if not calls:
                return "".join(output.text for output in told if isinstance(output, ShowText))

    async def _turn(self, system: str) -> list[Output]:
        messages = [{"role": "system", "content": system}, *self.messages] if system else list(self.messages)
        parameters = {} if self.page else {"tools": [_function(spec) for spec in self.tools.specs]}
        body = read_completions_body({"model": self.model, "messages": messages, "stream": True, **parameters})
        assert isinstance(body, CompletionsBody)
        number = len(self.ends)
        asked = CallerRequest(
            body.model,
            tuple(body.messages),
            body.parameters(),
            caller=Caller.PAGE if self.page else Caller.API,
            person=Person("ann", self.chat_id, f"m-{number}", "session-1"),
            turn_id=self._turn_id() if self.page else "",
            history=CallerHistory("pipe", references=True, format=OPEN_WEBUI) if self.page else CallerHistory("pipe"),
        )
        toolbox = self.tools if self.page else None
        listing = await self.core.models.listing(self.settings)
        start = self.core.turn(asked, self.settings, listing, toolbox=toolbox)
        told = [output async for output in start(asyncio.current_task())]
        await self.core.drained()
        self.ends += [output.end for output in told if isinstance(output, Ended)]
        return told

    def _turn_id(self) -> str:
        return f"01J{self.turns:023d}"

    def _returned(self, told: Sequence[Output], calls: Sequence[ToolCall]) -> list[Message]:
        return _as_the_host_returns(self._turn_id(), told) if self.page else self._as_a_client_returns(told, calls)

    def _as_a_client_returns(self, told: Sequence[Output], calls: Sequence[ToolCall]) -> list[Message]:
        message: Message = {"role": "assistant", "content": _text(told)}
        if calls:
            message["tool_calls"] = [_call(call.call_id, call) for call in calls]
        results = [
            {
                "role": "tool",
                "tool_call_id": call.call_id,
                "content": result_of(call.name, call.arguments, self.tools.length),
            }
            for call in calls
        ]
        return [message, *results]


def _as_the_host_returns(turn_id: str, told: Sequence[Output]) -> list[Message]:
    """Return a turn as Open WebUI 0.12.4 sends it back: one message per round, with entries that name the turn."""
    messages: list[Message] = []
    open_message: Message = {}
    results: list[Message] = []
    for output in told:
        if results and isinstance(output, CloseReasoning | ShowText):
            messages += [open_message, *results]
            open_message, results = {}, []
        if isinstance(output, CloseReasoning):
            open_message.setdefault("reasoning_details", []).append(details_entry(turn_id, output.segment))
        elif isinstance(output, ShowText):
            open_message["content"] = open_message.get("content", "") + output.text
        elif isinstance(output, ShowCall):
            shown = call_reference(turn_id, output.segment)
            open_message.setdefault("tool_calls", []).append(_call(shown, output.call))
        elif isinstance(output, ShowCallResult):
            shown = call_reference(turn_id, output.segment)
            results.append({"role": "tool", "tool_call_id": shown, "content": output.result.text})
    messages += [open_message, *results]
    return [{"role": "assistant", "content": "", **message} for message in messages[:1]] + [
        message if message.get("role") else {"role": "assistant", "content": "", **message} for message in messages[1:]
    ]


def _text(told: Sequence[Output]) -> str:
    return "".join(output.text for output in told if isinstance(output, ShowText))


def _call(call_id: str, call: ToolCall) -> Message:
    return {"id": call_id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _function(spec: ToolSpec) -> Message:
    function = {"name": spec.name, "description": spec.description, "parameters": spec.parameters}
    return {"type": "function", "function": function}


async def continued(url: str, file: str, model: str, messages: Sequence[Message], specs: Sequence[ToolSpec]) -> None:
    """Ask once more in a chat that another process has grown."""
    settings = Settings(api_key=Secret("sk-or-v1-simulator"), base_url=url)
    async with open_core(settings, sqlite_location(Path(file))) as core:
        await core.models.offered(settings)
        tools = ShuffledTools(specs, Random())
        chat = GrowingChat(core, settings, model, tools, lambda _: "Be brief.", messages=[*messages], turns=99)
        await chat.ask("And now?")


if __name__ == "__main__":
    _, url, file, model, messages = sys.argv
    asyncio.run(continued(url, file, model, json.loads(messages), SPECS))

"""Render calls and their outputs in the form each host version reads from a stream.

Hosts from 0.8 on run a call whose item has no output; 0.6 reads `delta.tool_calls`. Arguments are never empty,
because hosts up to 0.8 cannot parse an empty text.
"""

from dataclasses import replace
from typing import Any

from domain.conversation.call_kinds import FUNCTION
from entrypoints.openai.frames import tool_call_delta
from ports.toolbox import ToolCall


def call_item(item_id: str, call: ToolCall, state: str = "in_progress") -> dict[str, Any]:
    """Build the native item of a call; the host identifies the call by its `call_id`."""
    return {
        "type": "function_call",
        "id": item_id,
        "call_id": call.call_id,
        "name": call.name,
        "arguments": arguments_of(call),
        "status": state,
    }


def output_item(item_id: str, call_id: str, text: str, status: str) -> dict[str, Any]:
    """Build the native item of an output; `status`: `completed`, or `failed` if the host supports it."""
    return {
        "type": "function_call_output",
        "id": item_id,
        "call_id": call_id,
        "status": status,
        "output": [{"type": "input_text", "text": text}],
    }


def call_delta(position: int, call: ToolCall) -> dict[str, Any]:
    """Build the chat completion delta of a complete call."""
    return tool_call_delta(position, replace(call, arguments=arguments_of(call)))


def can_run(call: ToolCall) -> bool:
    """Return whether the host can run a call: it knows functions, without namespaces."""
    return call.kind == FUNCTION and not call.namespace


def arguments_of(call: ToolCall) -> str:
    """Return the arguments as JSON text; an empty object if there are none."""
    return call.arguments.strip() or "{}"

"""Calls the host is to run after the turn, in the forms its versions take them from a stream.

An item of a call without an output is what the host looks for from 0.8 on; 0.6 reads `delta.tool_calls`. Arguments
are never empty: hosts up to 0.8 cannot read an empty text.
"""

from typing import Any

from entrypoints.openwebui.present.frames import tool_call_delta
from ports.toolbox import ToolCall


def call_item(item_id: str, call: ToolCall) -> dict[str, Any]:
    """Build the native item of a call that has no output yet."""
    return {
        "type": "function_call",
        "id": item_id,
        "call_id": call.call_id,
        "name": call.name,
        "arguments": arguments_of(call),
        "status": "in_progress",
    }


def call_delta(position: int, call: ToolCall) -> dict[str, Any]:
    """Build the chat completion delta of a whole call."""
    return tool_call_delta(position, call.call_id, call.name, arguments_of(call))


def arguments_of(call: ToolCall) -> str:
    """Return the arguments as JSON text; those of a call without any are an empty object."""
    return call.arguments.strip() or "{}"

"""The kinds of calls that a caller answers, each with the kind of its output.

Here every call and output is paired by `call_id`; the adapter writes the key that upstream has for it. Source: the
official SDK's input items, 1.3.84.
"""

from collections.abc import Mapping

from ports.json_values import JsonObject

FUNCTION, CUSTOM, COMPUTER = "function_call", "custom_tool_call", "computer_call"
LOCAL_SHELL, SHELL, PATCH = "local_shell_call", "shell_call", "apply_patch_call"
APPROVAL, DISCOVERY = "mcp_approval_request", "tool_search_call"
OUTPUT_OF: Mapping[str, str] = {
    FUNCTION: "function_call_output",
    CUSTOM: "custom_tool_call_output",
    LOCAL_SHELL: "local_shell_call_output",
    SHELL: "shell_call_output",
    PATCH: "apply_patch_call_output",
    APPROVAL: "mcp_approval_response",
    DISCOVERY: "tool_search_output",
}
TEXT_OUTPUTS = frozenset(OUTPUT_OF[kind] for kind in (FUNCTION, CUSTOM, LOCAL_SHELL, PATCH))
"""Outputs that are a text, or parts of text and media."""
CALLS, OUTPUTS = frozenset(OUTPUT_OF), frozenset(OUTPUT_OF.values())
CALLER_CALLS = CALLS | {COMPUTER}
"""What a model may ask its caller to do. Upstream has no input item for the output of a computer call: it goes back
in words, with the picture.
"""


def is_call(item: JsonObject) -> bool:
    """Return whether an item is a call that goes back as one."""
    return item.get("type") in CALLS


def is_output(item: JsonObject) -> bool:
    """Return whether an item is the output of a call."""
    return item.get("type") in OUTPUTS


def call_id_of(item: JsonObject) -> str:
    """Return the id that pairs a call with its output; a request for approval has only its own id."""
    given = item.get("call_id") or (item.get("id") if item.get("type") == APPROVAL else "")
    return given if isinstance(given, str) else ""


def ran_upstream(item: JsonObject) -> bool:
    """Return whether upstream itself runs a call: the search of tools that are its own, commands in its container."""
    where = item.get("environment")
    in_container = isinstance(where, Mapping) and str(where.get("type", "")).startswith("container")
    return item.get("execution") == "server" or (item.get("type") == SHELL and in_container)

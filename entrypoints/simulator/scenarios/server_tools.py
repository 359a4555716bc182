"""Answers with tools that upstream runs, with native calls of a client's tools, and with items from the future."""

from collections.abc import Sequence
from dataclasses import replace

from entrypoints.simulator.payload import Json
from entrypoints.simulator.scenarios.echoes import words_of
from entrypoints.simulator.scenarios.moves import Finish, Say, Script, Work
from entrypoints.simulator.scenarios.server_works import FAMILIES, PAGE, PATCH

TEXT = "The bridge is red."
WAYS = ("only", "failed", "terminal")
FAILURE = "The tool broke."
_WITH_ERROR = {
    f"openrouter:{name}"
    for name in (
        *("advisor", "apply_patch", "bash", "datetime", "experimental__search_models", "files", "fusion"),
        *("image_generation", "shell", "subagent", "tool_search", "web_fetch", "web_search"),
    )
}
_SOURCE: Json = {
    "type": "url_citation",
    "url": PAGE,
    "title": "Bridges of the world",
    "content": "Red bridges are rare.",
}
_SOURCE |= {"start_index": 0, "end_index": len(TEXT)}

_OPERATION = {"type": "update_file", "path": "bridge.py", "diff": PATCH}
_ACTION: Json = {"commands": ["ls"], "max_output_length": None, "timeout_ms": None}
NATIVE_CALLS: dict[str, Work] = {
    "custom": Work(
        {"type": "custom_tool_call", "call_id": "call_1", "name": "write", "input": "", "status": "in_progress"},
        {
            "type": "custom_tool_call",
            "call_id": "call_1",
            "name": "write",
            "input": "a red bridge",
            "status": "completed",
        },
        (
            ("custom_tool_call_input.delta", {"delta": "a red "}),
            ("custom_tool_call_input.delta", {"delta": "bridge"}),
            ("custom_tool_call_input.done", {"input": "a red bridge"}),
        ),
    ),
    "patch": Work(
        {
            "type": "apply_patch_call",
            "call_id": "call_1",
            "operation": {**_OPERATION, "diff": ""},
            "status": "in_progress",
        },
        {"type": "apply_patch_call", "call_id": "call_1", "operation": _OPERATION, "status": "completed"},
        (
            ("apply_patch_call_operation_diff.delta", {"delta": PATCH}),
            ("apply_patch_call_operation_diff.done", {"diff": PATCH}),
        ),
    ),
    "shell": Work(
        {"type": "shell_call", "call_id": "call_1", "action": _ACTION, "status": "in_progress"},
        {"type": "shell_call", "call_id": "call_1", "action": _ACTION, "status": "completed"},
    ),
    "computer": Work(
        {"type": "computer_call", "call_id": "call_1", "pending_safety_checks": [], "status": "in_progress"},
        {
            "type": "computer_call",
            "call_id": "call_1",
            "action": {"type": "click", "button": "left", "x": 4, "y": 2},
            "pending_safety_checks": [],
            "status": "completed",
        },
    ),
    "tool-search": Work(
        {"type": "tool_search_call", "call_id": "call_1", "execution": "client", "status": "in_progress"},
        {
            "type": "tool_search_call",
            "call_id": "call_1",
            "execution": "client",
            "arguments": {"query": "bridge"},
            "status": "completed",
        },
    ),
}
"""Calls of a client's own native tools, by name in a slug."""

_FUTURE = Work(
    {"type": "openrouter:from_the_future", "status": "in_progress"},
    {"type": "openrouter:from_the_future", "status": "completed", "insight": {"colour": "red"}},
    (("from_the_future_call.dreaming", {"depth": 2}), ("from_the_future_call.dreaming", {"depth": 3})),
)


def server_tool(family: str, way: str, pause: float) -> Script:
    """Use the tools of a family, then answer in words.

    `way`: "" for a whole answer, "only" without words, "failed" for tools that fail and no words, "terminal" for items
    that only the terminal response contains. The events of an item are `pause` seconds apart.
    """
    works = [replace(work, pause=pause, late=way == "terminal") for work in FAMILIES[family]()]
    if way == "failed":
        works = [replace(work, item=_failed(work)) for work in works]
    return (*works, *_said(way), Finish())


def native_call(name: str) -> Script:
    """Call a tool of the client that is no function."""
    return (NATIVE_CALLS[name], Finish())


def unknown_item(way: str) -> Script:
    """Send an item and events of a type that nobody knows, then answer in words."""
    return (_FUTURE, *_said(way), Finish())


def _said(way: str) -> Sequence[Say]:
    return () if way in ("only", "failed") else (Say(words_of(TEXT), citations=(_SOURCE,)),)


def _failed(work: Work) -> Json:
    """Return the item of a use that broke: what was known when it began, and the error where its type has one."""
    error = {"error": FAILURE} if work.item["type"] in _WITH_ERROR else {}
    return {**work.opening, "status": "failed", **error}

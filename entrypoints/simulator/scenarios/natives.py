"""A model that calls the native tools of its caller, and quotes what they brought."""

from collections.abc import Iterator

import orjson

from entrypoints.simulator.payload import Json
from entrypoints.simulator.scenarios.ask import Ask
from entrypoints.simulator.scenarios.echoes import words_of
from entrypoints.simulator.scenarios.moves import Call, Finish, Move, Native, Say, Script, Think

_OUTPUTS = ("_output", "_response")
_SHELL = ["ls", "-la"]
_CALLS: dict[str, Json] = {
    "local_shell": {"type": "local_shell_call", "action": {"type": "exec", "command": _SHELL, "env": {}}},
    "shell": {
        "type": "shell_call",
        "action": {"commands": ["ls -la"], "timeout_ms": 1000, "max_output_length": None},
    },
    "apply_patch": {
        "type": "apply_patch_call",
        "operation": {"type": "update_file", "path": "a.txt", "diff": "@@\n-a\n+b\n"},
    },
    "computer_use_preview": {
        "type": "computer_call",
        "action": {"type": "click", "x": 10, "y": 20, "button": "left"},
        "pending_safety_checks": [],
    },
    "openrouter:tool_search": {"type": "tool_search_call", "execution": "client", "arguments": {"query": "maps"}},
}


def native_tools(ask: Ask) -> Script:
    """Call every offered native tool once, with a thought before; then quote the outputs as JSON."""
    items = ask.body.get("input")
    answers = list(_answers(items)) if isinstance(items, list) else []
    if answers:
        return (Say(words_of(f"The tools gave: {orjson.dumps(answers).decode()}")), Finish())
    calls = [call for tool in ask.body.get("tools") or () for call in _called(tool)]
    if not calls or ask.prompt.choice == "none":
        return (Say(words_of("There was no native tool to call.")), Finish())
    return (Think(words_of("These tools help.")), *calls, Finish())


def _called(tool: Json) -> Iterator[Move]:
    kind = str(tool["type"])
    if kind == "custom":
        yield Native({"type": "custom_tool_call", "name": tool["name"], "input": "SELECT 1;\n-- \u00e9"})
    elif kind == "namespace":
        inner = tool["tools"][0]
        call: Json = {"type": "function_call", "name": inner["name"], "arguments": "{}", "namespace": tool["name"]}
        yield Native(call)
    elif kind == "mcp":
        label = tool["server_label"]
        yield Native({"type": "mcp_approval_request", "name": "look", "server_label": label, "arguments": '{"q": 1}'})
    elif kind == "function":
        yield Call(str(tool["name"]), "{}")
    elif kind in _CALLS:
        yield Native(_CALLS[kind])


def _answers(items: list[Json]) -> Iterator[Json]:
    """Yield the outputs since the last message of the person, without their ids."""
    latest = max((at for at, item in enumerate(items) if item.get("role") == "user"), default=-1)
    for item in items[latest + 1 :]:
        if str(item.get("type", "")).endswith(_OUTPUTS):
            yield {key: item[key] for key in item if key not in ("id", "call_id", "approval_request_id")}

"""Calls and outputs of all kinds: what a caller writes in chat messages, what upstream takes back, and in words.

Chat completions have forms for functions and custom tools. A call of any other kind is an entry whose type is the kind
of the item, with the whole item under that name.
"""

from collections.abc import Mapping
from typing import Any

from domain.conversation.arguments import NONE, finite, object_text, written
from domain.conversation.bounded_ids import cache_key
from domain.conversation.call_ids import LONGEST
from domain.conversation.call_kinds import (
    APPROVAL,
    CALLER_CALLS,
    COMPUTER,
    CUSTOM,
    DISCOVERY,
    FUNCTION,
    LOCAL_SHELL,
    OUTPUT_OF,
    PATCH,
    SHELL,
)
from domain.conversation.call_names import legal_name
from domain.conversation.lenient_json import strict_json
from domain.conversation.output_parts import ToolOutput, words_in
from domain.conversation.tool_names import legal
from ports.json_values import JsonObject

_YES = frozenset({"true", "yes", "y", "ok", "approve", "approved", "allow", "allowed"})
_OPERATIONS = {"create_file": ("path", "diff"), "update_file": ("path", "diff"), "delete_file": ("path",)}
_TOOLS = frozenset({"function", "custom", "namespace"})


def call_in(entry: object, call_id: str) -> JsonObject | None:
    """Return the call that an entry of a message's `tool_calls` is; None if it is none, or lacks what it must have.

    What a call asks may stand beside the type or nested under it, and under `args`, as LangChain's own calls have it.
    """
    if not isinstance(entry, Mapping):
        return None
    kind = entry.get("type")
    if not isinstance(kind, str) or kind not in CALLER_CALLS:
        kind = "custom" if kind == "custom" or "custom" in entry else "function"
    nested = entry.get(kind, entry)
    if not isinstance(nested, Mapping):
        return None
    if "arguments" not in nested and "args" in nested:
        nested = {**nested, "arguments": nested["args"]}
    given = {**nested, "call_id": call_id, **_space(nested, entry)}
    if kind in ("function", "custom"):
        name = nested.get("name")
        if not isinstance(name, str) or not name:
            return None
        return sound_call({**given, "name": legal(name), "type": FUNCTION if kind == "function" else CUSTOM})
    return sound_call({**given, "type": kind})


def sound_call(item: JsonObject) -> JsonObject | None:
    """Return a call as upstream takes it back, under its `call_id`; None if it lacks what its kind must have."""
    kind, call_id = item.get("type"), item.get("call_id") or ""
    head: JsonObject = {"type": kind, "call_id": call_id}
    name = item.get("name")
    if kind in (FUNCTION, CUSTOM):
        if not isinstance(name, str) or not name:
            return None
        head = {**head, "name": legal_name(name)}
        if kind == FUNCTION:
            return {**head, "arguments": object_text(item.get("arguments")), **_space(item)}
        given = item.get("input")
        return {**head, "input": given if isinstance(given, str) else as_json(given), **_space(item)}
    if kind == LOCAL_SHELL:
        action = _local_action(item.get("action"))
        return action and {**head, "id": _own_id(item.get("id"), call_id), "action": action, "status": "completed"}
    if kind == SHELL:
        action = _commands(item.get("action"))
        return action and {**head, "action": action, "status": "completed"}
    if kind == PATCH:
        operation = _operation(item.get("operation"))
        return operation and {**head, "operation": operation, "status": "completed"}
    label = item.get("server_label")
    if kind == APPROVAL and isinstance(name, str) and isinstance(label, str) and name and label:
        return {**head, "name": name, "server_label": label, "arguments": object_text(item.get("arguments"))}
    if kind == DISCOVERY:
        sought = item.get("arguments")
        return {**head, "execution": "client", "arguments": {} if sought is None else sought, "status": "completed"}
    if kind == COMPUTER and isinstance(item.get("action"), Mapping):
        return {**head, "action": item["action"]}
    return None


def output_of(call: JsonObject, output: ToolOutput, *, completed: bool = True) -> JsonObject:
    """Return the output of a call, made of what its caller wrote: a text, or the JSON of the output's own fields.

    Only functions and custom tools bring media. Not `completed`: the call has no result; `output` says so.
    """
    kind, call_id = str(call["type"]), call["call_id"]
    head: JsonObject = {"type": OUTPUT_OF.get(kind, OUTPUT_OF[FUNCTION]), "call_id": call_id}
    if kind in (FUNCTION, CUSTOM) or kind not in OUTPUT_OF:
        return {**head, "output": output}
    text = words_in(output)
    if kind == LOCAL_SHELL:
        return {**head, "output": text}
    fields = _fields(text)
    if kind == SHELL:
        return {**head, "output": _ran(fields, text, completed=completed)}
    if kind == PATCH:
        failed = not completed or fields.get("status") == "failed"
        said = fields.get("output") if isinstance(fields.get("output"), str) else "" if "status" in fields else text
        return {**head, "status": "failed" if failed else "completed", **({"output": said} if said else {})}
    if kind == APPROVAL:
        given = fields.get("approve")
        approve = given if isinstance(given, bool) else completed and text.strip().lower() in _YES
        reason = fields.get("reason") if isinstance(fields.get("reason"), str) else "" if fields or approve else text
        return {**head, "approve": approve, **({"reason": reason} if reason else {})}
    tools = fields.get("tools")
    found = [_tool(tool) for tool in tools if _is_tool(tool)] if isinstance(tools, list) else []
    return {**head, "execution": "client", "tools": found, "status": "completed" if completed else "incomplete"}


def words_of_call(call: JsonObject) -> tuple[str, str]:
    """Return the name of the tool that a call is for, and what it asks as text: JSON, or the input of a custom tool."""
    kind, name = str(call.get("type")), call.get("name")
    if kind in (FUNCTION, CUSTOM):
        said = call.get("input" if kind == CUSTOM else "arguments")
        return name if isinstance(name, str) else "", said if isinstance(said, str) else ""
    if kind == APPROVAL:
        return str(call.get("server_label") or "mcp"), as_json({"name": name, "arguments": call.get("arguments")})
    asked = next((call[key] for key in ("action", "operation", "arguments") if call.get(key) is not None), None)
    return kind.removesuffix("_call"), NONE if asked is None else as_json(asked)


def words_of_output(output: JsonObject) -> str:
    """Return the output of a call as text; that of another kind than a text as its JSON."""
    given = output.get("output")
    if isinstance(given, str) and output["type"] != OUTPUT_OF[PATCH]:
        return given
    if output["type"] in (OUTPUT_OF[FUNCTION], OUTPUT_OF[CUSTOM]):
        return words_in(given) or "(media)"
    return as_json({key: value for key, value in output.items() if key not in ("type", "call_id")})


def as_json(value: object) -> str:
    """Return a value as JSON text; empty for what is none."""
    try:
        return written(finite(value))
    except (TypeError, ValueError, RecursionError):
        return ""


def _space(*sources: Mapping[str, Any]) -> dict[str, Any]:
    """Return the namespace of a call, if it has one."""
    given = next((one["namespace"] for one in sources if isinstance(one.get("namespace"), str)), "")
    return {"namespace": legal(given)} if given else {}


def _own_id(given: object, call_id: str) -> str:
    """Return the id that a call of a local shell has beside its `call_id`, no longer than providers take."""
    if isinstance(given, str) and given and given != call_id and len(given) <= LONGEST:
        return given
    made = f"lsh_{call_id}"
    return made if len(made) <= LONGEST else f"lsh_{cache_key(call_id).hex()}"


def _local_action(action: object) -> JsonObject | None:
    if not isinstance(action, Mapping):
        return None
    command, env = _texts(action.get("command")), action.get("env")
    named = env if isinstance(env, Mapping) else {}
    kept = {key: value for key, value in named.items() if isinstance(key, str) and isinstance(value, str)}
    texts = {key: action[key] for key in ("working_directory", "user") if isinstance(action.get(key), str)}
    numbers = {key: action[key] for key in ("timeout_ms",) if _is_count(action.get(key))}
    return {"type": "exec", "command": command, "env": kept, **texts, **numbers} if command else None


def _commands(action: object) -> JsonObject | None:
    if not isinstance(action, Mapping) or not (commands := _texts(action.get("commands"))):
        return None
    numbers = {key: action[key] for key in ("max_output_length", "timeout_ms") if _is_count(action.get(key))}
    return {"commands": commands, **numbers}


def _operation(operation: object) -> JsonObject | None:
    kind = operation.get("type") if isinstance(operation, Mapping) else None
    keys = _OPERATIONS.get(kind) if isinstance(kind, str) else None
    if not isinstance(operation, Mapping) or keys is None:
        return None
    kept = {key: operation[key] for key in keys if isinstance(operation.get(key), str)}
    return {"type": kind, **kept} if len(kept) == len(keys) else None


def _ran(fields: Mapping[str, Any], text: str, *, completed: bool) -> list[JsonObject]:
    """Return what commands wrote and how they ended, one entry each; a plain text is what one command wrote."""
    listed = fields.get("output") if isinstance(fields.get("output"), list) else [fields] if "stdout" in fields else []
    chunks = [_chunk(one) for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    ended = {"type": "exit", "exit_code": 0 if completed else 1}
    return chunks or [{"stdout": text if completed else "", "stderr": "" if completed else text, "outcome": ended}]


def _chunk(one: Mapping[str, Any]) -> JsonObject:
    said = {key: one[key] if isinstance(one.get(key), str) else "" for key in ("stdout", "stderr")}
    outcome = one.get("outcome")
    given = outcome if isinstance(outcome, Mapping) else one
    if given.get("type") == "timeout":
        return {**said, "outcome": {"type": "timeout"}}
    code = given.get("exit_code")
    return {**said, "outcome": {"type": "exit", "exit_code": code if _is_whole(code) else 0}}


def _fields(text: str) -> Mapping[str, Any]:
    """Return the fields that a text holds as JSON; a list counts as the output."""
    try:
        value = strict_json(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {"output": value, "tools": value} if isinstance(value, list) else {}


def _is_tool(tool: object) -> bool:
    return isinstance(tool, Mapping) and tool.get("type") in _TOOLS and isinstance(tool.get("name"), str)


def _tool(tool: JsonObject) -> JsonObject:
    if tool["type"] != "function":
        return tool
    parameters = tool.get("parameters")
    return {**tool, "parameters": parameters if isinstance(parameters, Mapping) else {"type": "object"}}


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53

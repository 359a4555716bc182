"""The items of the conversation, one by one: messages, calls, outputs, reasoning."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.oracle.rules.facts import Facts
from tests.oracle.rules.parts import (
    ASSISTANT_PARTS,
    MESSAGE_PARTS,
    OUTPUT_PARTS,
    filled_complaints,
    part_complaints,
)
from tests.oracle.rules.schemas import is_name
from tests.oracle.rules.values import is_text

STATUSES = ("in_progress", "completed", "incomplete")
PHASES = ("commentary", "final_answer")
CALLS = frozenset({"function_call", "custom_tool_call"})
OUTPUTS = frozenset({"function_call_output", "custom_tool_call_output"})
NEVER_REPLAYED = frozenset(
    [
        "item_reference",
        "web_search_call",
        "image_generation_call",
        "file_search_call",
        "code_interpreter_call",
        "computer_call",
    ]
)
RARE = frozenset(
    [
        "shell_call",
        "shell_call_output",
        "local_shell_call",
        "local_shell_call_output",
        "apply_patch_call",
        "apply_patch_call_output",
        "mcp_call",
        "mcp_list_tools",
        "mcp_approval_request",
        "mcp_approval_response",
        "tool_search_call",
        "tool_search_output",
        "compaction",
        "context_compaction",
        "additional_tools",
        "configuration_update",
        "agent_message",
    ]
)
"""Kinds that the schema allows and that no rule covers."""
FORMAT_VENDORS = {
    "openai-responses-v1": "openai",
    "azure-openai-responses-v1": "openai",
    "bedrock-openai-responses-v1": "openai",
    "bedrock-xai-responses-v1": "x-ai",
    "xai-responses-v1": "x-ai",
    "meta-responses-v1": "meta-llama",
    "anthropic-claude-v1": "anthropic",
    "google-gemini-v1": "google",
}


def item_complaints(item: Any, path: str, facts: Facts, parses_files: bool) -> Iterator[str]:
    if not isinstance(item, Mapping):
        yield f"3 {path}: not an object"
        return
    kind = item.get("type", "message")
    if "cache_control" in item:
        yield f"2 {path}.cache_control: top level only"
    if kind == "message":
        yield from message_complaints(item, path, facts, parses_files)
    elif kind == "reasoning":
        yield from reasoning_item_complaints(item, path, facts)
    elif not isinstance(kind, str) or kind in NEVER_REPLAYED or kind.startswith("openrouter:"):
        yield f"3 {path}: {kind!r:.60} must not be replayed"
    elif kind in CALLS:
        yield from call_complaints(item, kind, path, facts)
    elif kind in OUTPUTS:
        yield from output_complaints(item, path, facts, parses_files)
    elif kind not in RARE:
        yield f"3 {path}: unknown kind {kind!r:.60}"


def message_complaints(item: Mapping[str, Any], path: str, facts: Facts, parses_files: bool) -> Iterator[str]:
    role, content = item.get("role"), item.get("content")
    if role not in ("user", "system", "developer", "assistant"):
        yield f"3 {path}.role: {role!r:.60}"
    known = {"type", "role", "content", "id"} | ({"status", "phase"} if role == "assistant" else set())
    yield from (f"3 {path}.{key!s:.40}: unknown" for key in item.keys() - known)
    if "phase" in item and item["phase"] not in PHASES:
        yield f"3 {path}.phase: {item['phase']!r:.60}"
    if "status" in item and item["status"] not in STATUSES:
        yield f"3 {path}.status: {item['status']!r:.60}"
    if isinstance(content, list):
        if not content:
            yield f"14.8 {path}.content: empty"
        if role == "assistant" and not {"id", "status"} <= item.keys():
            yield f"14.11 {path}: content is a list, but id or status is missing"
        allowed = ASSISTANT_PARTS if role == "assistant" else MESSAGE_PARTS
        for at, part in enumerate(content):
            yield from part_complaints(part, f"{path}.content[{at}]", allowed, facts, parses_files)
    else:
        yield from filled_complaints(content, f"{path}.content", facts)
    if "id" in item and (not is_text(item["id"]) or item["id"].startswith(("fc", "rs"))):
        yield f"14.11 {path}.id: {item['id']!r:.60} is not a message id"


def call_complaints(item: Mapping[str, Any], kind: str, path: str, facts: Facts) -> Iterator[str]:
    if not facts.takes("tools"):
        yield f"14.6 {path}: a call, but the model does not support tools"
    if not is_name(item.get("name")):
        yield f"3 {path}.name: {item.get('name')!r:.80}"
    if "id" in item and not (is_text(item["id"]) and item["id"].startswith("fc")):
        yield f"3 {path}.id: {item['id']!r:.60} does not begin with fc"
    if "status" in item and item["status"] not in STATUSES:
        yield f"3 {path}.status: {item['status']!r:.60}"
    if kind == "function_call" and not is_object_text(item.get("arguments")):
        yield f"14.9 {path}.arguments: {item.get('arguments')!r:.80} is not a JSON object"
    if kind == "custom_tool_call" and not isinstance(item.get("input"), str):
        yield f"3 {path}.input: not a text"


def output_complaints(item: Mapping[str, Any], path: str, facts: Facts, parses_files: bool) -> Iterator[str]:
    output = item.get("output")
    if "name" in item:
        yield f"3 {path}.name: unknown"
    if isinstance(output, list):
        if not output:
            yield f"14.8 {path}.output: empty"
        for at, part in enumerate(output):
            yield from part_complaints(part, f"{path}.output[{at}]", OUTPUT_PARTS, facts, parses_files)
    elif not isinstance(output, str):
        yield f"3 {path}.output: neither text nor list"


def reasoning_item_complaints(item: Mapping[str, Any], path: str, facts: Facts) -> Iterator[str]:
    if not facts.can_reason:
        yield f"14.10 {path}: the model does not reason"
    if not is_text(item.get("id")) or item["id"].startswith(("fc", "msg")):
        yield f"7.2 {path}.id: {item.get('id')!r:.60}"
    if not is_typed_texts(item.get("summary"), "summary_text"):
        yield f"14.10 {path}.summary: not a list of summary_text"
    if "content" in item and not is_typed_texts(item["content"], "reasoning_text"):
        yield f"7.2 {path}.content: not a list of reasoning_text"
    for key in {"encrypted_content", "signature"} & item.keys():
        if not is_text(item[key]):
            yield f"7.2 {path}.{key}: empty"
    made_by = FORMAT_VENDORS.get(str(item.get("format")))
    if made_by and not facts.is_open and made_by != facts.vendor:
        yield f"14.10 {path}.format: made by another model"
    if facts.vendor == "anthropic" and not {"signature", "encrypted_content"} & item.keys():
        yield f"7.2 {path}: unsigned"


def is_typed_texts(value: Any, kind: str) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, Mapping)
        and one.keys() == {"type", "text"}
        and one["type"] == kind
        and isinstance(one["text"], str)
        for one in value
    )


def is_object_text(value: Any) -> bool:
    """Return whether a value is the JSON text of an object."""
    try:
        return isinstance(value, str) and isinstance(json.loads(value), dict)
    except (ValueError, RecursionError):
        return False

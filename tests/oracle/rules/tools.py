"""Tools and the tool choice."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.oracle.rules.facts import Facts
from tests.oracle.rules.schemas import every_schema, is_name, root_complaints, schema_complaints, strict_complaints
from tests.oracle.rules.values import is_integer, is_text, is_texts

NATIVE = frozenset(
    [
        "image_generation",
        "code_interpreter",
        "file_search",
        "mcp",
        "shell",
        "local_shell",
        "apply_patch",
        "computer_use_preview",
    ]
)
SERVER = frozenset(
    [
        "web_search",
        "web_fetch",
        "datetime",
        "image_generation",
        "fusion",
        "advisor",
        "subagent",
        "shell",
        "bash",
        "files",
        "apply_patch",
        "tool_search",
        "experimental__search_models",
    ]
)
HOSTED_CHOICES = frozenset({"apply_patch", "shell", "web_search_preview"})


def tool_complaints(body: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    tools = body.get("tools")
    if "tools" in body:
        if not isinstance(tools, list):
            yield "14.6 tools: not a list"
            return
        if not facts.takes("tools"):
            yield "14.6 tools: the model does not support tools"
        for at, tool in enumerate(tools):
            yield from one_tool_complaints(tool, f"tools[{at}]", facts)
        names = [tool.get("name") for tool in tools if isinstance(tool, Mapping) and "name" in tool]
        if len({str(name) for name in names}) != len(names):
            yield "14.6 tools: duplicate name"
    if "tool_choice" in body:
        yield from choice_complaints(body["tool_choice"], tools or [], facts)
    if "parallel_tool_calls" in body and not tools:
        yield "6.1 parallel_tool_calls: without tools"


def one_tool_complaints(tool: Any, path: str, facts: Facts) -> Iterator[str]:
    kind = tool.get("type") if isinstance(tool, Mapping) else None
    if not isinstance(tool, Mapping) or not isinstance(kind, str):
        yield f"6.1 {path}: not a tool"
    elif kind == "function":
        yield from function_complaints(tool, path, facts)
    elif kind in {"custom", "namespace"}:
        if not is_name(tool.get("name")):
            yield f"14.6 {path}.name: {tool.get('name')!r:.80}"
        nested = tool.get("tools")
        for at, one in enumerate(nested if isinstance(nested, list) else []):
            yield from one_tool_complaints(one, f"{path}.tools[{at}]", facts)
    elif kind.startswith("web_search"):
        yield f"6.2 {path}: send openrouter:web_search"
    elif kind.startswith("openrouter:"):
        yield from server_tool_complaints(tool, kind.removeprefix("openrouter:"), path)
    elif kind not in NATIVE:
        yield f"6.2 {path}: unknown kind of tool {kind!r:.60}"


def function_complaints(tool: Mapping[str, Any], path: str, facts: Facts) -> Iterator[str]:
    if not is_name(tool.get("name")):
        yield f"14.6 {path}.name: {tool.get('name')!r:.80}"
    if "cache_control" in tool:
        yield f"2 {path}.cache_control: top level only"
    if not isinstance(tool.get("description", ""), str):
        yield f"6.1 {path}.description: not a text"
    yield from root_complaints(tool.get("parameters"), f"{path}.parameters")
    yield from schema_complaints(tool.get("parameters"), f"{path}.parameters", facts.vendor)
    if facts.vendor == "google":
        yield from google_complaints(tool, path)
    strict = tool.get("strict", False)
    if not isinstance(strict, bool):
        yield f"6.1 {path}.strict: not a boolean"
    elif strict:
        yield from strict_complaints(tool.get("parameters"), f"{path}.parameters")
        if not facts.takes("structured_outputs"):
            yield f"14.6 {path}.strict: not proven for the model"


def google_complaints(tool: Mapping[str, Any], path: str) -> Iterator[str]:
    """Complain about what Google's subset of OpenAPI lacks: references, several types, values that are no texts."""
    if tool.get("strict"):
        yield f"6.1 {path}.strict: Google has no strict mode"
    for schema in every_schema(tool.get("parameters")):
        if not isinstance(schema, Mapping):
            yield f"6.1 {path}.parameters: {schema!r:.60} is no schema of Google's"
            continue
        for key in {"$ref", "oneOf", "allOf", "additionalProperties"} & schema.keys():
            yield f"6.1 {path}.parameters: {key} rejected by Google"
        if isinstance(schema.get("type"), list):
            yield f"6.1 {path}.parameters: several types"
        if not all(isinstance(value, str) for value in schema.get("enum", ())):
            yield f"6.1 {path}.parameters: listed values that are no texts"
        if not set(schema.get("required", ())) <= set(schema.get("properties", ())):
            yield f"6.1 {path}.parameters: a required name without a property"


def server_tool_complaints(tool: Mapping[str, Any], name: str, path: str) -> Iterator[str]:
    options = tool.get("parameters", {})
    if name not in SERVER or not isinstance(options, Mapping):
        yield f"6.2 {path}: {name!r:.60}"
        return
    if name == "web_search":
        if "max_results" in options and not is_integer(options["max_results"], 1, 25):
            yield f"6.2 {path}.max_results: not an integer from 1 to 25"
        if "allowed_domains" in options and "excluded_domains" in options:
            yield f"6.2 {path}: both allowed and excluded domains"
    if name == "fusion":
        if "max_tool_calls" in options and not is_integer(options["max_tool_calls"], 1, 16):
            yield f"6.2 {path}.max_tool_calls: not an integer from 1 to 16"
        panel = options.get("analysis_models", ["x"])
        if not is_texts(panel) or len(panel) > 8:
            yield f"6.2 {path}.analysis_models: not 1 to 8"
    if name in {"advisor", "subagent"} and not is_text(options.get("name", "x"), 64):
        yield f"6.2 {path}.name: not a text of at most 64 characters"


def choice_complaints(choice: Any, tools: list[Any], facts: Facts) -> Iterator[str]:
    if not tools:
        yield "14.6 tool_choice: without tools"
    if not facts.takes("tool_choice"):
        yield "6.1 tool_choice: the model does not list it"
    if isinstance(choice, str):
        if choice not in {"auto", "none", "required"}:
            yield f"6.1 tool_choice: {choice!r:.60}"
        return
    offered = [tool for tool in tools if isinstance(tool, Mapping)]
    kind = choice.get("type") if isinstance(choice, Mapping) else None
    if kind == "function":
        if choice.keys() != {"type", "name"} or not any(tool.get("name") == choice["name"] for tool in offered):
            yield f"6.1 tool_choice: {choice!r:.80} names a tool that is not offered"
    elif kind == "allowed_tools":
        yield from allowed_complaints(choice, offered)
    elif kind not in list(HOSTED_CHOICES) or not any(tool.get("type") in hosted_by(kind) for tool in offered):
        yield f"6.1 tool_choice: {choice!r:.80}"


def hosted_by(kind: str) -> tuple[str, ...]:
    """Return the types of offered tools that a hosted choice stands for: native ones and OpenRouter's own."""
    return kind, f"openrouter:{kind}", *(["openrouter:web_search"] if kind.startswith("web_search") else [])


def allowed_complaints(choice: Mapping[str, Any], offered: list[Mapping[str, Any]]) -> Iterator[str]:
    if choice.get("mode") not in ("auto", "required"):
        yield "6.1 tool_choice.mode: neither auto nor required"
    listed = choice.get("tools")
    if not isinstance(listed, list) or not listed:
        yield "6.1 tool_choice.tools: empty"
        return
    for one in listed:
        if not isinstance(one, Mapping) or not any(one.items() <= tool.items() for tool in offered):
            yield f"6.1 tool_choice.tools: {one!r:.80} is not offered"

"""The strict receivers of the simulator, one per maker, as a judge of what is offered."""

from collections.abc import Mapping
from typing import Any

from adapters.json_schema.checker import JsonSchemaChecker
from domain.request.tool_specs import function_tools
from domain.tools.registry import Registry, merged
from entrypoints.simulator.answers import Refusal
from entrypoints.simulator.refusals.makers.draft import violations
from entrypoints.simulator.refusals.makers.receive import check_tools
from entrypoints.simulator.refusals.verdicts import Provider
from ports.toolbox import ToolSpec

MODELS = {
    "openai": "openai/gpt-5.6-sol",
    "google": "google/gemini-3.6-flash",
    "anthropic": "anthropic/claude-opus-5",
    "mistral": "mistralai/mistral-small-3.2-24b-instruct",
    "plain": "deepseek/deepseek-v4",
}
CHECK = JsonSchemaChecker()


def refusal(tools: Any, model: str) -> str:
    """Return what the maker of a model says about tools; empty if it takes them."""
    try:
        check_tools(list(tools), Provider(model, "Provider"))
    except Refusal as refused:
        return refused.answer.body.decode()
    if not model.startswith("google/"):
        wrong = [(tool["name"], found) for tool in tools for found in violations(tool["parameters"])]
        return str(wrong) if wrong else ""
    return ""


def offered(parameters: Any, model: str, *, own: bool = True) -> tuple[Mapping[str, Any], Registry]:
    """Return the only tool as it is sent to a model: one of the toolbox, or (not `own`) of the request."""
    registry = merged([ToolSpec("look", "Looks.", parameters, "workspace:a")]) if own else Registry()
    passed = {"type": "function", "function": {"name": "look", "description": "Looks.", "parameters": parameters}}
    (tool,), left_out = function_tools(registry.offered if own else (passed,), model, None)
    assert left_out == ()
    return tool, registry


def offered_names(schema: Any, root: Any, seen: tuple[str, ...] = ()) -> set[str]:
    """Return all property names that a schema offers, at any depth; a wrapped value counts as its own."""
    if not isinstance(schema, dict):
        return set()
    found = {pattern[1:-1].replace("\\", "") for pattern in schema.get("patternProperties", {})}
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference not in seen:
        target = root.get("$defs", {}).get(reference.removeprefix("#/$defs/")) if reference != "#" else root
        found |= offered_names(target, root, (*seen, reference))
    for name, part in schema.get("properties", {}).items():
        found |= {name} | offered_names(part, root, seen)
    lists = (part for key in ("anyOf", "oneOf", "allOf", "prefixItems") for part in schema.get(key, ()))
    singles = (schema.get(key) for key in ("items", "additionalProperties", "then", "else"))
    for part in (*lists, *singles):
        found |= offered_names(part, root, seen)
    return found

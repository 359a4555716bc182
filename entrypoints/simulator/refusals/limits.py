"""Rules about combinations of fields, and about the model's entry in the catalog (openrouter_api 2, 6, 7)."""

import re

from entrypoints.simulator.answers import Refusal, common
from entrypoints.simulator.payload import Json
from entrypoints.simulator.prompts import Prompt
from entrypoints.simulator.refusals.history import TOOL_NAME
from entrypoints.simulator.refusals.verdicts import Provider

OPENAI_LEAST_OUTPUT = 16
CLAUDE_LEAST_BUDGET = 1024
OPENAI_MOST_TOOLS = 128
_GPT, _NEWEST = re.compile(r"~?openai/gpt-(\d+)(?:\.(\d+))?"), (5, 6)
_MANDATORY = "Reasoning is mandatory for this endpoint and cannot be disabled."


def refuse(message: str, error_type: str = "invalid_request") -> None:
    """Raise Refusal with upstream's own error, not a provider's."""
    raise Refusal(common(400, message, {"error_type": error_type}))


def check_limits(body: Json, prompt: Prompt, entry: Json, provider: Provider) -> None:
    """Raise Refusal for wrong combinations that the schemas allow."""
    if body.get("background"):
        refuse("Background mode is not supported.")
    _output_limit(body, entry, provider)
    _context(prompt, entry)
    reasoning = body.get("reasoning") or {}
    _newest(body, reasoning, provider)
    _reasoning(body, reasoning, entry, provider)
    _sampling(body, provider)
    _tools(body, prompt, provider)
    forced = prompt.choice not in {"auto", "none"}
    if forced and provider.author == "anthropic" and (reasoning.get("max_tokens") or _wants(reasoning)):
        provider.refuse("Thinking may not be enabled when tool_choice forces tool use.")


def _output_limit(body: Json, entry: Json, provider: Provider) -> None:
    limit = output_limit(body)
    if limit is None:
        return
    if provider.author == "openai" and limit < OPENAI_LEAST_OUTPUT:
        provider.refuse(
            "Invalid 'max_output_tokens': integer below minimum value. "
            f"Expected a value >= {OPENAI_LEAST_OUTPUT}, but got {limit} instead.",
            param="max_output_tokens",
            code="integer_below_min_value",
        )
    most = entry["top_provider"].get("max_completion_tokens")
    if most is not None and limit > most:
        provider.refuse(
            f"max_tokens is too large: {limit}. This model supports at most {most} completion tokens.",
            error_type="max_tokens_exceeded",
        )


def output_limit(body: Json) -> int | None:
    """Return the requested limit of output tokens, from the first of its three names that is set."""
    names = ("max_output_tokens", "max_completion_tokens", "max_tokens")
    return next((int(body[name]) for name in names if body.get(name) is not None), None)


def _context(prompt: Prompt, entry: Json) -> None:
    lengths = [entry.get("context_length"), entry["top_provider"].get("context_length")]
    most = min((length for length in lengths if length), default=None)
    if most is not None and prompt.input_tokens > most:
        refuse(
            f"This endpoint's maximum context length is {most} tokens. However, you requested about "
            f"{prompt.input_tokens} tokens. Please reduce the length of the input.",
            "context_length_exceeded",
        )


def _wants(reasoning: Json) -> bool:
    return reasoning.get("enabled") is True or reasoning.get("effort") not in {None, "none"}


def _newest(body: Json, reasoning: Json, provider: Provider) -> None:
    """Refuse what only GPT-5.6 and newer have."""
    sent = [
        *({"prompt_cache_options"} & body.keys()),
        *(f"reasoning.{key}" for key in {"mode", "context"} & reasoning.keys()),
    ]
    found = _GPT.match(provider.model)
    if sent and (found is None or (int(found[1]), int(found[2] or 0)) < _NEWEST):
        provider.refuse(f"Unsupported parameter: '{sent[0]}' is not supported with this model.", param=sent[0])


def _reasoning(body: Json, reasoning: Json, entry: Json, provider: Provider) -> None:
    effort, budget = reasoning.get("effort"), reasoning.get("max_tokens")
    if effort is not None and budget is not None:
        refuse('Only one of "reasoning.effort" and "reasoning.max_tokens" may be specified.')
    off = effort == "none" or reasoning.get("enabled") is False or body.get("reasoning_effort") == "none"
    if off and (entry.get("reasoning") or {}).get("mandatory"):
        refuse(_MANDATORY)
    if budget is None or provider.author != "anthropic":
        return
    if budget < CLAUDE_LEAST_BUDGET:
        provider.refuse(f"thinking.budget_tokens: Input should be greater than or equal to {CLAUDE_LEAST_BUDGET}")
    limit = output_limit(body)
    if limit is not None and budget >= limit:
        provider.refuse("`max_tokens` must be greater than `thinking.budget_tokens`.")


def _sampling(body: Json, provider: Provider) -> None:
    if provider.author != "anthropic":
        return
    if body.get("temperature") is not None and body.get("top_p") is not None:
        provider.refuse("`temperature` and `top_p` cannot both be specified for this model. Please use only one.")
    stops = body.get("stop") or ()
    if any(not str(stop).strip() for stop in ([stops] if isinstance(stops, str) else stops)):
        provider.refuse("stop_sequences: each stop sequence must contain non-whitespace")


def _tools(body: Json, prompt: Prompt, provider: Provider) -> None:
    names = [tool.name for tool in prompt.tools]
    count = len(body.get("tools") or ())
    if provider.author == "openai" and count > OPENAI_MOST_TOOLS:
        provider.refuse(
            f"Invalid 'tools': array too long. Expected an array with maximum length {OPENAI_MOST_TOOLS}, but got an "
            f"array with length {count} instead.",
            param="tools",
            code="array_above_max_length",
        )
    for index, tool in enumerate(prompt.tools):
        if not TOOL_NAME.fullmatch(tool.name):
            provider.refuse(
                f"Invalid 'tools[{index}].name': string does not match pattern '^[a-zA-Z0-9_-]{{1,64}}$'.",
                param=f"tools[{index}].name",
            )
        if tool.parameters and tool.parameters.get("type") != "object":
            provider.refuse(
                f"Invalid schema for function '{tool.name}': schema must be a JSON Schema of type \"object\".",
                param=f"tools[{index}].parameters",
                code="invalid_function_parameters",
            )
    if len(set(names)) < len(names):
        provider.refuse("Tool names must be unique.", param="tools")
    if not body.get("tools") and prompt.choice != "auto":
        provider.refuse("Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.")
    if prompt.choice not in {"auto", "none", "required", *names}:
        provider.refuse(f"Tool choice '{prompt.choice}' not found in 'tools' parameter.", param="tool_choice")
    for given in body.get("tools") or ():
        function = given.get("function") or given
        if function.get("strict") and not _strict(function.get("parameters")):
            provider.refuse(
                f"Invalid schema for function '{function['name']}': in strict mode every property must be "
                "required and 'additionalProperties' must be false.",
                code="invalid_function_parameters",
            )


def _strict(schema: object) -> bool:
    """Return whether a schema is strict: at every level all properties are required and no others are allowed."""
    if isinstance(schema, list):
        return all(_strict(entry) for entry in schema)
    if not isinstance(schema, dict):
        return True
    if "properties" in schema or schema.get("type") == "object":
        properties = schema.get("properties") or {}
        complete = set(schema.get("required") or ()) == set(properties)
        if schema.get("additionalProperties") is not False or not complete:
            return False
        if not all(_strict(value) for value in properties.values()):
            return False
    return all(_strict(schema[key]) for key in ("items", "anyOf") if key in schema)

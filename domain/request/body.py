"""TurnRequest → ResponsesBody: only what this endpoint knows and this model supports."""

import re
from typing import TypeVar

from domain.conversation.items import items_of
from domain.faults.fault import Fault, FaultKind
from domain.request.turn_request import Caller, Parameters, Thinking, TurnRequest
from ports.catalog import Model
from ports.json_values import JsonObject
from ports.responses import ResponsesBody

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
SUMMARIES = ("auto", "concise", "detailed")
SMALLEST_OUTPUT = 16
T = TypeVar("T")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def build(
    request: TurnRequest, slug: str, model: Model | None, offered: tuple[JsonObject, ...] = ()
) -> ResponsesBody | Fault:
    """Build the body for one turn; a Fault if the messages hold nothing to send.

    `offered` are tools the turn itself can run; without them an API caller's own tools are passed on. `model` is the
    catalog's entry for `slug`, None if it has none: then every parameter is passed on. Source: OpenRouter API
    reference, request body and checklist.
    """
    items = items_of(request.messages)
    if not items:
        return Fault(FaultKind.BAD_MESSAGES, detail="there is no message with a role and a text")
    asked = request.parameters
    reasoning = _reasoning(asked, request.thinking, model)
    tools = offered if supports(model, "tools") else ()
    if not tools and request.caller is Caller.API:
        tools = _tools(asked, model)
    return ResponsesBody(
        model=slug,
        input=items,
        stream=request.stream,
        max_output_tokens=_output_limit(asked, model),
        temperature=_if_listed(asked.temperature, "temperature", model),
        top_p=_if_listed(asked.top_p, "top_p", model),
        top_k=_if_listed(asked.top_k, "top_k", model),
        frequency_penalty=_if_listed(asked.frequency_penalty, "frequency_penalty", model),
        presence_penalty=_if_listed(asked.presence_penalty, "presence_penalty", model),
        reasoning=reasoning,
        include=("reasoning.encrypted_content",) if reasoning else (),
        text=_text_format(asked.response_format, model),
        tools=tools,
        tool_choice=_tool_choice(asked.tool_choice) if tools else None,
        parallel_tool_calls=asked.parallel_tool_calls if tools else None,
    )


def supports(model: Model | None, parameter: str) -> bool:
    """Tell whether a parameter may be sent; an unknown model gets the benefit of the doubt."""
    return model is None or not model.supported_parameters or parameter in model.supported_parameters


def _if_listed(value: T | None, parameter: str, model: Model | None) -> T | None:
    return value if supports(model, parameter) else None


def _output_limit(asked: Parameters, model: Model | None) -> int | None:
    if asked.max_output_tokens is None:
        return None
    ceiling = model.max_completion_tokens if model is not None else None
    limit = max(SMALLEST_OUTPUT, asked.max_output_tokens)
    return min(limit, ceiling) if ceiling is not None and ceiling >= SMALLEST_OUTPUT else limit


def _reasoning(asked: Parameters, thinking: Thinking, model: Model | None) -> JsonObject | None:
    if model is None or not supports(model, "reasoning") or not model.supported_parameters:
        return None
    own = dict(asked.reasoning or {})
    effort = own.get("effort") or asked.reasoning_effort
    if not thinking.enabled and not effort:
        return None
    chosen = _nearest_effort(str(effort or thinking.effort), model)
    summary = own.get("summary") or thinking.summary
    wanted: dict[str, str] = {"effort": chosen} if chosen else {}
    if summary in SUMMARIES and chosen != "none":
        wanted["summary"] = str(summary)
    return wanted or None


def _nearest_effort(effort: str, model: Model) -> str | None:
    """Return the allowed effort closest to the wish; None if this model has no efforts to choose."""
    wish = EFFORTS.index(effort) if effort in EFFORTS else EFFORTS.index("medium")
    allowed = EFFORTS if model.reasoning_efforts is None else model.reasoning_efforts
    choices = [name for name in EFFORTS if name in allowed and not (name == "none" and model.reasoning_mandatory)]
    return min(choices, key=lambda name: abs(EFFORTS.index(name) - wish)) if choices else None


def _text_format(response_format: JsonObject | None, model: Model | None) -> JsonObject | None:
    kind = response_format.get("type") if response_format else None
    if kind == "json_object" and supports(model, "response_format"):
        return {"format": {"type": "json_object"}}
    nested = response_format.get("json_schema") if response_format else None
    if kind != "json_schema" or not isinstance(nested, dict) or not supports(model, "structured_outputs"):
        return None
    name, schema = nested.get("name"), nested.get("schema")
    if not (isinstance(name, str) and _NAME.fullmatch(name) and isinstance(schema, dict)):
        return None
    known = {"type": "json_schema", "name": name, "schema": schema}
    if isinstance(nested.get("strict"), bool):
        known["strict"] = nested["strict"]
    return {"format": known}


def _tools(asked: Parameters, model: Model | None) -> tuple[JsonObject, ...]:
    if not supports(model, "tools"):
        return ()
    tools: dict[str, JsonObject] = {}
    for tool in asked.tools:
        nested = tool.get("function")
        function = nested if isinstance(nested, dict) else tool
        name = function.get("name")
        if tool.get("type") == "function" and isinstance(name, str) and _NAME.fullmatch(name):
            tools[name] = _flat_tool(name, function)
    return tuple(tools.values())


def _flat_tool(name: str, function: JsonObject) -> JsonObject:
    parameters = function.get("parameters")
    if not isinstance(parameters, dict) or parameters.get("type") != "object":
        parameters = {"type": "object", "properties": {}}
    flat = {"type": "function", "name": name, "parameters": parameters, "strict": function.get("strict") is True}
    description = function.get("description")
    return {**flat, "description": description} if isinstance(description, str) and description else flat


def _tool_choice(choice: str | JsonObject | None) -> str | JsonObject | None:
    if isinstance(choice, str):
        return choice if choice in ("auto", "none", "required") else None
    if choice is None:
        return None
    nested = choice.get("function")
    name = nested.get("name") if isinstance(nested, dict) else choice.get("name")
    return {"type": "function", "name": name} if isinstance(name, str) else None

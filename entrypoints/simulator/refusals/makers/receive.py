"""Give the function tools of a request to the receiver of the model's maker."""

from collections.abc import Callable
from typing import Any

from entrypoints.simulator.payload import Json
from entrypoints.simulator.refusals.makers import anthropic, google, mistral, openai
from entrypoints.simulator.refusals.verdicts import Provider

RECEIVERS: dict[str, Callable[[list[Json], Provider], None]] = {
    "openai": openai.check,
    "google": google.check,
    "anthropic": anthropic.check,
    "mistralai": mistral.check,
}


def check_tools(tools: list[Any], provider: Provider) -> None:
    """Raise Refusal if the maker of the model refuses a tool. Tools are flat, or nested as in chat completions."""
    receiver = RECEIVERS.get(provider.author)
    functions = [_flat(tool) for tool in tools if tool.get("type") == "function"]
    if receiver is not None and functions:
        receiver(functions, provider)


def _flat(tool: Json) -> Json:
    function: Json = tool["function"] if isinstance(tool.get("function"), dict) else tool
    parameters = function.get("parameters")
    empty = {"type": "object", "properties": {}}
    return {
        "name": function["name"],
        "parameters": empty if parameters is None else parameters,
        "strict": function.get("strict") is True,
    }

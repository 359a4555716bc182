"""The older form of tools: `functions` and `function_call` of a request, before there were `tools`.

The function that a client calls comes back as `function_call`, of which an answer has one. Source: OpenAI chat
completions, deprecated fields; public reports of clients that older agents and Home Assistant still run.
"""

from collections.abc import Mapping
from typing import Any

Choice = str | dict[str, Any] | None


def with_tools_of(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a body in which its `functions` are tools, beside those it has; several calls at once are declined."""
    if (newer := newer_functions(given)) is None:
        return given
    listed = given.get("tools")
    tools = [*(listed if isinstance(listed, list) else ())]
    tools += [
        {"type": "function", "function": one} for one in given["functions"] if _name(one) and _name(one) not in newer
    ]
    declined = {} if given.get("parallel_tool_calls") is not None else {"parallel_tool_calls": False}
    return {**given, "tools": tools, **declined}


def newer_functions(given: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the names of functions in `tools`; None if there is none in `functions`."""
    functions, tools = given.get("functions"), given.get("tools")
    if not isinstance(functions, list) or not any(map(_name, functions)):
        return None
    listed = tools if isinstance(tools, list) else ()
    return frozenset(_name(tool.get("function", tool)) for tool in listed if isinstance(tool, Mapping))


def older_choice(function_call: Choice) -> Choice:
    """Convert `function_call` to `tool_choice`: auto, none, a name, or an object with a name."""
    if function_call is None or function_call in ("auto", "none"):
        return function_call
    name = function_call if isinstance(function_call, str) else function_call.get("name")
    return {"type": "function", "name": name}


def _name(function: object) -> str:
    name = function.get("name") if isinstance(function, Mapping) else None
    return name if isinstance(name, str) and name.strip() else ""

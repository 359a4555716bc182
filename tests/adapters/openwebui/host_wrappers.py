"""Tools in the forms in which hosts pass them to functions."""

import inspect
from collections.abc import Callable, Mapping
from functools import partial, update_wrapper
from typing import Any

PLAIN = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}


def wrapped(function: Callable[..., Any], **bound: Any) -> Callable[..., Any]:
    """Wrap a function as hosts do: always in a coroutine function, even if it blocks."""
    partial_function = partial(function, **bound)
    if inspect.iscoroutinefunction(function):

        async def new_function(*args: Any, **kwargs: Any) -> Any:
            return await partial_function(*args, **kwargs)

    else:

        async def new_function(*args: Any, **kwargs: Any) -> Any:
            return partial_function(*args, **kwargs)

    update_wrapper(new_function, function)
    return new_function


def spec(name: str, parameters: Mapping[str, Any] = PLAIN) -> dict[str, Any]:
    """Return the spec of a function."""
    return {"name": name, "description": f"Does {name}.", "parameters": dict(parameters)}


def workspace(name: str, function: Callable[..., Any], tool_id: str = "adder") -> dict[str, Any]:
    """Return the entry of a workspace tool."""
    meta = {"file_handler": False, "citation": True}
    return {"tool_id": tool_id, "callable": wrapped(function), "spec": spec(name), "metadata": meta}


def builtin(name: str, function: Callable[..., Any]) -> dict[str, Any]:
    """Return the entry of one of the host's own tools."""
    return {"tool_id": f"builtin:{name}", "callable": wrapped(function), "spec": spec(name), "type": "builtin"}


def external(name: str, function: Callable[..., Any], tool_id: str = "server:weather") -> dict[str, Any]:
    """Return the entry of a tool of an OpenAPI server."""
    return {"tool_id": tool_id, "callable": wrapped(function), "spec": spec(name), "type": "external"}


def mcp(name: str, function: Callable[..., Any], client: object) -> dict[str, Any]:
    """Return the entry of a tool of an MCP server."""
    return {"spec": spec(name), "callable": function, "type": "mcp", "client": client, "direct": False}


def direct(name: str, **server: Any) -> dict[str, Any]:
    """Return the entry of a direct tool, reachable from the browser only."""
    return {"spec": spec(name), "direct": True, "server": {"url": "https://maps.example/api", **server}}


def in_body(*names: str) -> list[dict[str, Any]]:
    """Return the `tools` of a request."""
    return [{"type": "function", "function": spec(name)} for name in names]

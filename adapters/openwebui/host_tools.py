"""Reads the tools that a host offers in one turn into one common form.

Source: the host's contract, tools; verified in 0.6.28, 0.8.12, 0.10.2 and 0.12.4.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

from ports.json_values import JsonObject
from ports.toolbox import ToolSpec

LONGEST_LABEL = 64


class Kind(Enum):
    """Where a tool runs. The values are the prefixes of `ToolSpec.source`."""

    WORKSPACE = "workspace"
    BUILTIN = "builtin"
    OPENAPI = "openapi"
    MCP = "mcp"
    TERMINAL = "terminal"
    DIRECT = "direct"


@dataclass(frozen=True, slots=True)
class HostTool:
    """One tool: `function` runs it in this process; a direct tool has a `server` reached by the browser instead."""

    spec: ToolSpec
    kind: Kind
    function: Callable[..., Any] | None = None
    server: JsonObject | None = None


@dataclass(frozen=True, slots=True)
class HostOffer:
    """The host's inputs: `__tools__`, `metadata["tools"]`, `body["tools"]`, `metadata["mcp_clients"]`."""

    handed: object = field(default=None, repr=False)
    stored: object = field(default=None, repr=False)
    offered: object = field(default=None, repr=False)
    mcp_clients: object = field(default=None, repr=False)


def offered_names(tools: object) -> tuple[str, ...]:
    """Return the function names in a request's `tools`, nested or flat, in order."""
    if not isinstance(tools, Iterable) or isinstance(tools, str | Mapping):
        return ()
    functions = (tool.get("function", tool) for tool in tools if isinstance(tool, Mapping))
    names = (function.get("name") for function in functions if isinstance(function, Mapping))
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str) and name))


def read_tools(offer: HostOffer) -> tuple[HostTool, ...]:
    """Return the tools of the request that this process or the browser can run, in the order of the request.

    Without `tools` in the body there are no tools: the host's legacy mode has already run them. Up to 0.8 `__tools__`
    lacks direct and MCP tools, which are in the metadata only; from 0.10 on both are the same.
    """
    entries = {**_named(offer.handed), **_named(offer.stored)}
    servers = _server_names(offer.mcp_clients)
    tools = (_tool(name, entries[name], servers) for name in offered_names(offer.offered) if name in entries)
    return tuple(tool for tool in tools if tool is not None)


def _named(tools: object) -> dict[str, Mapping[str, Any]]:
    """Index entries by name: from a mapping, or from a list whose entries have a name in their spec."""
    if isinstance(tools, Mapping):
        return {str(name): entry for name, entry in tools.items() if isinstance(entry, Mapping)}
    if not isinstance(tools, list | tuple):
        return {}
    entries = [entry for entry in tools if isinstance(entry, Mapping)]
    return {str(_spec(entry)["name"]): entry for entry in entries if _spec(entry).get("name")}


def _tool(name: str, entry: Mapping[str, Any], servers: Mapping[int, str]) -> HostTool | None:
    function = entry.get("callable")
    server = entry.get("server")
    direct = bool(entry.get("direct")) and isinstance(server, Mapping)
    if not direct and not callable(function):
        return None
    kind = Kind.DIRECT if direct else _kind(entry)
    label = _label(kind, name, entry, servers)
    source = f"{kind.value}:{label}" if label else kind.value
    return HostTool(
        _tool_spec(name, entry, kind, source),
        kind,
        None if direct else function,
        dict(server) if direct and isinstance(server, Mapping) else None,
    )


def _tool_spec(name: str, entry: Mapping[str, Any], kind: Kind, source: str) -> ToolSpec:
    spec = _spec(entry)
    parameters = spec.get("parameters")
    description = spec.get("description")
    return ToolSpec(
        name=name,
        description=description if isinstance(description, str) else "",
        parameters=dict(parameters) if isinstance(parameters, Mapping) else {"type": "object", "properties": {}},
        source=source,
        idempotent=_declared(entry, "idempotent"),
        sequential=_declared(entry, "sequential"),
    )


def _kind(entry: Mapping[str, Any]) -> Kind:
    declared_type, tool_id = entry.get("type"), str(entry.get("tool_id", ""))
    if declared_type == "mcp":
        return Kind.MCP
    if declared_type == "builtin" or tool_id.startswith("builtin:"):
        return Kind.BUILTIN
    if declared_type == "terminal" or tool_id.startswith("terminal:"):
        return Kind.TERMINAL
    if declared_type in ("external", "action") or tool_id.startswith("server:"):
        return Kind.OPENAPI
    return Kind.WORKSPACE


def _label(kind: Kind, name: str, entry: Mapping[str, Any], servers: Mapping[int, str]) -> str:
    """Return the label of the server or file that a tool belongs to; the same for all its tools."""
    if kind is Kind.BUILTIN:
        return ""
    if kind is Kind.MCP:
        return servers.get(id(entry.get("client")), name.partition("_")[0])[:LONGEST_LABEL]
    if kind is Kind.DIRECT:
        return _server_label(entry["server"])[:LONGEST_LABEL]
    tool_id = str(entry.get("tool_id", ""))
    return (tool_id.rpartition(":")[2] or tool_id)[:LONGEST_LABEL]


def _server_label(server: Mapping[str, Any]) -> str:
    info = server.get("info")
    title = info.get("title") if isinstance(info, Mapping) else None
    url = server.get("url")
    place = urlsplit(url).netloc if isinstance(url, str) and "[" not in url else ""
    return str(title or place or "browser")


def _server_names(clients: object) -> dict[int, str]:
    """Return the ids of MCP servers by the identity of their client: a tool refers to its server only by the client."""
    return {id(client): str(name) for name, client in clients.items()} if isinstance(clients, Mapping) else {}


def _declared(entry: Mapping[str, Any], hint: str) -> bool:
    """Read a hint that the author of a workspace tool set on its function; the host's wrapper copies it."""
    return any(getattr(function, hint, False) is True for function in _functions(entry.get("callable")))


def _functions(function: object) -> Iterator[object]:
    yield function
    if (wrapped := getattr(function, "__wrapped__", None)) is not None:
        yield wrapped


def _spec(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    spec = entry.get("spec")
    return spec if isinstance(spec, Mapping) else {}

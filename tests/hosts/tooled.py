"""Tools in a running host: installed from the sources beside this, open to everybody, used by a page."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from entrypoints.devhost.admin import EVERYBODY, HostAdmin
from entrypoints.devhost.client import Json
from entrypoints.devhost.forms import TurnOptions

SOURCES = Path(__file__).parent / "tools"
TOOLS = ("adding", "sleeping", "failing", "returning", "counting")
"""Ids of the tool sets; each holds one or more functions."""


async def install_tools(admin: HostAdmin, names: Iterable[str] = TOOLS) -> None:
    """Create the tool sets a host does not have yet, for everybody."""
    there = {str(tool["id"]) for tool in await admin.request("GET", "/api/v1/tools/")}
    access = {"access_grants": [EVERYBODY]} if admin.at_least("0.8") else {"access_control": None}
    for name in names:
        if name not in there:
            form = {"id": name, "name": name.title(), "content": (SOURCES / f"{name}.py").read_text("utf-8")}
            meta = {"description": name, "manifest": {}}
            await admin.request("POST", "/api/v1/tools/create", {**form, "meta": meta, **access})


def with_tools(*names: str, params: Mapping[str, Json] | None = None, **body: Json) -> TurnOptions:
    """Choose tool sets for a message, to be called by the model itself; `body` adds fields to the request."""
    return TurnOptions((), {"function_calling": "native", **(params or {})}, tool_ids=names or TOOLS, body=body)


def order(name: str, arguments: Mapping[str, Json] | str = "", *, times: int = 1, rounds: int = 1) -> str:
    """Write the line of a prompt by which `sim/tools` calls a tool; a text stands as it is."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return f"CALL {name} x{times} r{rounds} {text}".rstrip()


def direct_server(url: str, *specs: Json, title: str = "Maps") -> dict[str, Json]:
    """Describe a tool server only the browser reaches, as the page hands it over."""
    return {"url": url, "path": "openapi.json", "config": {"enable": True}, "info": {"title": title}, "specs": specs}

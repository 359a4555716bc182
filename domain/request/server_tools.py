"""The tools that upstream runs for a turn because a setting or the model's row says so. Each use costs money.

A request that names such tools itself, in `tools`, gets them without these rules. Sandboxes and tools that call further
models are offered only where their names are listed: no switch includes them.
"""

import re
from collections.abc import Iterable, Sequence

from domain.catalog.support import searches
from domain.request.abilities import ABILITIES, done_by_plugins
from domain.request.tool_types import SEARCH, TOOL_TYPES, RunBy, names_of, written
from domain.request.turn_request import TurnRequest
from ports.catalog import Model
from ports.json_values import JsonObject

MOST_SEARCHES = 5
"""Web searches that upstream may run in one request; each one costs money."""
MOST_LISTED = 32
_NAME = re.compile(r"[A-Za-z][\w:.-]{0,59}", re.ASCII)
_SHALLOW = ("none", "minimal")
"""Efforts with which models do not search."""


def server_tools(
    request: TurnRequest, model: Model | None, named: Sequence[JsonObject]
) -> tuple[tuple[JsonObject, ...], tuple[str, ...]]:
    """Return the tools to offer, and the names of listed ones that are not: unknown, or in the way of the caller's own
    tools and plugins.

    `named`: the tools of the request, which come first. The model is known to take tools.
    """
    given, searches_itself = request.server_tools, request.tooling.searches
    offered: dict[str, JsonObject] = {}
    doubled = done_by_plugins(request.parameters.plugins or ())
    missing: list[str] = []
    for entry in given.listed[:MOST_LISTED]:
        tool = tool_of(entry)
        if tool is None:
            missing.append(f"server_tool {_shown(entry)!r}")
        elif ABILITIES.get(str(tool["type"])) in given.served:
            missing.append(f"server_tool {_shown(entry)!r}: {ABILITIES[str(tool['type'])].value}")
        elif tool["type"] in doubled:
            missing.append(f"server_tool {_shown(entry)!r}: plugin")
        else:
            offered[str(tool["type"])] = tool
    if SEARCH in offered or (searches_itself is not None and _searches(model) and SEARCH not in doubled):
        offered |= {SEARCH: _search(offered.get(SEARCH), searches_itself or given.results)}
    if (request.parameters.reasoning.get("effort") or request.thinking.effort) in _SHALLOW:
        offered.pop(SEARCH, None)
    present = {str(sent["type"]) for tool in named if (sent := written(tool)) is not None}
    return tuple(tool for kind, tool in offered.items() if kind not in present), tuple(missing)


def parted_names(listed: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names that can be switched on without any options, and the others."""
    given = tuple(dict.fromkeys(listed))
    return tuple(one for one in given if tool_of(one)), tuple(one for one in given if not tool_of(one))


def tool_of(entry: object) -> JsonObject | None:
    """Return a listed tool, a name or an object with a type, as it is sent; None if upstream runs none of this type."""
    given = entry if isinstance(entry, dict) else {}
    name = entry if isinstance(entry, str) else given.get("type")
    if not isinstance(name, str):
        return None
    for kind in (name,) if given and name in TOOL_TYPES else names_of(name):
        if TOOL_TYPES[kind].run_by is RunBy.UPSTREAM and (tool := written({**given, "type": kind})) is not None:
            return tool
    return None


def _searches(model: Model | None) -> bool:
    return model is not None and searches(model)


def _search(listed: JsonObject | None, results: int) -> JsonObject:
    """Return the search, with limits where its entry sets none; no number of results leaves that to upstream."""
    own = (listed or {}).get("parameters")
    limits = {"max_uses": MOST_SEARCHES, **({"max_results": results} if results else {})}
    return {"type": SEARCH, "parameters": {**limits, **(own if isinstance(own, dict) else {})}}


def _shown(entry: object) -> str:
    """Return the name in an entry, if it looks like one: a piece of broken JSON may hold credentials."""
    name = entry.get("type") if isinstance(entry, dict) else entry
    return name if isinstance(name, str) and _NAME.fullmatch(name.strip()) else "?"

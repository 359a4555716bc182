"""The tools of a page: 28 tools with the names of Open WebUI 0.12.4, and their cost per turn."""

import json
import time
from statistics import median
from typing import Any

from benchmarks.report import Broken, Line, absolute
from benchmarks.tools_rig import MODEL, request
from domain.request.body import Prepared, build
from domain.tools.registry import merged
from domain.tools.results import prompt_characters
from ports.toolbox import ToolSpec

ROUNDS, AT_MOST = 201, 0.5
DESCRIPTION = "Look through everything the person may read, and return what fits the query best, newest first. "
NAMES = (
    *("get_current_timestamp", "calculate_timestamp", "search_web", "fetch_url", "generate_image", "edit_image"),
    *("execute_code", "search_memories", "add_memory", "update_memory", "delete_memory", "list_memories"),
    *("search_notes", "view_note", "write_note", "replace_note_content", "search_chats", "view_chat"),
    *("search_channels", "search_channel_messages", "list_knowledge_bases", "search_knowledge_bases"),
    *("query_knowledge_files", "view_knowledge_file", "view_skill", "create_tasks", "update_task", "list_automations"),
)


def measure_offer() -> list[Line]:
    """Measure a turn's tools from the host's specs, made anew each time, to the body; then the first time."""
    written = json.dumps([parameters_of(place) for place in range(len(NAMES))])
    first = _timed(_specs(written))
    again = median(_timed(_specs(written)) for _ in range(ROUNDS))
    without = median(_timed(()) for _ in range(ROUNDS))
    return [
        absolute(f"turn with {len(NAMES)} tools: merge + build (bare: no tools)", again, "ms", AT_MOST, without),
        absolute("the same, never seen before", first, "ms"),
    ]


def _timed(specs: tuple[ToolSpec, ...]) -> float:
    began = time.perf_counter()
    registry = merged(specs)
    built = build(request(8), MODEL.id, MODEL, registry.offered)
    if not isinstance(built, Prepared):
        raise Broken(f"the request cannot be built: {built}")
    prompt_characters(MODEL, built.request.body.tools)
    took = (time.perf_counter() - began) * 1000
    if len(built.request.body.tools) != len(specs):
        raise Broken(f"{len(built.request.body.tools)} tools of {len(specs)} are offered")
    return took


def _specs(written: str) -> tuple[ToolSpec, ...]:
    """Make the specs as a host does in every turn: equal, but new objects."""
    return tuple(
        ToolSpec(name, DESCRIPTION * (1 + place % 3), parameters, "builtin")
        for place, (name, parameters) in enumerate(zip(NAMES, json.loads(written), strict=True))
    )


def parameters_of(place: int) -> dict[str, Any]:
    """Return one to six parameters: the first is required, lists may be null."""
    kinds: tuple[dict[str, Any], ...] = (
        {"type": "string"},
        {"type": "integer", "default": 5},
        {"type": "boolean", "default": False},
        {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}], "default": None},
    )
    properties = {
        f"parameter_{number}": {**kinds[number % len(kinds)], "description": f"What to look for, part {number}."}
        for number in range(1 + place % 6)
    }
    return {"type": "object", "properties": properties, "required": ["parameter_0"]}

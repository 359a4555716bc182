"""A function tool of this process, written for upstream once and kept."""

import json
from enum import IntEnum
from typing import Any

from domain.tools.measures import Measures
from ports.json_values import JsonObject


class Rank(IntEnum):
    """Which tools stay if a model takes fewer: the lowest first."""

    ASKED = 0
    """Tools of the request itself: of an API client, or extra tools of a filter."""
    CHOSEN = 1
    """Tools the person switched on for this chat or model."""
    BUILT_IN = 2
    """Tools the host adds by itself."""


class KnownTool(dict[str, Any]):
    """A function tool in flat form that never changes; strict if its schema has a strict form.

    `open`: the parameters without strict mode, for makers and schemas that have none. The tool caches its size, the
    `measures` of its schema and its `forms` by dialect. Any thread may fill the caches: concurrent threads compute
    equal values.
    """

    __slots__ = ("characters", "forms", "measures", "open", "rank")

    def __init__(self, tool: JsonObject, open_parameters: JsonObject | None = None, rank: Rank = Rank.CHOSEN) -> None:
        super().__init__(tool)
        self.open: JsonObject = tool["parameters"] if open_parameters is None else open_parameters
        self.rank = rank
        self.forms: dict[str, KnownTool] = {}
        self.measures: Measures | None = None
        self.characters: int | None = None


def characters_of_tool(tool: JsonObject) -> int:
    """Return the length of a tool as JSON. Raises ValueError or RecursionError if it cannot be serialised."""
    if not isinstance(tool, KnownTool):
        return len(json.dumps(dict(tool), default=str))
    if tool.characters is None:
        tool.characters = len(json.dumps(tool, default=str))
    return tool.characters

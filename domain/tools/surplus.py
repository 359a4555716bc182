"""Which tools are offered if a model takes fewer than there are."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.tools.known_tool import KnownTool, Rank
from ports.json_values import JsonObject


@dataclass(frozen=True, slots=True)
class Surplus:
    """Tools that are not offered, by the names the model would have known: it takes at most `most`.

    `asked`: one of them belongs to the request itself.
    """

    names: tuple[str, ...] = ()
    most: int = 0
    asked: bool = False


NO_SURPLUS = Surplus()


def kept(tools: Sequence[JsonObject], most: int | None, wanted: str = "") -> tuple[tuple[JsonObject, ...], Surplus]:
    """Return the tools to offer, in their order, and the surplus.

    The request's own tools come first, then those the person chose, then the host's built-in ones; within a rank the
    earlier ones stay, and tools arrive sorted by name, so every turn offers the same. `wanted`: the name of a tool the
    model must call, which always stays. A deferred tool does not count: upstream withholds it until a search finds it.
    """
    deferred = {place for place, tool in enumerate(tools) if tool.get("defer_loading") is True}
    if most is None or len(tools) - len(deferred) <= most:
        return tuple(tools), NO_SURPLUS
    ranks = [(name_of(tool) != wanted, rank_of(tool), place) for place, tool in enumerate(tools)]
    staying = deferred.union([place for _, _, place in sorted(ranks) if place not in deferred][:most])
    others = [tool for place, tool in enumerate(tools) if place not in staying]
    asked = any(rank_of(tool) is Rank.ASKED for tool in others)
    staying_tools = tuple(tool for place, tool in enumerate(tools) if place in staying)
    return staying_tools, Surplus(tuple(map(name_of, others)), most, asked)


def rank_of(tool: JsonObject) -> Rank:
    """Return the rank of a tool; a tool that is not of this process belongs to the request."""
    return tool.rank if isinstance(tool, KnownTool) else Rank.ASKED


def name_of(tool: JsonObject) -> str:
    """Return the name of a tool in either form, or the type of one without a name."""
    nested = tool.get(str(tool.get("type")))
    name = (nested if isinstance(nested, dict) else tool).get("name")
    return name if isinstance(name, str) else str(tool.get("type", ""))

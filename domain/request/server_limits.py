"""When upstream stops running its own tools in a request: the caller's conditions within the operator's limit of cost.

Source: OpenRouter API reference, `stop_server_tools_when`: any condition stops, and `max_tool_calls` counts only
without conditions.
"""

from decimal import Decimal

from ports.json_values import JsonObject
from ports.responses import OWN_TYPES

MOST_STEPS = 30
"""Steps that upstream takes at most, and by default; conditions switch that limit off."""
MOST_COST = "max_cost"


def is_server_tool(tool: JsonObject) -> bool:
    """Return whether the conditions apply to a tool: OpenRouter itself runs it."""
    return str(tool.get("type")).startswith(OWN_TYPES)


def stops_of(
    asked: tuple[JsonObject, ...], most_cost: Decimal | None, tools: tuple[JsonObject, ...], steps: int | None
) -> tuple[JsonObject, ...]:
    """Return the conditions to send. `most_cost`: in USD for one request, None for no limit; `steps`: asked for."""
    if most_cost is None or not any(map(is_server_tool, tools)):
        return asked
    others = [one for one in asked if one.get("type") != MOST_COST]
    costs = [one["max_cost_in_dollars"] for one in asked if one.get("type") == MOST_COST]
    if not any(one.get("type") == "step_count_is" for one in others):
        others.append({"type": "step_count_is", "step_count": steps or MOST_STEPS})
    return (*others, {"type": MOST_COST, "max_cost_in_dollars": min([float(most_cost), *costs])})

"""Write the tools of one request in the dialect of its model's maker."""

from domain.tools.dialects.dialect import Dialect
from domain.tools.known_tool import KnownTool
from domain.tools.measures import Measures, measured
from ports.json_values import JsonObject


class Offer:
    """Writes tool after tool. What the strict tools of one request may have together goes to the first of them.

    `strictly`: the model can be forced to follow a schema.
    """

    def __init__(self, dialect: Dialect, *, strictly: bool) -> None:
        self._dialect, self._strictly = dialect, strictly
        self._tools = self._unions = 0

    def form_of(self, tool: KnownTool) -> JsonObject:
        """Return a tool as the maker takes it; the work is done once per tool and dialect."""
        if self._strictly and self._dialect.permits is not None and tool["strict"]:
            measures = self._measures(tool)
            if self._dialect.permits(measures) and self._has_room(measures):
                self._tools, self._unions = self._tools + 1, self._unions + measures.unions
                return tool
        key = self._dialect.name
        if key not in tool.forms:
            parameters = self._dialect.form(dict(tool.open))
            tool.forms[key] = KnownTool({**tool, "parameters": parameters, "strict": False}, rank=tool.rank)
        return tool.forms[key]

    def _measures(self, tool: KnownTool) -> Measures:
        if tool.measures is None:
            tool.measures = measured(tool["parameters"])
        return tool.measures

    def _has_room(self, measures: Measures) -> bool:
        limits = self._dialect.strict_limits
        more_tools = limits.tools is None or self._tools < limits.tools
        return more_tools and (limits.unions is None or self._unions + measures.unions <= limits.unions)

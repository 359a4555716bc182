"""The older form of tool calls: `function_call` of an assistant, results in messages of role `function`.

Such calls have no ids: a result belongs to the last call of its name. Source: OpenAI chat completions, deprecated
fields.
"""

from ports.json_values import JsonObject


class LegacyCalls:
    """Generates ids for the older calls of one history from their positions."""

    def __init__(self) -> None:
        self._open: dict[str, str] = {}

    def asked(self, function: object, place: int) -> list[JsonObject]:
        """Return the call in the current form, with an id made of `place`; an empty list if `function` is no call."""
        name = function.get("name") if isinstance(function, dict) else None
        if not isinstance(name, str):
            return []
        self._open[name] = f"call_at_{place}"
        return [{"id": self._open[name], "function": function}]

    def answered(self, name: object) -> str:
        """Return the id of the open call of this name and close it; empty if there is none."""
        return self._open.pop(name, "") if isinstance(name, str) else ""

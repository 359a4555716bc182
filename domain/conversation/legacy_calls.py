"""The older form of tool calls: `function_call` of an assistant, answered by messages of role `function`.

Calls have no ids there: an answer belongs to the last call of its name. Source: OpenAI chat completions, deprecated
fields.
"""

from ports.json_values import JsonObject


class LegacyCalls:
    """Gives ids to the older calls of one history, by their places."""

    def __init__(self) -> None:
        self._open: dict[str, str] = {}

    def asked(self, function: object, place: int) -> list[JsonObject]:
        """Return the call that the message at `place` holds, in the form of today; an empty list if it holds none."""
        name = function.get("name") if isinstance(function, dict) else None
        if not isinstance(name, str):
            return []
        self._open[name] = f"call_at_{place}"
        return [{"id": self._open[name], "function": function}]

    def answered(self, name: object) -> str:
        """Return the id of the call that a function of this name answers, empty if none waits for it."""
        return self._open.pop(name, "") if isinstance(name, str) else ""

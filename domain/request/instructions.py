"""A request's instructions beside its system messages: never lost, never sent twice."""

from domain.conversation.items import plain_text
from domain.conversation.known_roles import INSTRUCTING
from ports.json_values import JsonObject


def instructions_of(asked: object, items: tuple[JsonObject, ...]) -> str | None:
    """Return the instructions to send; None if a system message of the history says the same words."""
    if not isinstance(asked, str):
        return None
    words = asked.strip()
    said = (item for item in items if item.get("role") in INSTRUCTING)
    return None if any(plain_text(item.get("content")).strip() == words for item in said) else asked

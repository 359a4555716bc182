"""Names of participants (`name`) -> words of their messages, because the Responses API has no place for them.

Group chats of agents and examples among instructions tell speakers of one role apart by it. The only name of a
role tells nothing apart and is left out; so are the names of answers, which are compared with stored ones.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.conversation.known_roles import INSTRUCTING
from domain.conversation.parts import parts_of
from domain.conversation.placeholders import spoken_by

LONGEST_NAME = 64
"""Characters; OpenAI takes as many."""
_NAMED = ("user", *INSTRUCTING)


def with_speakers(messages: Sequence[object]) -> tuple[object, ...]:
    """Return messages in which the words of each named speaker begin with the name, where a role has several."""
    if not any(isinstance(message, dict) and message.get("name") for message in messages):
        return tuple(messages)
    speakers = {(_role(message), name) for message in messages if (name := _name(message))}
    several = {role for role in _NAMED if sum(one == role for one, _ in speakers) > 1}
    return tuple(_named(message) if _role(message) in several and _name(message) else message for message in messages)


def _named(message: Any) -> object:
    content, said = message.get("content"), spoken_by(_name(message))
    if not parts_of(content):
        return message
    if isinstance(content, str):
        return {**message, "content": f"{said}\n{content}"}
    return {**message, "content": [{"type": "text", "text": said}, *content]}


def _role(message: object) -> str:
    return str(message.get("role")) if isinstance(message, Mapping) else ""


def _name(message: object) -> str:
    name = message.get("name") if isinstance(message, Mapping) else None
    line = " ".join(name[: 4 * LONGEST_NAME].split())[:LONGEST_NAME] if isinstance(name, str) else ""
    return line if line.isprintable() else ""

"""Roles as other APIs and careless clients write them -> the roles of chat completions, so that no message is lost.

LangChain writes `human` and `ai`, Google `model`; some clients write `User`. A message without a role that is known is
an answer if it has calls, a result if it names a call, and else the person's.
"""

import json
from collections.abc import Sequence
from typing import Any

INSTRUCTING = ("system", "developer")
"""The roles of messages that instruct the model."""
_KNOWN = frozenset({*INSTRUCTING, "user", "assistant", "tool", "function"})
_LONE = (dict, int, float)
"""Contents that stand for a list or a text: automations fill in a value as it is."""
_ALIASES = {"human": "user", "ai": "assistant", "model": "assistant", "bot": "assistant", "chatbot": "assistant"}


def with_known_roles(messages: Sequence[object]) -> tuple[object, ...]:
    """Return messages whose roles are known, and whose content is a text or a list: no lone part, no bare number."""
    if all(map(_is_plain, messages)):
        return tuple(messages)
    return tuple(message if _is_plain(message) else _plain(message) for message in messages)


def _is_plain(message: Any) -> bool:
    if not isinstance(message, dict):
        return True  # no message: whoever reads it passes over it
    role = message.get("role")
    return isinstance(role, str) and role in _KNOWN and not isinstance(message.get("content"), _LONE)


def _plain(message: Any) -> object:
    content = message.get("content")
    plain = {**message, "role": _role(message)}
    if isinstance(content, dict):
        return {**plain, "content": [content]}
    return {**plain, "content": json.dumps(content)} if isinstance(content, _LONE) else plain


def _role(message: Any) -> str:
    given = message.get("role")
    role = given.strip().lower() if isinstance(given, str) else ""
    role = _ALIASES.get(role, role)
    if role in _KNOWN:
        return role
    if message.get("tool_calls"):
        return "assistant"
    return "tool" if message.get("tool_call_id") else "user"

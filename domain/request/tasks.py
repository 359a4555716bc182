"""Background tasks: whose model serves them, their shortened messages, and what of the parameters they do without."""

import re
from collections.abc import Sequence
from dataclasses import replace

from domain.conversation.history_format import HistoryFormat
from domain.request.abilities import done_by_plugins
from domain.request.turn_request import Parameters
from ports.json_values import JsonObject

_CHOSEN_MODEL = frozenset({"context_compaction", "memory_review"})
"""Tasks whose results go into later requests of the chat: administrators choose their models on purpose.

Source: the host's contract, tasks.
"""

_CHEAP_TIERS = ("auto", "default", "flex")
_DATA = re.compile(r"data:[\w.+-]+/[\w.+-]+;base64,[A-Za-z0-9+/=\s]{16,}")


def task_model_serves(task: str) -> bool:
    """Return whether a cheaper model may serve a task; `task` is its name in any spelling, empty if unknown."""
    return task.strip().lower().replace("-", "_") not in _CHOSEN_MODEL


def stripped(messages: Sequence[object], history_format: HistoryFormat) -> tuple[object, ...]:
    """Return a task's messages without media, inlined data and references: these cost tokens and are of no use."""
    return tuple(_stripped(message, history_format) if isinstance(message, dict) else message for message in messages)


def frugal(asked: Parameters) -> Parameters:
    """Return a task's parameters without what makes an answer dearer: the host takes them from the row of the model.

    Tools are left out where the body is built.
    """
    plugins = None if asked.plugins is None else tuple(one for one in asked.plugins if not done_by_plugins([one]))
    reasoning = {key: value for key, value in asked.reasoning.items() if key != "mode"}
    passed = {name: value for name, value in asked.passed.items() if name != "service_tier" or value in _CHEAP_TIERS}
    return replace(
        asked, plugins=plugins, reasoning=reasoning, passed=passed, modalities=(), image_config=None, drawing={}
    )


def _stripped(message: JsonObject, history_format: HistoryFormat) -> JsonObject:
    content = message.get("content")
    if isinstance(content, str):
        return {**message, "content": _cleaned(content, history_format)}
    if not isinstance(content, list):
        return message
    texts = [part for part in content if isinstance(part, dict) and part.get("type") in ("text", "input_text")]
    cleaned = [
        {**part, "text": _cleaned(part["text"], history_format)} for part in texts if isinstance(part.get("text"), str)
    ]
    return {**message, "content": cleaned}


def _cleaned(text: str, history_format: HistoryFormat) -> str:
    if "base64," in text:
        text = _DATA.sub("[data]", text)
    return history_format.without_references(text)

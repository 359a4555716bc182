"""Render past tool calls as text for models that reject them.

A model without tools rejects call items. Gemini 3 rejects a call without its signature. DeepSeek and Kimi, while
thinking is on, reject a call whose thinking is missing. Source: OpenRouter API reference, reasoning replay rules 5 and
6.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from domain.catalog.support import takes_tools
from domain.conversation.call_kinds import is_call, is_output
from domain.conversation.native_calls import words_of_call, words_of_output
from domain.conversation.placeholders import answered, called
from ports.catalog import Model
from ports.json_values import JsonObject

_WANTS_SIGNATURES = ("google/gemini-3",)
_WANTS_THINKING = ("deepseek/", "moonshotai/")
LONGEST_OUTPUT = 20_000


class ResultInWords(dict[str, Any]):
    """A message that holds the output of a call as text; it has the role of a person but is nobody's words."""

    __slots__ = ()


def takes_calls(slug: str, model: Model | None) -> bool:
    """Return whether a model accepts calls of earlier turns without the thinking that preceded them."""
    bare = slug.lstrip("~")
    if not takes_tools(model):
        return False
    if bare.startswith(_WANTS_SIGNATURES):
        return False
    return not (bare.startswith(_WANTS_THINKING) and (model is None or model.reasoning is not None))


def as_text(items: Iterable[JsonObject]) -> Iterator[JsonObject]:
    """Replace calls and outputs with messages of the same content, in the same order."""
    names: dict[str, str] = {}
    for item in items:
        if is_call(item):
            name, said = words_of_call(item)
            names[item["call_id"]] = name
            yield {"type": "message", "role": "assistant", "content": called(name, said)}
        elif is_output(item):
            yield _result(names.get(item["call_id"], "tool"), words_of_output(item))
        else:
            yield item


def _result(name: str, said: str) -> JsonObject:
    if len(said) > LONGEST_OUTPUT:
        said = said[:LONGEST_OUTPUT] + "\u2026"
    part = {"type": "input_text", "text": answered(name, said)}
    return ResultInWords({"type": "message", "role": "user", "content": [part]})

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
from domain.conversation.output_parts import media_in
from domain.conversation.persons_words import PersonsWords
from domain.conversation.placeholders import answered, called
from ports.catalog import Model
from ports.json_values import JsonObject

_WANTS_SIGNATURES = ("google/gemini-3",)
_WANTS_THINKING = ("deepseek/", "moonshotai/")
LONGEST_OUTPUT = 20_000


class ResultInWords(dict[str, Any]):
    """A message that holds the output of a call as text; it has the role of a person but is nobody's words."""

    __slots__ = ()


def is_persons(item: JsonObject) -> bool:
    """Return whether an item is a message of the person."""
    return item.get("role") == "user" and not isinstance(item, ResultInWords)


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
            said = answered(names.get(item["call_id"], "tool"), _bounded(item))
            content = [{"type": "input_text", "text": said}, *media_in(item.get("output"))]
            message = {"type": "message", "role": "user", "content": content}
            yield message if isinstance(item, PersonsWords) else ResultInWords(message)
        else:
            yield item


def _bounded(output: JsonObject) -> str:
    """Return an output as text, cut if it is too long and not a person's words."""
    said = words_of_output(output)
    if isinstance(output, PersonsWords) or len(said) <= LONGEST_OUTPUT:
        return said
    return said[:LONGEST_OUTPUT] + "\u2026"

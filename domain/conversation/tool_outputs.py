"""What a tool brought, as the history has it: a text, or the parts of one with media.

Upstream takes texts, pictures and files there. Source: OpenRouter API reference, input items.
"""

from collections.abc import Iterable, Iterator

from domain.conversation.arguments import finite, written
from domain.conversation.call_kinds import CUSTOM, FUNCTION, OUTPUT_OF
from domain.conversation.media import sendable
from domain.conversation.output_parts import MEDIA, ToolOutput, joined, media_in
from domain.conversation.parts import is_content, parts_of
from domain.conversation.placeholders import not_taken, unusable
from domain.conversation.references import texts_of
from domain.conversation.resolved_parts import ResolvedPart, is_note, note
from ports.catalog import Model
from ports.json_values import JsonObject

_WITH_MEDIA = frozenset({OUTPUT_OF[FUNCTION], OUTPUT_OF[CUSTOM]})


def output_in(content: object) -> ToolOutput:
    """Return a tool message's content: its text, or its parts if media that can be sent are among them.

    Some hosts and clients send values of any kind unserialised.
    """
    content = _with_media_apart(content)
    if content is None or isinstance(content, str) or not is_content(content):
        return content if isinstance(content, str) else _serialised(content)
    parts = [_fitting(part) for part in sendable(parts_of(content), None)]
    if any(is_note(part) or part["type"] in MEDIA for part in parts):
        return joined(parts)
    return "\n".join(texts_of(content))


def without_unseen(items: Iterable[JsonObject], model: Model | None) -> Iterator[JsonObject]:
    """Replace the media of outputs that a model does not take: upstream would reject the whole request."""
    known = model.input_modalities if model is not None else frozenset()
    for item in items:
        output = item.get("output") if known and item.get("type") in _WITH_MEDIA else None
        if any(MEDIA[part["type"]] not in known for part in media_in(output)):
            parts = [_seen(part, known) for part in output or ()]
            yield {**item, "output": joined(parts)}
        else:
            yield item


def _seen(part: JsonObject, known: Iterable[str]) -> JsonObject:
    word = MEDIA.get(part["type"])
    return part if word is None or word in known else note(not_taken(word))


def _fitting(part: JsonObject) -> JsonObject:
    """Return a part, or a note in place of what no output may hold: sounds and videos."""
    kind = part["type"]
    return part if kind == "input_text" or kind in MEDIA else note(unusable(kind.removeprefix("input_")))


def _with_media_apart(content: object) -> object:
    """Return a list with media in which all other values are texts: as part of a text, media cost their length."""
    if not isinstance(content, list) or is_content(content):
        return content
    if not any(isinstance(part, ResolvedPart) and part.get("type") in MEDIA for part in content):
        return content
    return [part if is_content([part]) else {"type": "text", "text": _serialised(part)} for part in content]


def _serialised(value: object) -> str:
    if value is None:
        return ""
    try:
        return written(finite(value))
    except (TypeError, ValueError, RecursionError):
        return ""

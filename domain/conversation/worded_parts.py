"""The words of a part in the forms of other APIs, so that none is lost silently.

Shapes: a part without a type (Google, Bedrock), `value` (OpenAI's assistants), documents and search results with texts
inside (Anthropic), embedded resources (MCP).
"""

from collections.abc import Iterator

from ports.json_values import JsonObject

_DEEPEST = 4


def words_of_part(part: JsonObject) -> str:
    """Return the words of a part; "" if it has none."""
    return "\n".join(_words(part, _DEEPEST))


def _words(part: object, deepest: int) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict) and deepest:
        text = part.get("text")
        if isinstance(text, str):
            yield text
            return
        held = text if isinstance(text, dict) else part
        if isinstance(held.get("value"), str):
            yield held["value"]
            return
        if isinstance(part.get("title"), str) and (part.keys() & {"content", "source"}):
            yield part["title"]
        yield from _words_inside(part, deepest)


def _words_inside(part: JsonObject, deepest: int) -> Iterator[str]:
    source, resource, content = part.get("source"), part.get("resource"), part.get("content")
    if isinstance(source, dict) and source.get("type") == "text" and isinstance(source.get("data"), str):
        yield source["data"]
    elif isinstance(source, dict):
        yield from _words_inside(source, deepest - 1)
    if isinstance(resource, dict):
        yield from _words(resource, deepest - 1)
    for one in content if isinstance(content, list) else [content]:
        yield from _words(one, deepest - 1)

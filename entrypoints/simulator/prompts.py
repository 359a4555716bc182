"""Extract the parts of a request that scenarios use: the last user text, the tools, their results, the media.

Requests of both endpoints become the same `Prompt`. Only for bodies that the refusals have accepted.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import orjson

from entrypoints.simulator.payload import Json

CHARACTERS_PER_TOKEN = 4
_MEDIA = {
    "input_image": "image",
    "image_url": "image",
    "input_file": "file",
    "file": "file",
    "input_audio": "audio",
    "input_video": "video",
    "video_url": "video",
}


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may call, and the JSON schema of its arguments."""

    name: str
    parameters: Json


@dataclass(frozen=True, slots=True)
class Prompt:
    """The parts of a request. `results`: tool outputs since the last user message; `choice`: a mode or a function."""

    text: str
    tools: tuple[Tool, ...] = ()
    results: tuple[str, ...] = ()
    choice: str = "auto"
    media: frozenset[str] = frozenset()
    input_tokens: int = 1
    encrypted: bool = False


def read_responses(body: Json) -> Prompt:
    """Extract the prompt from a body of POST /responses."""
    given = body.get("input", "")
    items: list[Json] = [{"role": "user", "content": given}] if isinstance(given, str) else given
    text, results = _last_exchange(_responses_turns(items))
    tools = (tool for tool in body.get("tools") or () if tool.get("type") == "function")
    return Prompt(
        text=text,
        tools=tuple(Tool(tool["name"], tool.get("parameters") or {}) for tool in tools),
        results=results,
        choice=_choice(body.get("tool_choice"), lambda choice: choice.get("name")),
        media=_media(items),
        input_tokens=_tokens([items, body.get("instructions"), body.get("tools")]),
        encrypted="reasoning.encrypted_content" in (body.get("include") or ()),
    )


def read_chat(body: Json) -> Prompt:
    """Extract the prompt from a body of POST /chat/completions."""
    messages: list[Json] = body.get("messages", [])
    text, results = _last_exchange((m["role"], plain_text(m.get("content"))) for m in messages)
    tools = [tool["function"] for tool in body.get("tools") or () if tool.get("type") == "function"]
    return Prompt(
        text=text,
        tools=tuple(Tool(tool["name"], tool.get("parameters") or {}) for tool in tools),
        results=results,
        choice=_choice(body.get("tool_choice"), lambda choice: (choice.get("function") or {}).get("name")),
        media=_media(messages),
        input_tokens=_tokens([messages, body.get("tools")]),
        encrypted=True,
    )


def plain_text(content: object) -> str:
    """Return the text of a message or tool output, which may be a string or a list of parts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "".join(str(part["text"]) for part in content if isinstance(part, dict) and "text" in part)


def _responses_turns(items: list[Json]) -> Iterator[tuple[str, str]]:
    for item in items:
        if str(item.get("type", "")).endswith(("_output", "_approval_response")):
            yield "tool", plain_text(item.get("output"))
        elif "role" in item:
            yield item["role"], plain_text(item.get("content"))


def _last_exchange(turns: Iterable[tuple[str, str]]) -> tuple[str, tuple[str, ...]]:
    text, results = "", list[str]()
    for role, said in turns:
        if role == "user":
            text, results = said, []
        elif role == "tool":
            results.append(said)
    return text, tuple(results)


def _choice(given: object, name_of: Callable[[Json], str | None]) -> str:
    if isinstance(given, dict):
        return name_of(given) or str(given.get("mode", "auto"))
    return given if isinstance(given, str) else "auto"


def _media(entries: list[Json]) -> frozenset[str]:
    parts = (
        part
        for entry in entries
        for content in (entry.get("content"), entry.get("output"))
        if isinstance(content, list)
        for part in content
    )
    kinds = (_MEDIA.get(part.get("type", "")) for part in parts if isinstance(part, dict))
    return frozenset(kind for kind in kinds if kind)


def _tokens(values: list[object]) -> int:
    return max(1, sum(_characters(value) for value in values) // CHARACTERS_PER_TOKEN)


def _characters(value: object) -> int:
    """Count the characters of a JSON value; each media file counts as a few hundred tokens."""
    if isinstance(value, str):
        return 1024 if value.startswith("data:") else len(value)
    if isinstance(value, list):
        return sum(_characters(entry) for entry in value)
    if isinstance(value, dict):
        if "input_audio" in value:
            return 1024
        return sum(len(key) + _characters(entry) for key, entry in value.items())
    return 0 if value is None else len(orjson.dumps(value))

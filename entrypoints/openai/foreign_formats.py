"""The format of an answer as clients of other servers ask for it -> `response_format`.

A format that the request also has under its usual name counts alone. Sources: Anthropic's Messages API
(`output_config.format`, `output_format`), Ollama (`format`), vLLM (`guided_json`, `structured_outputs`), llama.cpp
(`json_schema`), and clients that write the type of a format alone.
"""

from collections.abc import Mapping
from typing import Any

from domain.request.text_format import JSON_FORMATS

_WORDS = {"json": "json_object", "json_object": "json_object", "text": "text"}
FORMATS = frozenset(
    {"response_format", "output_config", "output_format", "format", "guided_json", "structured_outputs", "json_schema"}
)


def response_format(given: Mapping[str, Any]) -> object:
    """Return the format that a body asks for in any of these fields; None if in none."""
    usual = given.get("response_format")
    if isinstance(usual, str):
        return _of_word(usual) or usual
    if usual is not None:
        return usual
    config, choice = given.get("output_config"), given.get("structured_outputs")
    nested = config.get("format") if isinstance(config, Mapping) else None
    for named in (nested, given.get("output_format")):
        if isinstance(named, Mapping) and named.get("type") in JSON_FORMATS:
            return dict(named)
    word = given.get("format")
    if isinstance(word, str):
        return _of_word(word)
    grammar = choice.get("json") if isinstance(choice, Mapping) else None
    schemas = (word, given.get("guided_json"), grammar, given.get("json_schema"))
    schema = next((one for one in schemas if isinstance(one, Mapping) and one), None)
    return None if schema is None else _of_schema(schema)


def _of_word(word: str) -> dict[str, Any] | None:
    kind = _WORDS.get(word.strip().lower())
    return {"type": kind} if kind else None


def _of_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the format of a schema, which may already stand beside a name as OpenAI writes it."""
    named = schema if isinstance(schema.get("schema"), Mapping) else {"schema": dict(schema)}
    return {"type": "json_schema", "json_schema": dict(named)}

"""Invalid settings, one defect each: keys, limits, reasoning, tools, routing."""

from copy import deepcopy

from tests.oracle.right_shapes import RIGHT, TOOL
from tests.oracle.spoiling import (
    CLAUDE,
    EVERY,
    PARALLEL,
    PICTURE_WANTED,
    ROUTING,
    SAMPLING,
    SCHEMA,
    SHORT,
    SIGNED,
    Wrong,
    put,
    within,
    wrong,
)

DEEP_NULL = {"type": "object", "properties": {"a": {"type": "string", "default": None}}}

WRONG_SETTINGS: dict[str, Wrong] = {
    "a key of the chat endpoint": wrong(SHORT, "sdk schema rules", put("max_tokens", 100)),
    "a null": wrong(SHORT, "schema rules", put("temperature", None)),
    "a null deep in a tool's schema": wrong(
        PARALLEL, "schema rules", within(lambda t: t.update(parameters=DEEP_NULL), "tools", 0)
    ),
    "no tools in the list": wrong(SHORT, "rules", put("tools", [])),
    "an empty object": wrong(SHORT, "rules", put("provider", {})),
    "store wanted": wrong(SHORT, "sdk schema rules", put("store", True)),
    "an earlier response named": wrong(SHORT, "rules", put("previous_response_id", "resp_1")),
    "background wanted": wrong(SHORT, "rules", put("background", True)),
    "four fallback models": wrong(ROUTING, "rules", put("models", ["openai/gpt-4o-mini"] * 4)),
    "an unknown fallback model": wrong(ROUTING, "rules", put("models", ["nobody/nothing"])),
    "a model that is no slug": wrong(SHORT, "rules", put("model", "gpt-4")),
    "a float where an integer is due": wrong(SHORT, "sdk schema rules", put("max_output_tokens", 99.5)),
    "a number as text": wrong(SHORT, "sdk schema rules", put("max_output_tokens", "99")),
    "a number in the metadata": wrong(ROUTING, "sdk schema rules", put("metadata", {"n": 5})),
    "too many metadata": wrong(ROUTING, "rules", put("metadata", {str(n): "x" for n in range(17)})),
    "brackets in a metadata key": wrong(ROUTING, "rules", put("metadata", {"a[b]": "x"})),
    "a metadata value too long": wrong(ROUTING, "rules", put("metadata", {"a": "👩" * 257})),
    "a user id too long": wrong(SHORT, "rules", put("user", "u" * 257)),
    "five stop texts": wrong(SAMPLING, "rules", put("stop", list("abcde"))),
    "an empty stop text": wrong(SAMPLING, "rules", put("stop", [""])),
    "sampling the model lacks": wrong(SHORT, "rules", put("temperature", 0.5)),
    "a temperature beyond the range": wrong(SAMPLING, "rules", put("temperature", 2.1)),
    "too many logprobs": wrong(SAMPLING, "rules", put("top_logprobs", 21)),
    "a limit below 16": wrong(SHORT, "rules", put("max_output_tokens", 15)),
    "a limit above the model's": wrong(SHORT, "rules", put("max_output_tokens", 128_001)),
    "a Claude budget below 1024": wrong(CLAUDE, "rules", put("reasoning", {"max_tokens": 1023})),
    "a Claude budget not below the limit": wrong(CLAUDE, "rules", put("reasoning", {"max_tokens": 8192})),
    "effort and budget": wrong(CLAUDE, "rules", put("reasoning", {"max_tokens": 2048, "effort": "low"})),
    "an effort the model lacks": wrong(SHORT, "rules", put("reasoning", {"effort": "minimal"})),
    "an unheard-of effort": wrong(SHORT, "schema rules", put("reasoning", {"effort": "extreme"})),
    "mandatory reasoning switched off": wrong(EVERY, "rules", put("reasoning", {"enabled": False})),
    "reasoning for a model without": wrong(SAMPLING, "rules", put("reasoning", {"effort": "low"})),
    "the exclude key": wrong(SHORT, "sdk schema rules", put("reasoning", {"effort": "low", "exclude": True})),
    "tools for a model without": wrong(PICTURE_WANTED, "rules", put("tools", [TOOL])),
    "two tools of one name": wrong(PARALLEL, "rules", put("tools", [TOOL, TOOL])),
    "a tool with dots in its name": wrong(PARALLEL, "rules", put("tools", [{**TOOL, "name": "a.b"}])),
    "a nested function": wrong(PARALLEL, "sdk schema rules", put("tools", [{"type": "function", "function": TOOL}])),
    "a tool whose schema is a list's": wrong(
        PARALLEL, "rules", put("tools", [{**TOOL, "parameters": {"type": "array"}}])
    ),
    "a strict tool that is open": wrong(
        PARALLEL, "rules", put("tools", [{**TOOL, "strict": True, "parameters": {"type": "object", "properties": {}}}])
    ),
    "a choice without tools": wrong(SHORT, "rules", put("tool_choice", "auto")),
    "a choice of nobody's tool": wrong(PARALLEL, "rules", put("tool_choice", {"type": "function", "name": "x"})),
    "a nested choice": wrong(
        PARALLEL, "sdk schema rules", put("tool_choice", {"type": "function", "function": {"name": "get_weather"}})
    ),
    "a forced tool while Claude thinks": wrong(SIGNED, "rules", put("tool_choice", "required")),
    "the plain web search": wrong(PARALLEL, "rules", put("tools", [{"type": "web_search"}])),
    "a schema without a name": wrong(SCHEMA, "sdk schema rules", within(lambda f: f.pop("name"), "text", "format")),
    "a nested answer schema": wrong(
        SCHEMA,
        "sdk schema rules",
        put("text", {"format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {}}}}),
    ),
    "an answer schema the model cannot follow": wrong(
        PICTURE_WANTED, "rules", put("text", deepcopy(RIGHT[SCHEMA]["text"]))
    ),
    "an unknown provider key": wrong(
        ROUTING, "sdk schema rules", within(lambda p: p.update(experimental=1), "provider")
    ),
    "a price as number": wrong(
        ROUTING, "sdk schema rules", within(lambda p: p.update(prompt=1), "provider", "max_price")
    ),
    "an unknown plugin": wrong(ROUTING, "sdk schema rules", put("plugins", [{"id": "unheard-of"}])),
    "healing a stream": wrong(SHORT, "rules", put("plugins", [{"id": "response-healing"}])),
    "an include value of another service": wrong(
        SHORT, "schema rules", put("include", ["web_search_call.action.sources"])
    ),
    "sound wanted": wrong(PICTURE_WANTED, "schema rules", put("modalities", ["text", "audio"])),
}

"""The schemas of tools, tool choices and text formats (openrouter_api 6)."""

from typing import Any

from entrypoints.simulator.payload import Json
from entrypoints.simulator.refusals.shapes import (
    Check,
    anything,
    boolean,
    custom,
    either,
    fields,
    integer,
    listed,
    mapped,
    nullable,
    one_of,
    tagged,
    text,
    wrong_type,
)

_FUNCTION = fields(
    {"type": one_of("function"), "name": text(), "parameters": nullable(mapped(anything))},
    {"description": nullable(text()), "strict": nullable(boolean), "async": boolean, "defer_loading": boolean},
)
_CUSTOM = fields({"type": one_of("custom"), "name": text()}, {"description": text()})
_NAMESPACE = fields({"type": one_of("namespace"), "name": text(), "description": text(), "tools": listed(anything)})
_SERVER_TOOLS = (
    *("experimental__search_models", "web_fetch", "tool_search", "shell", "bash", "apply_patch"),
    *("web_search", "image_generation", "fusion", "files", "datetime", "advisor", "subagent"),
)
_NATIVE_TOOLS = (
    *("local_shell", "apply_patch", "shell", "code_interpreter", "computer_use_preview", "file_search"),
    *("web_search_preview", "web_search_preview_2025_03_11", "web_search_2025_08_26", "web_search"),
    *("mcp", "image_generation"),
)
_SEARCH_ENGINES = one_of("native", "exa", "firecrawl", "parallel", "perplexity", "auto")
_SEARCH_PARAMETERS = fields(
    {},
    {
        "engine": _SEARCH_ENGINES,
        "max_results": integer(1, 25),
        "max_total_results": integer(1),
        "max_uses": integer(1),
        "max_characters": integer(1),
        "search_context_size": one_of("low", "medium", "high"),
        "allowed_domains": listed(text()),
        "excluded_domains": listed(text()),
    },
)


def _server_tool(name: str) -> tuple[str, Check]:
    parameters = _SEARCH_PARAMETERS if name == "web_search" else mapped(anything)
    tag = f"openrouter:{name}"
    return tag, fields({"type": one_of(tag)}, {"parameters": parameters})


_TOOL: list[tuple[str | None, Check]] = [
    ("function", _FUNCTION),
    ("custom", _CUSTOM),
    ("namespace", _NAMESPACE),
    *(_server_tool(name) for name in _SERVER_TOOLS),
    *((name, fields({"type": one_of(name)})) for name in _NATIVE_TOOLS),
]
TOOLS = listed(tagged(_TOOL))

_CHAT_FUNCTION = fields(
    {
        "type": one_of("function"),
        "function": fields(
            {"name": text()}, {"parameters": mapped(anything), "description": text(), "strict": nullable(boolean)}
        ),
    }
)
CHAT_TOOLS = listed(tagged([("function", _CHAT_FUNCTION), *_TOOL[3:]]))

_MODES = one_of("auto", "none", "required")
TOOL_CHOICE = either(
    _MODES,
    fields({"type": one_of("function"), "name": text()}),
    fields({"type": one_of("allowed_tools"), "mode": one_of("auto", "required"), "tools": listed(mapped(anything))}),
    fields({"type": one_of("web_search_preview", "web_search_preview_2025_03_11", "apply_patch", "shell")}),
)
CHAT_TOOL_CHOICE = either(
    _MODES,
    fields({"type": one_of("function"), "function": fields({"name": text()})}),
    fields({"type": one_of(*(f"openrouter:{name}" for name in _SERVER_TOOLS))}),
)

_VERBOSITY = nullable(one_of("low", "medium", "high", "xhigh", "max"))
TEXT = fields(
    {},
    {
        "verbosity": _VERBOSITY,
        "format": tagged(
            [
                ("text", fields({"type": one_of("text")})),
                ("json_object", fields({"type": one_of("json_object")})),
                (
                    "json_schema",
                    fields(
                        {"type": one_of("json_schema"), "name": text(), "schema": mapped(anything)},
                        {"strict": nullable(boolean), "description": text()},
                    ),
                ),
            ]
        ),
    },
)
RESPONSE_FORMAT = tagged(
    [
        ("text", fields({"type": one_of("text")})),
        ("json_object", fields({"type": one_of("json_object")})),
        ("python", fields({"type": one_of("python")})),
        ("grammar", fields({"type": one_of("grammar"), "grammar": text()})),
        (
            "json_schema",
            fields(
                {
                    "type": one_of("json_schema"),
                    "json_schema": fields({"name": text()}, {"schema": mapped(anything), "strict": nullable(boolean)}),
                }
            ),
        ),
    ]
)

_MOST_PAIRS, _LONGEST_KEY, _LONGEST_VALUE = 16, 64, 512


def metadata(value: Any) -> list[Json]:
    """Check request metadata: a few short strings with plain keys."""
    if not isinstance(value, dict):
        return wrong_type("record", value)
    issues = mapped(text(longest=_LONGEST_VALUE))(value)
    if len(value) > _MOST_PAIRS:
        issues += custom(f"Metadata can have at most {_MOST_PAIRS} key-value pairs")
    if any(len(key) > _LONGEST_KEY or set("[]") & set(key) for key in value):
        issues += custom(f"Metadata keys have at most {_LONGEST_KEY} characters and no brackets")
    return issues

"""The options of each tool type, and the checks that they pass.

Source: the official SDK's tool models and their configurations, 1.3.84.
"""

import re

from domain.request.reasoning import EFFORTS
from domain.request.search_shapes import LOCATION, MODES, POSTS, PROVIDERS
from domain.request.shapes import (
    LONGEST_TEXT,
    Check,
    Each,
    Inner,
    Keyed,
    Opaque,
    Shape,
    either,
    flag,
    inner,
    number,
    one_of,
    prose,
    some_of,
    text,
    texts,
    whole,
)

MOST_TOKENS = 10_000_000
_LABEL = re.compile(r"[A-Za-z0-9 _-]{1,64}")


WEB_SEARCH: Shape = {
    "engine": one_of("auto", *PROVIDERS),
    "mode": one_of(*MODES),
    "max_results": whole(1, 25),
    "max_total_results": whole(1, 250),
    "max_uses": whole(1, 100),
    "max_characters": whole(1, 1_000_000),
    "search_context_size": one_of("low", "medium", "high"),
    "allowed_domains": texts,
    "excluded_domains": texts,
    "user_location": inner(LOCATION),
    "x_search": Inner(POSTS, bare=True),
}
_FILTERS: Shape = {"allowed_domains": texts, "blocked_domains": texts, "excluded_domains": texts}
OLDER_SEARCH: Shape = {**WEB_SEARCH, "filters": inner(_FILTERS)}
"""The options of the older spellings of web search: those of today, with the domains in `filters`."""

WEB_FETCH: Shape = {
    "engine": one_of("auto", "native", "openrouter", "exa", "parallel", "firecrawl"),
    "max_uses": whole(1, 100),
    "max_content_tokens": whole(1, MOST_TOKENS),
    "allowed_domains": texts,
    "blocked_domains": texts,
}
_REASONING: Shape = {"effort": one_of(*EFFORTS), "max_tokens": whole(1, MOST_TOKENS)}
_MODEL: Shape = {
    "model": text,
    "reasoning": inner(_REASONING),
    "max_completion_tokens": whole(1, MOST_TOKENS),
    "temperature": number(0, 2),
}


def _label(value: object) -> str | None:
    """Accept the name of an advisor or a subagent."""
    return value.strip() if isinstance(value, str) and value.strip() and _LABEL.fullmatch(value.strip()) else None


ADVISOR: Shape = {**_MODEL, "name": _label, "instructions": prose, "forward_transcript": flag, "stream": flag}


def subagent(nested: Check) -> Shape:
    """Return the options of a subagent; `nested` checks one of its own tools."""
    return {
        **_MODEL,
        "name": _label,
        "instructions": prose,
        "inherit_functions": flag,
        "inherited_function_names": texts,
        "max_tool_calls": whole(1, 100),
        "tools": Each(nested, bare=True),
    }


def fusion(nested: Check) -> Shape:
    """Return the options of a panel of models; without `tools` they search the web, with an empty list they do not."""
    return {
        **_MODEL,
        "analysis_models": _up_to_eight,
        "max_tool_calls": whole(1, 16),
        "cache_control": inner({"type": one_of("ephemeral"), "ttl": one_of("5m", "1h")}, "type"),
        "tools": Each(nested, bare=True),
    }


def _up_to_eight(value: object) -> list[str] | None:
    kept = texts(value)
    return kept[:8] if kept else None


_NETWORK: Shape = {"type": one_of("allowlist"), "allowed_domains": texts}
_CONTAINER: Shape = {
    "type": one_of("container_auto"),
    "file_ids": texts,
    "network_policy": either(inner(_NETWORK, "type", "allowed_domains"), inner({"type": one_of("disabled")}, "type")),
}
_ENVIRONMENT = either(
    inner({"type": one_of("container_reference"), "container_id": text}, "type", "container_id"),
    inner(_CONTAINER, "type"),
)
BASH: Shape = {"engine": one_of("auto", "native", "openrouter"), "environment": _ENVIRONMENT}
SHELL: Shape = {"engine": one_of("auto", "openrouter"), "environment": _ENVIRONMENT}
APPLY_PATCH: Shape = {"engine": one_of("auto", "native", "openrouter")}

# --- native tools ------------------------------------------------------------------------------------------------

_COMPARISON: Shape = {
    "key": text,
    "type": one_of("eq", "ne", "gt", "gte", "lt", "lte"),
    "value": either(text, lambda value: value if isinstance(value, int | float) else None, texts),
}
_JOINED: Shape = {"type": one_of("and", "or"), "filters": Each(Opaque())}
FILE_SEARCH: Shape = {
    "vector_store_ids": texts,
    "filters": either(inner(_COMPARISON, "key", "type", "value"), inner(_JOINED, "type", "filters")),
    "max_num_results": whole(1, 50),
    "ranking_options": inner({"ranker": one_of("auto", "default-2024-11-15"), "score_threshold": number(0, 1)}),
}
COMPUTER: Shape = {
    "display_height": whole(1, 100_000),
    "display_width": whole(1, 100_000),
    "environment": one_of("windows", "mac", "linux", "ubuntu", "browser"),
}
_AUTO_CONTAINER: Shape = {
    "type": one_of("auto"),
    "file_ids": texts,
    "memory_limit": one_of("1g", "4g", "16g", "64g"),
}
CODE: Shape = {"container": either(text, inner(_AUTO_CONTAINER, "type"))}
_NAMED_TOOLS: Shape = {"tool_names": texts}
_SOME_TOOLS: Shape = {**_NAMED_TOOLS, "read_only": flag}
MCP: Shape = {
    "server_label": text,
    "server_url": prose,
    "connector_id": text,
    "server_description": prose,
    "authorization": prose,
    "headers": Keyed(prose, longest_key=LONGEST_TEXT),
    "allowed_tools": either(inner(_SOME_TOOLS), texts),
    "require_approval": either(
        one_of("always", "never"), inner({"always": inner(_NAMED_TOOLS), "never": inner(_NAMED_TOOLS)})
    ),
}
PICTURES: Shape = {
    "model": text,
    "background": one_of("transparent", "opaque", "auto"),
    "input_fidelity": one_of("high", "low"),
    "input_image_mask": inner({"file_id": text, "image_url": prose}),
    "moderation": one_of("auto", "low"),
    "output_compression": whole(0, 100),
    "output_format": one_of("png", "webp", "jpeg"),
    "partial_images": whole(0, 3),
    "quality": one_of("low", "medium", "high", "auto"),
    "size": text,
}

# --- tools that the caller runs ------------------------------------------------------------------------------------

CALLED: Shape = {"async": flag, "defer_loading": flag}
FUNCTION: Shape = {**CALLED, "allowed_callers": some_of("direct", "programmatic"), "output_schema": Opaque()}
"""What a function has beside its name, description, parameters and `strict`."""

_GRAMMAR: Shape = {"type": one_of("grammar"), "syntax": one_of("lark", "regex"), "definition": prose}
CUSTOM: Shape = {
    **CALLED,
    "description": prose,
    "format": either(inner(_GRAMMAR, "type", "syntax", "definition"), inner({"type": one_of("text")}, "type")),
}

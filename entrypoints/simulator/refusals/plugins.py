"""The schemas of plugins, as upstream's request model writes them (openrouter_api 6.3)."""

from collections.abc import Mapping

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
    number,
    one_of,
    text,
)

_MOST_PATTERNS, _LONGEST_PATTERN = 1024, 1024
_texts = listed(text())
_patterns = listed(text(shortest=1, longest=_LONGEST_PATTERN), most=_MOST_PATTERNS)
_MODES = one_of("enforce", "audit")
_PLACE = fields(
    {"type": one_of("approximate")}, dict.fromkeys(("city", "country", "region", "timezone"), nullable(text()))
)
_TIERS = one_of("low", "medium", "high", "xhigh", "max")
_ROUTER: Mapping[str, Check] = {
    "allowed_models": _patterns,
    "excluded_models": _patterns,
    "cost_tier": _TIERS,
    "cost_quality_tradeoff": integer(0, 10),
}
_POSTS = fields(
    {},
    {
        "allowed_x_handles": _texts,
        "excluded_x_handles": _texts,
        "enable_image_understanding": boolean,
        "enable_video_understanding": boolean,
        "from_date": text(shortest=10, longest=10),
        "to_date": text(shortest=10, longest=10),
    },
)


def _posts(value: object) -> list[Json]:
    """Check the options of a search of posts; its two lists of handles exclude each other."""
    issues = _POSTS(value)
    if isinstance(value, dict) and {"allowed_x_handles", "excluded_x_handles"} <= value.keys():
        issues += custom("allowed_x_handles cannot be used with excluded_x_handles")
    return issues


_RULES = listed(
    either(text(), fields({"id": text(), "instructions": text()}, {"name": text(), "threshold": number(0, 1)}))
)
_FACTS = listed(either(text(), fields({"name": text(), "value": text()})))
_CONTEXT = fields(
    {"v": number()},
    {"auto_mode": fields({}, {**dict.fromkeys(("allow", "soft_deny", "hard_deny"), _RULES), "environment": _FACTS})},
)
_WATCHED = listed(one_of("content", "tool_calls", "refusal", "images", "audio"), least=1)
_OPTIONS: Mapping[str, tuple[Mapping[str, Check], Mapping[str, Check]]] = {
    "web": (
        {},
        {
            "engine": one_of("native", "exa", "firecrawl", "parallel", "perplexity"),
            "max_results": integer(1, 25),
            "max_uses": integer(1),
            "mode": one_of(
                *("instant", "fast", "auto", "deep-lite", "deep", "deep-reasoning", "turbo", "basic", "advanced")
            ),
            "search_prompt": text(),
            "include_domains": _texts,
            "exclude_domains": _texts,
            "user_location": nullable(_PLACE),
            "x_search": _posts,
        },
    ),
    "web-fetch": (
        {},
        {
            "max_uses": integer(1),
            "max_content_tokens": integer(1),
            "allowed_domains": _texts,
            "blocked_domains": _texts,
        },
    ),
    "file-parser": (
        {},
        {"pdf": fields({}, {"engine": one_of("mistral-ocr", "native", "cloudflare-ai", "pdf-text")})},
    ),
    "response-healing": ({}, {}),
    "context-compression": ({}, {"engine": one_of("middle-out")}),
    "auto-router": ({}, {**_ROUTER, "pin_model": boolean}),
    "auto-beta-router": ({}, _ROUTER),
    "pareto-router": (
        {},
        {
            "max_price": number(0),
            "min_coding_score": number(0, 1),
            "price_source": one_of("prompt", "weighted_avg"),
        },
    ),
    "jev-router": (
        {},
        {**dict.fromkeys(("models", "allowed_models", "excluded_models"), _patterns), "cost_tier": text()},
    ),
    "switchyard-router": (
        {},
        {
            "algorithm": one_of("capability", "stage", "auto", "random", "composite", "passthrough"),
            "judge_model": text(),
        },
    ),
    "fusion": (
        {},
        {
            "analysis_models": listed(text(), least=1, most=8),
            "model": text(),
            "preset": one_of("general-high", "general-budget", "general-fast"),
            "max_tool_calls": integer(1, 16),
            "tools": listed(fields({"type": text()}, {"parameters": mapped(anything)})),
        },
    ),
    "alignment": (
        {"rules": listed(fields({"rule": text(shortest=1), "watch": _WATCHED}), least=1)},
        {"mode": _MODES, "instruct": boolean, "max_retries": integer(0), "threshold": number(0.01, 1)},
    ),
    "armor": (
        {},
        {
            "mode": _MODES,
            "on_error": one_of("log", "block"),
            "output_mode": one_of("text", "custom_item", "claude_code_compatibility"),
            "evaluate_native_tools": boolean,
            "use_cc_style_default_rules": boolean,
            "classifier_context": _CONTEXT,
        },
    ),
    "moderation": ({}, {}),
}
_CHECKS = {
    name: fields({"id": one_of(name), **required}, {"enabled": boolean, **optional})
    for name, (required, optional) in _OPTIONS.items()
}
_UNKNOWN = fields({"id": one_of(*_OPTIONS)})


def _plugin(value: object) -> list[Json]:
    """Check one plugin by the schema of its id."""
    name = value.get("id") if isinstance(value, dict) else None
    return _CHECKS.get(name, _UNKNOWN)(value) if isinstance(name, str) else _UNKNOWN(value)


PLUGINS = listed(_plugin)

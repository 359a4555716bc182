"""What each of upstream's plugins accepts. Source: the plugins' models of the official SDK."""

from domain.request.search_shapes import LOCATION, MODES, POSTS, PROVIDERS
from domain.request.shapes import (
    Check,
    Each,
    Inner,
    Keyed,
    Shape,
    either,
    flag,
    inner,
    number,
    one_of,
    scalar,
    some_of,
    text,
    texts,
    whole,
    words,
)
from domain.request.tool_shapes import MOST_TOKENS

COMPRESSION, HEALING, FILE_PARSER = "context-compression", "response-healing", "file-parser"
LONGEST_RULE, LONGEST_PATTERN, MOST_PATTERNS = 8000, 1024, 1024
"""Characters of a rule in words, characters of one pattern of models, and patterns in one list."""

_patterns = Each(words(LONGEST_PATTERN), MOST_PATTERNS)
_TIERS = one_of("low", "medium", "high", "xhigh", "max")
_WEB: Shape = {
    "enabled": flag,
    "engine": one_of(*PROVIDERS),
    "max_results": whole(1, 25),
    "max_uses": whole(1, 100),
    "mode": one_of(*MODES),
    "search_prompt": words(LONGEST_RULE),
    "include_domains": texts,
    "exclude_domains": texts,
    "user_location": inner(LOCATION),
    "x_search": Inner(POSTS, bare=True),
}
_ROUTER: Shape = {
    "enabled": flag,
    "allowed_models": _patterns,
    "excluded_models": _patterns,
    "cost_tier": _TIERS,
    "cost_quality_tradeoff": whole(0, 10),
}
_JUDGED: Shape = {
    "id": text,
    "name": text,
    "instructions": words(LONGEST_RULE),
    "threshold": number(0, 1),
}
_RULES = Each(either(words(LONGEST_RULE), inner(_JUDGED, "id", "instructions")))
_FACTS = Each(either(words(LONGEST_RULE), inner({"name": text, "value": words(LONGEST_RULE)}, "name", "value")))
_AUTO_MODE: Shape = {"allow": _RULES, "soft_deny": _RULES, "hard_deny": _RULES, "environment": _FACTS}
_WATCHED = some_of("content", "tool_calls", "refusal", "images", "audio")


_SETTING: Check = either(scalar, Each(scalar), Keyed(scalar))
"""A parameter of a tool of the fusion plugin: a value, a list or an object of values, nothing deeper."""

PLUGINS: dict[str, Shape] = {
    "web": _WEB,
    "web-fetch": {
        "max_uses": whole(1, 100),
        "max_content_tokens": whole(1, MOST_TOKENS),
        "allowed_domains": texts,
        "blocked_domains": texts,
    },
    FILE_PARSER: {
        "enabled": flag,
        "pdf": inner({"engine": one_of("mistral-ocr", "cloudflare-ai", "native", "pdf-text")}),
    },
    HEALING: {"enabled": flag},
    COMPRESSION: {"enabled": flag, "engine": one_of("middle-out")},
    "auto-router": {**_ROUTER, "pin_model": flag},
    "auto-beta-router": _ROUTER,
    "pareto-router": {
        "enabled": flag,
        "max_price": number(0, 1e9),
        "min_coding_score": number(0, 1),
        "price_source": one_of("prompt", "weighted_avg"),
    },
    "jev-router": {
        "models": _patterns,
        "allowed_models": _patterns,
        "excluded_models": _patterns,
        "cost_tier": text,
    },
    "switchyard-router": {
        "algorithm": one_of("capability", "stage", "auto", "random", "composite", "passthrough"),
        "judge_model": text,
    },
    "fusion": {
        "enabled": flag,
        "analysis_models": Each(text, 8),
        "model": text,
        "preset": one_of("general-high", "general-budget", "general-fast"),
        "max_tool_calls": whole(1, 16),
        "tools": Each(inner({"type": text, "parameters": Keyed(_SETTING)}, "type")),
    },
    "alignment": {
        "rules": Each(inner({"rule": words(LONGEST_RULE), "watch": _WATCHED}, "rule", "watch")),
        "mode": one_of("enforce", "audit"),
        "instruct": flag,
        "max_retries": whole(0, 10),
        "threshold": number(0.01, 1),
    },
    "armor": {
        "enabled": flag,
        "mode": one_of("enforce", "audit"),
        "on_error": one_of("log", "block"),
        "output_mode": one_of("text", "custom_item"),  # the third word belongs to another endpoint
        "evaluate_native_tools": flag,
        "use_cc_style_default_rules": flag,
        "classifier_context": inner({"v": number(0, 1e6), "auto_mode": inner(_AUTO_MODE)}, "v"),
    },
    "moderation": {},
}
GUARDS = frozenset({"alignment", "armor", "moderation"})
"""Plugins that protect: a refused one is never left out of what is sent again."""
REQUIRED = {"alignment": ("rules",)}

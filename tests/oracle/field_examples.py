"""One request per field that upstream has, as a client writes it; together they use every path of the SDK's model."""

from dataclasses import dataclass
from typing import Any

GPT, CLAUDE = "openai/gpt-5.6-sol", "anthropic/claude-opus-5"
PICTURE = "data:image/png;base64,iVBORw0KGgo="
SCHEMA = {"type": "object", "properties": {}, "additionalProperties": False}
TOOL = {"type": "function", "function": {"name": "look", "parameters": SCHEMA}}
RULE = {"id": "r1", "instructions": "No deletions.", "name": "Deletions", "threshold": 0.5}


@dataclass(frozen=True)
class Example:
    """`value` of the field `name` in a client's body; `beside`: what it needs there; `sent`: if it arrives changed."""

    name: str
    value: Any
    beside: dict[str, Any] | None = None
    slug: str = GPT
    sent: Any = None


def plugin(name: str, **options: Any) -> Example:
    return Example("plugins", [{"id": name, **options}])


EXAMPLES = {
    "cache_control": Example("cache_control", {"type": "ephemeral", "ttl": "1h"}, slug=CLAUDE),
    "deferred tools by words": Example(
        "deferred_tools",
        {
            "profile": "portable",
            "protocol": "v1",
            "search": {"type": "bm25", "max_results": 5},
            "validation": "runtime",
        },
        {"tools": [TOOL]},
    ),
    "deferred tools by pattern": Example(
        "deferred_tools",
        {
            "profile": "portable",
            "protocol": "v1",
            "search": {"type": "regex", "max_results": 5},
            "validation": "runtime",
        },
        {"tools": [TOOL]},
    ),
    "deferred tools by the caller": Example(
        "deferred_tools",
        {
            "profile": "portable",
            "protocol": "v1",
            "search": {"type": "custom", "tool_id": "look", "result_key": "found", "max_results": 5},
            "validation": "runtime",
        },
        {"tools": [TOOL]},
    ),
    "frequency_penalty": Example("frequency_penalty", 0.5),
    "image_config": Example("image_config", {"aspect_ratio": "16:9", "n": 2}, {"modalities": ["text", "image"]}),
    "include": Example("include", ["code_interpreter_call.outputs", "reasoning.encrypted_content"]),
    "instructions": Example("instructions", "Answer briefly."),
    "max_output_tokens": Example("max_output_tokens", 500),
    "max_tool_calls": Example("max_tool_calls", 5, {"tools": [TOOL]}),
    "modalities": Example("modalities", ["text", "image"]),
    "parallel_tool_calls": Example("parallel_tool_calls", False, {"tools": [TOOL]}),
    "presence_penalty": Example("presence_penalty", 0.5),
    "prompt": Example(
        "prompt",
        {
            "id": "pmpt_1",
            "variables": {
                "name": "Ann",
                "text": {
                    "type": "input_text",
                    "text": "Hi",
                    "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "30m"},
                },
                "picture": {"type": "input_image", "detail": "auto", "image_url": PICTURE},
                "stored picture": {"type": "input_image", "detail": "low", "file_id": "file-1"},
                "file": {"type": "input_file", "filename": "a.txt", "file_data": "data:text/plain;base64,SGk="},
                "stored file": {"type": "input_file", "file_id": "file-1"},
                "linked file": {"type": "input_file", "file_url": "https://a.example/a.pdf"},
            },
        },
    ),
    "prompt_cache_key": Example("prompt_cache_key", "chat-1"),
    "prompt_cache_options": Example("prompt_cache_options", {"mode": "explicit", "ttl": "12h"}),
    "provider": Example(
        "provider",
        {
            "order": ["openai"],
            "only": ["openai", "azure"],
            "ignore": ["together"],
            "allow_fallbacks": False,
            "require_parameters": True,
            "data_collection": "deny",
            "zdr": True,
            "enforce_distillable_text": True,
            "quantizations": ["fp8"],
            "sort": {"by": "latency", "partition": "none"},
            "preferred_min_throughput": {"p50": 1.0, "p75": 2.0, "p90": 3.0, "p99": 4.0},
            "preferred_max_latency": {"p50": 1.0, "p75": 2.0, "p90": 3.0, "p99": 4.0},
            "max_price": {"prompt": "1", "completion": "2", "request": "3", "image": "4", "audio": "5"},
            "options": {"openai": {"user_tier": "gold", "deep": {"list": [1, 2]}}, "amazon-bedrock": {"a": True}},
        },
    ),
    "reasoning by effort": Example(
        "reasoning", {"effort": "high", "summary": "concise", "context": "all_turns", "mode": "pro"}
    ),
    "reasoning switched off": Example("reasoning", {"enabled": False}, sent={"effort": "none"}),
    "reasoning by budget": Example("reasoning", {"max_tokens": 2048, "summary": "auto"}),
    "safety_identifier": Example("safety_identifier", "person-7"),
    "service_tier": Example("service_tier", "flex"),
    "stop": Example("stop", ["END"]),
    "stop_server_tools_when": Example(
        "stop_server_tools_when",
        [
            {"type": "step_count_is", "step_count": 5},
            {"type": "has_tool_call", "tool_name": "look"},
            {"type": "max_tokens_used", "max_tokens": 5000},
            {"type": "max_cost", "max_cost_in_dollars": 0.5},
            {"type": "finish_reason_is", "reason": "length"},
        ],
    ),
    "temperature": Example("temperature", 0.5),
    "text as an object": Example("text", {"format": {"type": "json_object"}, "verbosity": "low"}),
    "text as plain text": Example("text", {"format": {"type": "text"}, "verbosity": "low"}, sent={"verbosity": "low"}),
    "text by a schema": Example(
        "text",
        {
            "format": {
                "type": "json_schema",
                "name": "answer",
                "schema": SCHEMA,
                "strict": True,
                "description": "The answer.",
            }
        },
    ),
    "top_k": Example("top_k", 5),
    "top_logprobs": Example("top_logprobs", 5),
    "top_p": Example("top_p", 0.5),
    "trace": Example(
        "trace",
        {
            "trace_id": "t",
            "trace_name": "chat",
            "span_name": "s",
            "generation_name": "g",
            "parent_span_id": "p",
            "team": "blue",
            "attempt": 2,
        },
    ),
    "truncation": Example("truncation", "auto"),
    "web": plugin(
        "web",
        enabled=True,
        engine="exa",
        max_results=5,
        max_uses=2,
        mode="deep",
        search_prompt="Search the press.",
        include_domains=["a.example"],
        exclude_domains=["b.example"],
        user_location={"type": "approximate", "city": "Oslo", "country": "NO", "region": "Oslo", "timezone": "UTC"},
        x_search={
            "allowed_x_handles": ["a"],
            "enable_image_understanding": True,
            "enable_video_understanding": False,
            "from_date": "2026-01-01",
            "to_date": "2026-12-31",
        },
    ),
    "web without posts of some": plugin("web", x_search={"excluded_x_handles": ["b"]}),
    "web with all posts": plugin("web", x_search={}),
    "web-fetch": plugin(
        "web-fetch", max_uses=3, max_content_tokens=5000, allowed_domains=["a.example"], blocked_domains=["b.example"]
    ),
    "file-parser": plugin("file-parser", enabled=True, pdf={"engine": "pdf-text"}),
    "response-healing": plugin("response-healing", enabled=False),
    "context-compression": plugin("context-compression", enabled=False, engine="middle-out"),
    "auto-router": plugin(
        "auto-router",
        enabled=True,
        allowed_models=["openai/*"],
        excluded_models=["*/old"],
        cost_tier="low",
        cost_quality_tradeoff=7,
        pin_model=True,
    ),
    "auto-beta-router": plugin(
        "auto-beta-router",
        enabled=True,
        allowed_models=["openai/*"],
        excluded_models=["*/old"],
        cost_tier="xhigh",
        cost_quality_tradeoff=7,
    ),
    "pareto-router": plugin(
        "pareto-router", enabled=True, max_price=1.5, min_coding_score=0.7, price_source="weighted_avg"
    ),
    "jev-router": plugin(
        "jev-router", models=["a/b"], allowed_models=["c/*"], excluded_models=["d/e"], cost_tier="ours"
    ),
    "switchyard-router": plugin("switchyard-router", algorithm="stage", judge_model="a/b"),
    "fusion": plugin(
        "fusion",
        enabled=True,
        analysis_models=["a/b", "c/d"],
        model="e/f",
        preset="general-fast",
        max_tool_calls=4,
        tools=[{"type": "openrouter:web_search", "parameters": {"max_results": 3, "list": ["a"], "deep": {"b": 1}}}],
    ),
    "alignment": plugin(
        "alignment",
        rules=[{"rule": "Be kind.", "watch": ["content", "refusal"]}],
        mode="enforce",
        instruct=False,
        max_retries=2,
        threshold=0.8,
    ),
    "armor": plugin(
        "armor",
        enabled=True,
        mode="audit",
        on_error="log",
        output_mode="custom_item",
        evaluate_native_tools=True,
        use_cc_style_default_rules=False,
        classifier_context={
            "v": 1,
            "auto_mode": {
                "allow": ["Reading files.", RULE],
                "soft_deny": [RULE],
                "hard_deny": [RULE],
                "environment": ["Host: test", {"name": "Host", "value": "test"}],
            },
        },
    ),
    "moderation": plugin("moderation"),
}

REFUSED_VALUES: dict[str, Any] = {
    "background": True,
    "debug": {"echo_upstream_body": True},
    "metadata": {"user_id": "somebody"},
    "previous_response_id": "resp_1",
    "store": True,
    "user": "somebody",
}

ELSEWHERE = frozenset({"input", "model", "models", "plugins", "session_id", "stream", "tools", "tool_choice"})
"""Fields that the turn itself fills, or that other tests send."""

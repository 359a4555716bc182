"""Every parameter that a client may send besides the messages, at its limits and beyond them."""

from typing import Any

from hypothesis import strategies as st

from tests.oracle.drawing.tools import function_calls, functions, many_tools, response_formats, tool_choices, tools
from tests.oracle.drawing.values import junk, near, rarely, weighted
from tests.oracle.field_examples import EXAMPLES

EFFORTS = near("none", "minimal", "low", "medium", "high", "xhigh", "max", "extreme", "HIGH", "", 3)
BUDGETS = near(0, 1, 1023, 1024, 2048, 64_000, 128_000, 128_001, 10**9, -1, "1024", 1024.5)
LIMITS = near(0, 1, 15, 16, 77, 1000, 1024, 1025, 4096, 16_384, 128_000, 128_001, 10**7, -5, "77", 77.0, 77.5)
MODELS = near(
    "openai/gpt-4o-mini",
    "anthropic/claude-opus-5",
    "google/gemini-3.6-flash",
    "openai/gpt-oss-20b:free",
    "openai/gpt-5.6-sol:nitro",
    "openai/gpt-5.6-sol-20260709",
    "nobody/nothing",
    "gpt-4",
    "",
    "openai/gpt-4o-mini@preset/short",
    "@preset/short",
    "a/b:sideways",
)
reasonings = st.one_of(
    st.fixed_dictionaries(
        {},
        optional={
            "effort": EFFORTS,
            "max_tokens": BUDGETS,
            "enabled": near(True, False, "true"),
            "exclude": near(True, False),
            "summary": near("auto", "concise", "detailed", "long", None),
            "context": near("auto", "all_turns", "ever"),
            "mode": near("standard", "pro"),
            "generate_summary": near("auto"),
        },
    ),
    junk,
)
SLUGS = near(["openai"], ["anthropic", "google-vertex/us-east5"], [], ["openai", 5], "openai", [""])
CUTOFFS = near(50, 0.5, {"p50": 10}, {"p50": None}, {"p42": 1}, -3, "fast")
providers = st.one_of(
    st.fixed_dictionaries(
        {},
        optional={
            "order": SLUGS,
            "only": SLUGS,
            "ignore": SLUGS,
            "allow_fallbacks": near(True, False, "no"),
            "require_parameters": near(True, False),
            "data_collection": near("allow", "deny", "maybe"),
            "zdr": near(True, False, "true"),
            "enforce_distillable_text": near(True),
            "quantizations": near(["int4", "fp8"], ["int3"], [], "fp8"),
            "sort": near(
                "price", "throughput", "latency", "exacto", "beauty", {"by": "price", "partition": "none"}, {"by": "x"}
            ),
            "preferred_min_throughput": CUTOFFS,
            "preferred_max_latency": CUTOFFS,
            "max_price": near(
                {"prompt": "1", "completion": "2.5"},
                {"prompt": 1, "completion": 2.5},
                {"prompt": "free"},
                {},
                {"prompt": "-1"},
                {"tokens": "1"},
                "1",
            ),
            "options": near({"openai": {"a": 1}}, {"openai": 1}, {"azure": {"a": None, "b": [[["c"]]]}}, {}),
            "experimental": near({"a": 1}),
            "allow_fallback": near(True),
        },
    ),
    junk,
)
plugins = st.one_of(
    st.lists(
        near(
            {"id": "web"},
            {"id": "web", "max_results": 5},
            {"id": "web", "max_results": "5"},
            {"id": "web", "speed": 9},
            {"id": "file-parser", "pdf": {"engine": "cloudflare-ai"}},
            {"id": "file-parser", "pdf": {"engine": "magic"}},
            {"id": "response-healing"},
            {"id": "context-compression", "engine": "middle-out"},
            {"id": "moderation", "x": 1},
            {"id": "auto-router", "allowed_models": ["openai/*"]},
            {"id": "auto-router", "cost_quality_tradeoff": 11},
            {"id": "alignment"},
            {"id": "alignment", "rules": [{"rule": "Be kind.", "watch": ["content", "mood"]}, "bare"]},
            {"id": "armor", "classifier_context": {"v": 1, "auto_mode": {"allow": ["a", 5], "soft_deny": "b"}}},
            {"id": "armor", "classifier_context": {"auto_mode": {}}},
            {"id": "fusion", "analysis_models": ["a/b"] * 9, "max_tool_calls": 17},
            {"id": "fusion", "tools": [{"type": "openrouter:web_search", "parameters": {"a": {"b": {"c": 1}}}}]},
            {"id": "web", "x_search": {"allowed_x_handles": ["a"], "excluded_x_handles": ["b"], "to_date": "tomorrow"}},
            {"id": "pareto-router", "max_price": -1, "min_coding_score": "high"},
            {"id": "jev-router", "models": ["x" * 2000, "a/*"]},
            {"id": "response-healing", "enabled": False},
            {"id": "unheard-of"},
            *(example.value[0] for example in EXAMPLES.values() if example.name == "plugins"),
            {"enabled": True},
        ),
        max_size=3,
    ),
    junk,
)
metadata = st.one_of(
    near(
        {},
        {"chat": "1"},
        {"n": 5},
        {"n": None},
        {"k" * 64: "v" * 512},
        {"k" * 65: "v"},
        {"k": "v" * 513},
        {"k": "é" * 512},
        {"k": "👩" * 300},
        {"a[b]": "c"},
        {"": "empty"},
        {"deep": {"a": 1}},
        {"cut": "\ud800"},
        {"user_id": "someone else"},
    ),
    st.integers(14, 20).map(lambda count: {f"key_{n}": str(n) for n in range(count)}),
)
IDENTIFIERS = near("user-1", "u" * 256, "u" * 257, "👩" * 200, {"id": "9008", "email": "a@example.com"}, "id \ud800")
STOPS = near(
    "END", "", ["END"], ["a", "b", "c", "d"], ["a", "b", "c", "d", "e"], ["a", ""], [""], ["a", 5], [None], "\0"
)

PARAMETERS: dict[str, st.SearchStrategy[Any]] = {
    "max_tokens": LIMITS,
    "max_completion_tokens": LIMITS,
    "max_output_tokens": LIMITS,
    "temperature": near(0, 0.3, 1, 2, 2.0001, -0.1, "0.7", "hot", 1e308),
    "top_p": near(0, 0.5, 1, 1.0001, -0.1, "0.9"),
    "top_k": near(0, 1, 40, -1, "40", "40.5", 40.0, 40.7, "many", 10**20),
    "min_p": near(0, 0.05, 1, 2, "0.1"),
    "top_a": near(0, 0.5, 1, 2),
    "frequency_penalty": near(-2, 0, 2, 2.1, -2.1, "1"),
    "presence_penalty": near(-2, 0, 2, 2.1, -2.1, "1"),
    "repetition_penalty": near(0, 1, 2, 2.5),
    "seed": near(0, 42, -1, 2**63, "42", 1.5),
    "stop": STOPS,
    "logit_bias": near({"50256": -100}, {"50256": "x"}, {"word": 1}, []),
    "logprobs": near(True, False, 5, "yes"),
    "top_logprobs": near(0, 5, 20, 21, -1, "5"),
    "n": near(1, 2, 0, "2"),
    "suffix": near("end"),
    "prediction": near({"type": "content", "content": "x"}),
    "functions": functions,
    "function_call": function_calls,
    "tools": rarely(tools, many_tools),
    "extra_tools": tools,
    "tool_choice": tool_choices,
    "parallel_tool_calls": near(True, False, "yes"),
    "max_tool_calls": near(1, 30, 31, 0, "5"),
    "response_format": response_formats,
    "text": near(
        {"format": {"type": "json_object"}}, {"verbosity": "low"}, {"verbosity": "chatty"}, {"format": {}}, {}
    ),
    "reasoning": reasonings,
    "reasoning_effort": EFFORTS,
    "include_reasoning": near(True, False, "yes"),
    "thinking": near({"type": "enabled", "budget_tokens": 2000}),
    "verbosity": near("low", "medium", "high", "max", "chatty"),
    "provider": providers,
    "models": st.one_of(st.lists(MODELS, max_size=6), near("openai/gpt-4o-mini", ["nobody/nothing"] * 5)),
    "model_fallback": near("openai/gpt-4o-mini, nobody/nothing", "", ","),
    "plugins": plugins,
    "transforms": near(["middle-out"], [], ["upside-down"], "middle-out"),
    "route": near("fallback", "sort", "nowhere"),
    "metadata": metadata,
    "user": IDENTIFIERS,
    "session_id": IDENTIFIERS,
    "safety_identifier": IDENTIFIERS,
    "store": near(True, False),
    "background": near(True, False),
    "previous_response_id": near("resp_1", ""),
    "service_tier": near("auto", "default", "flex", "priority", "fast", "scale", "ultrafast", "warp"),
    "modalities": near(["text"], ["text", "image"], ["image"], ["text", "audio"], ["smell"], "text", ["text", "text"]),
    "audio": near({"voice": "alloy", "format": "wav"}),
    "image_config": near({"aspect_ratio": "16:9"}, {"image_size": None}, {"deep": {"a": 1}}, {}),
    "prompt_cache_key": IDENTIFIERS,
    "prompt_cache_options": near(
        {"mode": "explicit"}, {"mode": "explicit", "ttl": "30m"}, {"mode": "explicit", "ttl": "1y"}, {"mode": "loose"}
    ),
    "cache_control": near(
        {"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}, {"type": "ephemeral", "ttl": "2h"}
    ),
    "stream": near(True, False, "true"),
    "stream_options": near({"include_usage": True}),
    "stop_server_tools_when": near(
        EXAMPLES["stop_server_tools_when"].value,
        [{"type": "step_count_is", "step_count": 0}, {"type": "max_cost", "max_cost_in_dollars": "1"}],
        [{"type": "step_count_is", "step_count": 5}],
        [{"type": "full_moon"}],
        [],
    ),
    "include": near(["reasoning.encrypted_content"], ["web_search_call.action.sources"], []),
    "instructions": near("Answer briefly.", "", " ", "cut \ud800"),
    "input": near("Hello", []),
    "truncation": near("auto", "disabled", "wild"),
    "trace": near(
        {"trace_id": "t"},
        {"trace_id": 5},
        {"other": "x"},
        {"other": {"deep": 1}, "cut": "\ud800", "k" * 65: "v"},
        {f"key_{n}": n for n in range(40)},
        EXAMPLES["trace"].value,
        {},
    ),
    "debug": near({"echo_upstream_body": True}),
    "prompt": near({"id": "pmpt_1"}, {"id": "pmpt_1", "variables": {"a": None}}, EXAMPLES["prompt"].value, {}),
    "deferred_tools": near(
        {"profile": "portable"},
        *(example.value for example in EXAMPLES.values() if example.name == "deferred_tools"),
    ),
    "preset": near("short"),
    "web_search_options": near({"search_context_size": "low"}),
    "chat_id": near("2392"),
    "files": near([{"type": "file", "id": "2279"}]),
    "features": near({"web_search": True}),
    "params": near({"function_calling": "native"}),
    "foo": near({"x": 1}),
    "größe": junk,
    "bad \ud800": junk,
}
COMMON = (
    "stream",
    "stream_options",
    "temperature",
    "max_tokens",
    "reasoning_effort",
    "tools",
    "tool_choice",
    "response_format",
)
"""Parameters drawn more often than the rest."""

NAMES = sorted(PARAMETERS)
keys = weighted(
    (1, st.just([])),
    (4, st.lists(st.sampled_from(COMMON), unique=True, min_size=1, max_size=4)),
    (4, st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=12)),
    (1, st.lists(st.sampled_from(NAMES), unique=True, min_size=12, max_size=25)),
)
parameters = keys.flatmap(lambda chosen: st.fixed_dictionaries({key: PARAMETERS[key] for key in chosen}))

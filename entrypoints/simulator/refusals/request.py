"""The schema of a body of POST /responses, and the parts it shares with chat (openrouter_api 2, 7, 12)."""

from entrypoints.simulator.answers import Refusal, invalid_prompt
from entrypoints.simulator.payload import Json
from entrypoints.simulator.refusals.items import INPUT
from entrypoints.simulator.refusals.plugins import PLUGINS
from entrypoints.simulator.refusals.shapes import (
    Check,
    absent,
    anything,
    boolean,
    either,
    fields,
    integer,
    listed,
    mapped,
    nullable,
    number,
    one_of,
    tagged,
    text,
)
from entrypoints.simulator.refusals.tools import TEXT, TOOL_CHOICE, TOOLS, metadata

_EFFORT = nullable(one_of("max", "xhigh", "high", "medium", "low", "minimal", "none"))
REASONING = fields(
    {},
    {
        "effort": _EFFORT,
        "max_tokens": nullable(integer(1)),
        "enabled": nullable(boolean),
        "summary": nullable(one_of("auto", "concise", "detailed")),
        "context": nullable(one_of("auto", "all_turns", "current_turn")),
        "mode": nullable(one_of("standard", "pro")),
    },
)
_NAMES = nullable(listed(text()))
_QUANTIZATIONS = ("int4", "int8", "fp4", "mxfp4", "nvfp4", "fp6", "fp8", "mxfp8", "fp16", "bf16", "fp32", "unknown")
_CUTOFFS = nullable(either(number(), fields({}, dict.fromkeys(("p50", "p75", "p90", "p99"), nullable(number())))))
_ORDERS = one_of("price", "throughput", "latency", "exacto")
PROVIDER = nullable(
    fields(
        {},
        {
            "order": _NAMES,
            "only": _NAMES,
            "ignore": _NAMES,
            "allow_fallbacks": nullable(boolean),
            "require_parameters": nullable(boolean),
            "data_collection": nullable(one_of("allow", "deny")),
            "zdr": nullable(boolean),
            "enforce_distillable_text": nullable(boolean),
            "quantizations": nullable(listed(one_of(*_QUANTIZATIONS))),
            "sort": nullable(
                either(
                    _ORDERS,
                    fields({}, {"by": nullable(_ORDERS), "partition": nullable(one_of("model", "none"))}),
                )
            ),
            "preferred_min_throughput": _CUTOFFS,
            "preferred_max_latency": _CUTOFFS,
            "max_price": fields({}, dict.fromkeys(("prompt", "completion", "request", "image", "audio"), text())),
            "options": mapped(mapped(anything)),
        },
        closed=True,
    )
)

STOP = nullable(either(text(), listed(text(shortest=1), most=4)))
STOP_CONDITIONS = listed(
    tagged(
        [
            ("step_count_is", fields({"type": one_of("step_count_is"), "step_count": integer(1)})),
            ("has_tool_call", fields({"type": one_of("has_tool_call"), "tool_name": text()})),
            ("max_tokens_used", fields({"type": one_of("max_tokens_used"), "max_tokens": integer(1)})),
            ("max_cost", fields({"type": one_of("max_cost"), "max_cost_in_dollars": number(0)})),
            ("finish_reason_is", fields({"type": one_of("finish_reason_is"), "reason": text()})),
        ]
    ),
    least=1,
)

_LIVES = nullable(one_of("30m", "12h"))
_FOUND = {"max_results": integer(1)}
_SEARCHES = tagged(
    [
        ("regex", fields({"type": one_of("regex")}, _FOUND)),
        ("bm25", fields({"type": one_of("bm25")}, _FOUND)),
        ("custom", fields({"type": one_of("custom"), "tool_id": text(), "result_key": text()}, _FOUND)),
    ]
)
_DEFERRED = fields(
    {
        "profile": one_of("portable"),
        "protocol": one_of("v1"),
        "search": _SEARCHES,
        "validation": one_of("runtime"),
    }
)
_BREAKPOINT = nullable(fields({"mode": one_of("explicit")}, {"ttl": _LIVES}))
_VARIABLE = either(
    text(),
    tagged(
        [
            (
                "input_text",
                fields({"type": one_of("input_text"), "text": text()}, {"prompt_cache_breakpoint": _BREAKPOINT}),
            ),
            (
                "input_image",
                fields(
                    {"type": one_of("input_image"), "detail": one_of("auto", "high", "low", "original")},
                    {"image_url": nullable(text()), "file_id": nullable(text())},
                ),
            ),
            (
                "input_file",
                fields(
                    {"type": one_of("input_file")},
                    {"file_id": nullable(text()), **dict.fromkeys(("file_data", "file_url", "filename"), text())},
                ),
            ),
        ]
    ),
)
_PROMPT = fields({"id": text()}, {"variables": nullable(mapped(_VARIABLE))})
_TRACE = dict.fromkeys(("trace_id", "trace_name", "span_name", "generation_name", "parent_span_id"), text())

SHARED: dict[str, Check] = {
    "model": text(),
    "models": listed(text()),
    "stream": boolean,
    "temperature": nullable(number(0, 2)),
    "top_p": nullable(number(0, 1)),
    "frequency_penalty": nullable(number(-2, 2)),
    "presence_penalty": nullable(number(-2, 2)),
    "parallel_tool_calls": nullable(boolean),
    "plugins": PLUGINS,
    "provider": PROVIDER,
    "image_config": mapped(either(text(), number(), listed(anything))),
    "user": text(longest=256),
    "session_id": text(longest=256),
    "prompt_cache_key": nullable(text()),
    "prompt_cache_options": nullable(fields({"mode": one_of("explicit")}, {"ttl": _LIVES})),
    "deferred_tools": _DEFERRED,
    "cache_control": fields({"type": one_of("ephemeral")}, {"ttl": one_of("5m", "1h")}),
    "service_tier": nullable(one_of("auto", "default", "fast", "flex", "priority", "scale", "ultrafast")),
    "stop": STOP,
    "stop_server_tools_when": STOP_CONDITIONS,
    "top_logprobs": nullable(integer(0, 20)),
    "trace": fields({}, _TRACE),
    "debug": fields({}, {"echo_upstream_body": boolean}),
}
_INCLUDE = one_of(
    "file_search_call.results",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "reasoning.encrypted_content",
    "code_interpreter_call.outputs",
)
_RESPONSES = fields(
    {"input": INPUT},
    {
        **SHARED,
        "instructions": nullable(text()),
        "store": one_of(False),
        "background": nullable(boolean),
        "previous_response_id": absent,
        "max_output_tokens": nullable(integer(1)),
        "max_tool_calls": nullable(integer(1, 30)),
        "top_k": integer(0),
        "text": TEXT,
        "reasoning": nullable(REASONING),
        "tools": TOOLS,
        "tool_choice": TOOL_CHOICE,
        "modalities": listed(one_of("text", "image")),
        "include": nullable(listed(_INCLUDE)),
        "metadata": nullable(metadata),
        "truncation": nullable(one_of("auto", "disabled")),
        "safety_identifier": nullable(text()),
        "prompt": nullable(_PROMPT),
    },
)


def check_responses(body: Json) -> None:
    """Raise Refusal for a body of POST /responses that does not fit the schema; unknown top-level keys are allowed."""
    issues = _RESPONSES(body)
    if issues:
        raise Refusal(invalid_prompt(issues))

"""Provider preferences, plugins and stop conditions of server tools."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.oracle.rules.values import is_integer, is_number, is_text, is_texts

BOOLEANS = frozenset({"allow_fallbacks", "require_parameters", "zdr", "enforce_distillable_text"})
SLUG_LISTS = frozenset({"order", "only", "ignore"})
QUANTIZATIONS = frozenset(
    ["int4", "int8", "fp4", "mxfp4", "nvfp4", "fp6", "fp8", "mxfp8", "fp16", "bf16", "fp32", "unknown"]
)
SORTS = ("price", "throughput", "latency", "exacto")
CUTOFFS = frozenset({"preferred_min_throughput", "preferred_max_latency"})
PERCENTILES = frozenset({"p50", "p75", "p90", "p99"})
PRICES = frozenset({"prompt", "completion", "request", "image", "audio"})
OTHERS = frozenset({"data_collection", "quantizations", "sort", "max_price", "options"})
DECIMAL = re.compile(r"\d+(\.\d+)?", re.ASCII)

PLUGINS = frozenset(
    [
        "web",
        "web-fetch",
        "file-parser",
        "response-healing",
        "context-compression",
        "auto-router",
        "auto-beta-router",
        "moderation",
        "pareto-router",
        "fusion",
        "jev-router",
        "switchyard-router",
        "armor",
        "alignment",
    ]
)
CONDITIONS = {
    "step_count_is": "step_count",
    "has_tool_call": "tool_name",
    "max_tokens_used": "max_tokens",
    "max_cost": "max_cost_in_dollars",
    "finish_reason_is": "reason",
}


def routing_complaints(body: Mapping[str, Any]) -> Iterator[str]:
    if "provider" in body:
        yield from provider_complaints(body["provider"])
    if "plugins" in body:
        yield from plugin_complaints(body["plugins"], body.get("stream") is True)
    for one in listed(body.get("stop_server_tools_when", [])):
        yield from condition_complaints(one)


def listed(value: Any) -> list[Any]:
    """Return a list unchanged, and wrap anything else in a list, where no rule accepts it."""
    return value if isinstance(value, list) else [value]


def provider_complaints(provider: Any) -> Iterator[str]:
    if not isinstance(provider, Mapping):
        yield "12 provider: not an object"
        return
    yield from (
        f"14.12 provider.{key!s:.40}: unknown" for key in provider.keys() - BOOLEANS - SLUG_LISTS - CUTOFFS - OTHERS
    )
    for key, value in provider.items():
        if not provider_value_fits(str(key), value):
            yield f"12 provider.{key!s:.40}: {value!r:.80}"


def provider_value_fits(key: str, value: Any) -> bool:
    if key in BOOLEANS:
        return isinstance(value, bool)
    if key in SLUG_LISTS:
        return is_texts(value)
    if key == "data_collection":
        return value in ("allow", "deny")
    if key == "quantizations":
        return is_texts(value) and set(value) <= QUANTIZATIONS
    if key == "sort":
        return sort_fits(value)
    if key in CUTOFFS:
        return is_number(value, 0) or (
            is_filled(value, PERCENTILES) and all(is_number(one, 0) for one in value.values())
        )
    if key == "max_price":
        return is_filled(value, PRICES) and all(
            isinstance(one, str) and DECIMAL.fullmatch(one) is not None for one in value.values()
        )
    if key == "options":
        return is_filled(value, None) and all(isinstance(one, Mapping) for one in value.values())
    return True


def is_filled(value: Any, keys: frozenset[str] | None) -> bool:
    """Return whether a value is a non-empty object without keys outside `keys`."""
    return isinstance(value, Mapping) and bool(value) and (keys is None or value.keys() <= keys)


def sort_fits(value: Any) -> bool:
    if isinstance(value, Mapping):
        by, partition = value.get("by"), value.get("partition", "none")
        return value.keys() <= {"by", "partition"} and by in SORTS[:3] and partition in ("model", "none")
    return value in SORTS


def plugin_complaints(plugins: Any, stream: bool) -> Iterator[str]:
    for at, plugin in enumerate(listed(plugins)):
        name = plugin.get("id") if isinstance(plugin, Mapping) else None
        if not isinstance(plugin, Mapping) or name not in list(PLUGINS):
            yield f"6.3 plugins[{at}]: {name!r:.60}"
        elif not isinstance(plugin.get("enabled", True), bool):
            yield f"6.3 plugins[{at}].enabled: not a boolean"
        elif name == "response-healing" and stream and plugin.get("enabled", True):
            yield f"6.3 plugins[{at}]: response-healing does not work with streaming"
        elif "cost_quality_tradeoff" in plugin and not is_integer(plugin["cost_quality_tradeoff"], 0, 10):
            yield f"6.3 plugins[{at}].cost_quality_tradeoff: not an integer from 0 to 10"


def condition_complaints(condition: Any) -> Iterator[str]:
    kind = condition.get("type") if isinstance(condition, Mapping) else None
    field = CONDITIONS.get(kind) if isinstance(kind, str) else None
    if field is None or condition.keys() != {"type", field}:
        yield f"2 stop_server_tools_when: {condition!r:.80}"
    elif field in {"step_count", "max_tokens"}:
        if not is_integer(condition[field], 1):
            yield f"2 stop_server_tools_when.{field}: not a count"
    elif field == "max_cost_in_dollars":
        if not is_number(condition[field], 0):
            yield f"2 stop_server_tools_when.{field}: not an amount"
    elif not is_text(condition[field]):
        yield f"2 stop_server_tools_when.{field}: not a text"

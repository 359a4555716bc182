"""The keys around the conversation: which are allowed, identifiers, metadata, fallback models, output kinds."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.oracle.rules.facts import ANYWHERE, SLUG, Facts, base_of, is_at_least, is_known
from tests.oracle.rules.values import is_integer, is_text, is_texts

KEYS = frozenset(
    [
        "model",
        "models",
        "input",
        "instructions",
        "stream",
        "store",
        "max_output_tokens",
        "temperature",
        "top_p",
        "frequency_penalty",
        "presence_penalty",
        "top_k",
        "top_logprobs",
        "stop",
        "text",
        "reasoning",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "max_tool_calls",
        "stop_server_tools_when",
        "plugins",
        "provider",
        "modalities",
        "image_config",
        "include",
        "metadata",
        "user",
        "session_id",
        "safety_identifier",
        "prompt_cache_key",
        "prompt_cache_options",
        "cache_control",
        "truncation",
        "service_tier",
        "prompt",
        "trace",
        "deferred_tools",
        "debug",
    ]
)
INCLUDE = frozenset(
    [
        "file_search_call.results",
        "message.input_image.image_url",
        "computer_call_output.output.image_url",
        "reasoning.encrypted_content",
        "code_interpreter_call.outputs",
    ]
)
WORDS = {
    "truncation": {"auto", "disabled"},
    "service_tier": {"auto", "default", "flex", "priority", "fast", "scale", "ultrafast"},
}
MARKED = frozenset({"anthropic", "qwen", "openrouter"})
"""Vendors whose prompt cache uses cache marks, and the routers that may choose them."""
TRACE = frozenset({"trace_id", "trace_name", "span_name", "generation_name", "parent_span_id"})


def envelope_complaints(body: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    for key, value in body.items():
        if key not in KEYS:
            yield f"14.1 {key}: not a key of this endpoint"
        elif isinstance(value, list | dict) and not value:
            yield f"14.1 {key}: empty"
    if "store" in body and body["store"] is not False:
        yield "14.2 store: must be false"
    for key in {"stream", "parallel_tool_calls"} & body.keys():
        if not isinstance(body[key], bool):
            yield f"2 {key}: not a boolean"
    if "instructions" in body and not is_text(body["instructions"]):
        yield "2 instructions: not a text"
    for key in WORDS.keys() & body.keys():
        if not isinstance(body[key], str) or body[key] not in WORDS[key]:
            yield f"2 {key}: {body[key]!r:.60} is not an allowed value"
    yield from model_complaints(body, facts)
    yield from identifier_complaints(body)
    yield from output_kind_complaints(body, facts)
    yield from cache_complaints(body, facts)
    yield from trace_complaints(body)


def model_complaints(body: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    slug = body.get("model")
    if not isinstance(slug, str) or not SLUG.fullmatch(slug):
        yield f"12 model: {slug!r:.80} is not a slug"
    elif facts.entry is not None and not slug.startswith("@preset/"):
        ids = {facts.entry["id"], facts.entry["canonical_slug"]}
        if base_of(slug) not in ids:
            yield f"2 model: {slug!r:.80} is not the requested model"
    for one in str(slug).split("@preset/")[0].split(":")[1:]:
        if one not in ANYWHERE | {"free", "thinking", "extended"}:
            yield f"12 model: unknown variant {one!r:.40}"
    if "models" not in body:
        return
    fallbacks = body["models"]
    if not is_texts(fallbacks):
        yield "14.2 models: not a list of slugs"
        return
    if len(fallbacks) > 3:
        yield "14.2 models: more than 3"
    yield from (f"14.2 models: {one!r:.80} is unknown" for one in fallbacks if not is_known(one))


def identifier_complaints(body: Mapping[str, Any]) -> Iterator[str]:
    for key in {"user", "session_id"} & body.keys():
        if not is_text(body[key], 256):
            yield f"14.3 {key}: not a text of at most 256 characters"
    for key in {"safety_identifier", "prompt_cache_key"} & body.keys():
        if not is_text(body[key]):
            yield f"2 {key}: not a text"
    metadata = body.get("metadata", {})
    if not isinstance(metadata, Mapping):
        yield "14.3 metadata: not a map"
        return
    if len(metadata) > 16:
        yield "14.3 metadata: more than 16 pairs"
    for key, value in metadata.items():
        if not is_text(key, 64) or set("[]") & set(key):
            yield f"14.3 metadata: key {key!r:.80}"
        if not isinstance(value, str) or (value and not is_text(value, 512)):
            yield f"14.3 metadata.{key!s:.40}: not a string of at most 512 characters"


def output_kind_complaints(body: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    if "modalities" in body:
        kinds = body["modalities"]
        if not is_texts(kinds) or not set(kinds) <= {"text", "image"} or len(set(kinds)) != len(kinds):
            yield "2 modalities: only text and image"
        elif "image" in kinds and not facts.writes("image"):
            yield "2 modalities: the model makes no images"
    if "image_config" in body and not isinstance(body["image_config"], Mapping):
        yield "2 image_config: not a map"
    include = body.get("include", [])
    if not isinstance(include, list) or not all(isinstance(one, str) and one in INCLUDE for one in include):
        yield f"2 include: {include!r:.100}"


def cache_complaints(body: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    if "cache_control" in body:
        mark = body["cache_control"]
        shapes = ({"type": "ephemeral"}, {"type": "ephemeral", "ttl": "5m"}, {"type": "ephemeral", "ttl": "1h"})
        if mark not in shapes:
            yield f"2 cache_control: {mark!r:.80}"
        if facts.entry is not None and facts.vendor not in MARKED:
            yield "8 cache_control: the model's cache does not use marks"
    if "prompt_cache_options" in body and not is_at_least(facts.slug, (5, 6)):
        yield "2 prompt_cache_options: only GPT-5.6 and newer"


def trace_complaints(body: Mapping[str, Any]) -> Iterator[str]:
    trace = body.get("trace", {})
    if not isinstance(trace, Mapping) or not all(is_text(trace[key], 512) for key in TRACE & trace.keys()):
        yield "2 trace: not a text"
    elif not all(is_text(key, 64) and isinstance(value, str | int | float) for key, value in trace.items()):
        yield "2 trace: a key too long, or a value that is no text, number or flag"
    elif len(trace.keys() - TRACE) > 16:
        yield "2 trace: too many keys"
    if "debug" in body and body.get("stream") is not True:
        yield "2 debug: streaming only"
    if "max_tool_calls" in body and not is_integer(body["max_tool_calls"], 1, 30):
        yield "2 max_tool_calls: not an integer from 1 to 30"

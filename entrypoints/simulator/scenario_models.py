"""The catalog entries of the scenario models."""

from entrypoints.simulator.payload import Json
from entrypoints.simulator.scenarios.registry import casting

CONTEXT_LENGTH = 256_000
MAX_OUTPUT = 64_000
CREATED = 1_785_542_400
"""Unix seconds: 1 August 2026."""

PRICING = {
    "prompt": "0.000001",
    "completion": "0.000004",
    "input_cache_read": "0.0000001",
    "input_cache_write": "0.00000125",
}
FREE_PRICING = {"prompt": "0", "completion": "0"}

_PARAMETERS = (
    *("frequency_penalty", "max_completion_tokens", "max_tokens", "parallel_tool_calls", "presence_penalty"),
    *("response_format", "seed", "stop", "structured_outputs", "temperature", "tool_choice", "tools", "top_k"),
    *("top_p", "verbosity", "logprobs", "top_logprobs"),
)
_REASONING_PARAMETERS = ("include_reasoning", "reasoning", "reasoning_effort")
_REASONING = {
    "mandatory": False,
    "default_enabled": True,
    "supported_efforts": ["high", "medium", "low", "none"],
    "default_effort": "medium",
}
_DRAWING = ("sim/big-line", "sim/pictures")
_DEFAULTS = ("temperature", "top_p", "top_k", "frequency_penalty", "presence_penalty", "repetition_penalty")


def scenario_entry(slug: str) -> Json:
    """Build the catalog entry of `sim/...`; a `:free` variant costs nothing."""
    cast = casting(slug)
    reasons = cast is not None and cast.scenario.reasons
    outputs = ["text", "image"] if slug in _DRAWING else ["text"]
    title = slug.partition("/")[2].partition(":")[0].replace("-", " ").capitalize()
    free = slug.endswith(":free")
    context = int((cast.values.get("context") if cast is not None else None) or CONTEXT_LENGTH)
    entry: Json = {
        "id": slug,
        "canonical_slug": slug.removesuffix(":free"),
        "hugging_face_id": "",
        "name": f"Simulator: {title}{' (free)' if free else ''}",
        "created": CREATED,
        "description": "A scenario of the simulator, chosen by its name.",
        "context_length": context,
        "architecture": {
            "modality": f"text+image+file+audio->{'+'.join(outputs)}",
            "input_modalities": ["text", "image", "file", "audio"],
            "output_modalities": outputs,
            "tokenizer": "Other",
            "instruct_type": None,
        },
        "pricing": dict(FREE_PRICING if free else PRICING),
        "top_provider": {
            "context_length": context,
            "max_completion_tokens": min(MAX_OUTPUT, context // 4),
            "is_moderated": False,
        },
        "per_request_limits": None,
        "supported_parameters": sorted((*_PARAMETERS, *_REASONING_PARAMETERS) if reasons else _PARAMETERS),
        "default_parameters": dict.fromkeys(_DEFAULTS),
        "supported_voices": None,
        "knowledge_cutoff": None,
        "expiration_date": None,
        "links": {"details": f"/api/v1/models/{slug.removesuffix(':free')}/endpoints"},
    }
    return {**entry, "reasoning": dict(_REASONING)} if reasons else entry

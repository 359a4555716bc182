"""Build the response object that the first, second and last event of a stream contain."""

from entrypoints.simulator.payload import Json
from entrypoints.simulator.writers.facts import Facts

_ECHOED = (
    "instructions",
    "metadata",
    "temperature",
    "top_p",
    "frequency_penalty",
    "presence_penalty",
    "max_output_tokens",
    "max_tool_calls",
    "prompt_cache_key",
    "safety_identifier",
    "user",
    "reasoning",
)


def response_object(facts: Facts, status: str, **changes: object) -> Json:
    """Build the response object with `status`; it repeats the request's settings."""
    body = facts.body
    response: Json = {
        "id": facts.generation_id,
        "object": "response",
        "created_at": facts.created_at,
        "completed_at": None,
        "status": status,
        "model": facts.model,
        "output": [],
        "error": None,
        "incomplete_details": None,
        **{name: body.get(name) for name in _ECHOED},
        "tools": body.get("tools") or [],
        "tool_choice": body.get("tool_choice") or "auto",
        "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
        "text": body.get("text") or {"format": {"type": "text"}},
        "truncation": body.get("truncation") or "disabled",
        "service_tier": "default",
        "store": False,
        "background": False,
        "previous_response_id": None,
        "usage": None,
    }
    return response | changes

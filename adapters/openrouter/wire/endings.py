"""The names that providers give to the end of an answer that is not a normal one."""

from collections.abc import Mapping

LENGTH, FILTER = "max_output_tokens", "content_filter"
CUT_SHORT: Mapping[str, str] = {
    "length": LENGTH,
    "max_tokens": LENGTH,
    "max_output_tokens": LENGTH,
    "model_context_window_exceeded": LENGTH,
    "content_filter": FILTER,
    "content_filtered": FILTER,
    "guardrail_intervened": FILTER,
    "safety": FILTER,
    "sensitive": FILTER,
    "prohibited_content": FILTER,
    "blocklist": FILTER,
    "spii": FILTER,
    "recitation": FILTER,
    "model_armor": FILTER,
    "image_safety": FILTER,
    "image_prohibited_content": FILTER,
    "image_recitation": FILTER,
}
"""Reason of an incomplete response -> names in lower case. Sources: Google, Anthropic, Amazon Bedrock, Z.AI."""
BROKEN = frozenset(
    {
        *("error", "malformed_function_call", "unexpected_tool_call", "malformed_response", "too_many_tool_calls"),
        *("missing_thought_signature", "network_error", "insufficient_system_resource"),
    }
)
"""The provider or the model failed. Sources: Google, Z.AI, DeepSeek."""
_VAGUE = frozenset({"stop", "unknown", "other"})


def name_of(reason: str, native: str) -> str:
    """Return the name of an ending in lower case: the provider's own where it says more than a normal end."""
    said, own = reason.lower(), native.lower()
    return own if (said in _VAGUE or not said) and (own in CUT_SHORT or own in BROKEN) else said


def explained(name: str) -> dict[str, str]:
    """Return the error of an answer that ended badly, where nothing else explains it."""
    return {"type": name.lower(), "message": f"the provider ended the answer with {name}"}

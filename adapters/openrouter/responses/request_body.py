"""The fields of `POST /responses`."""

from collections.abc import Sequence

from adapters.openrouter.wire.request_body import named_fields
from ports.json_values import JsonObject
from ports.responses import ResponsesBody

DETAILS = "reasoning_details"


def responses_fields(body: ResponsesBody) -> dict[str, object]:
    """Return the fields of `POST /responses`."""
    named = named_fields(body)
    if any(DETAILS in item for item in body.input):
        named["input"] = _foreign_removed(body.input)
    return named


def _foreign_removed(items: Sequence[JsonObject]) -> list[JsonObject]:
    """Return the items without fields and items that only chat completions accepts.

    A reasoning item that came from chat is removed if it is empty in the form of this endpoint, or if no further
    reasoning, answer or call follows it, because upstream rejects that.
    """
    kept: list[JsonObject] = []
    for item in reversed(items):
        if DETAILS in item:
            followed = bool(kept) and (
                kept[-1].get("type") in ("reasoning", "function_call") or kept[-1].get("role") == "assistant"
            )
            if not followed or not any(item.get(key) for key in ("summary", "content", "encrypted_content")):
                continue
            item = {key: value for key, value in item.items() if key != DETAILS}
        kept.append(item)
    return kept[::-1]

"""The fields of `POST /responses`."""

from adapters.openrouter.wire.request_body import named_fields
from ports.responses import CHAT_DETAILS, ResponsesBody


def responses_fields(body: ResponsesBody) -> dict[str, object]:
    """Return the fields of `POST /responses`; what only chat completions knows of an item has no place there."""
    named = named_fields(body)
    if any(CHAT_DETAILS in item for item in body.input):
        named["input"] = [{key: item[key] for key in item if key != CHAT_DETAILS} for item in body.input]
    return named

"""The fields of `POST /responses`."""

from adapters.openrouter.wire.call_ids import with_portable_ids
from adapters.openrouter.wire.request_body import named_fields
from ports.responses import CHAT_DETAILS, ResponsesBody


def responses_fields(body: ResponsesBody) -> dict[str, object]:
    """Return the fields of `POST /responses`; what only chat completions knows of an item has no place there."""
    named = named_fields(body)
    items = with_portable_ids(body.input)
    if any(CHAT_DETAILS in item for item in items):
        items = [{key: item[key] for key in item if key != CHAT_DETAILS} for item in items]
    named["input"] = items
    return named

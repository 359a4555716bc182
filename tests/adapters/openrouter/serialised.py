"""A body in the form that `POST /responses` receives."""

from adapters.openrouter.responses.request_body import responses_fields
from adapters.openrouter.wire.codec import FASTEST, Codec
from adapters.openrouter.wire.request_body import serialise
from ports.responses import ResponsesBody


def serialise_body(body: ResponsesBody, codec: Codec = FASTEST) -> bytes:
    """Return the JSON text of `body`."""
    return serialise(responses_fields(body), codec)

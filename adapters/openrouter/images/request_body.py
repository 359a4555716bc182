"""Builds the fields of `POST /images` from a body meant for `POST /responses`.

Source: OpenRouter API reference, image generation, and the request model of the official SDK.
"""

from collections.abc import Iterator

from adapters.openrouter.wire.fields import objects, text
from ports.json_values import JsonObject
from ports.responses import ResponsesBody

SHARED = ("provider", "user", "session_id", "trace")
"""Fields with the same name and meaning on both endpoints."""


def images_fields(body: ResponsesBody) -> dict[str, object]:
    """Return the fields of the request; absent ones are None or empty.

    The prompt is made of the texts of all items, the references of their pictures.
    """
    parts = list(_parts(body))
    return {
        **(body.image_config or {}),
        "model": body.model,
        "prompt": "\n\n".join(text(part.get("text")) for part in parts if part.get("type") == "input_text"),
        "stream": body.stream or None,
        "input_references": [
            {"type": "image_url", "image_url": {"url": url}}
            for part in parts
            if part.get("type") == "input_image" and (url := text(part.get("image_url")))
        ],
        **{name: getattr(body, name) for name in SHARED},
    }


def _parts(body: ResponsesBody) -> Iterator[JsonObject]:
    for item in body.input:
        yield from objects(item.get("content"))

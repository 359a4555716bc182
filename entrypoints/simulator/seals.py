"""Opaque reasoning tokens that can be checked when they come back: bound to a model, an item and their text.

The visible form follows upstream: a token, a dot, and base64 JSON naming the endpoint that made it.
"""

from base64 import b64encode, urlsafe_b64encode
from hashlib import sha256

import orjson


def _digest(*parts: str) -> str:
    return urlsafe_b64encode(sha256("\x1f".join(parts).encode()).digest()).decode()


def sealed(model: str, item_id: str) -> str:
    """Make the `encrypted_content` of reasoning item `item_id` of `model`."""
    endpoint = b64encode(orjson.dumps({"endpoint_slug": f"{model}|simulator"})).decode()
    return f"gAAAAA{_digest('sealed', model, item_id)}.{endpoint}"


def signature(model: str, text: str) -> str:
    """Make the signature of raw thinking `text` of `model`."""
    return "Es" + _digest("signed", model, text)

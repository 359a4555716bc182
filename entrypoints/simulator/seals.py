"""Make opaque reasoning tokens that can be verified when a request sends them back.

`encrypted_content` depends on model and item; as upstream's, it is a token, a dot, and base64 JSON that names the
endpoint. A signature depends on model and text.
"""

from base64 import b64encode, urlsafe_b64encode
from hashlib import sha256

import orjson


def _digest(*parts: str) -> str:
    return urlsafe_b64encode(sha256("\x1f".join(parts).encode()).digest()).decode()


def sealed(model: str, item_id: str) -> str:
    """Return the `encrypted_content` of reasoning item `item_id` of `model`."""
    endpoint = b64encode(orjson.dumps({"endpoint_slug": f"{model}|simulator"})).decode()
    return f"gAAAAA{_digest('sealed', model, item_id)}.{endpoint}"


def signature(model: str, text: str) -> str:
    """Return the signature of `model`'s raw thinking `text`."""
    return "Es" + _digest("signed", model, text)

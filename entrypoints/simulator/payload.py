"""Decoded JSON as it comes over the wire; its shape is what the refusals check."""

from typing import Any

Json = dict[str, Any]
"""One JSON object, opaque until a rule has looked at it."""

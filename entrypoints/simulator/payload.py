"""The type of decoded JSON; `refusals` checks its shape."""

from typing import Any

Json = dict[str, Any]
"""One JSON object, opaque until a rule has checked it."""

"""Opaque JSON: payloads that the core stores, compares and passes on without reading them."""

from collections.abc import Mapping
from typing import Any

JsonObject = Mapping[str, Any]
"""One decoded JSON object; never modified after it was received."""

"""Opaque JSON: payloads the core stores, compares and hands on without looking inside."""

from collections.abc import Mapping
from typing import Any

JsonObject = Mapping[str, Any]
"""One decoded JSON object; never changed after it was received."""

"""Fields of a request whose value is the JSON text of what was meant: hosts and forms send objects and lists so."""

import json
from collections.abc import Container, Mapping
from typing import Any

LONGEST = 256 * 1024
"""Characters of a text that is read as JSON."""
_BEGINNINGS = ("{", "[")


def parsed_fields(body: Mapping[str, Any], names: Container[str]) -> dict[str, Any]:
    """Return a body in which the texts of the named fields that are JSON objects or lists are replaced by these."""
    found = {name: _parsed(value) for name, value in body.items() if isinstance(value, str) and name in names}
    return {**body, **found}


def _parsed(text: str) -> object:
    stripped = text.strip()
    if len(text) > LONGEST or not stripped.startswith(_BEGINNINGS):
        return text
    try:
        return json.loads(stripped)
    except (ValueError, RecursionError):
        return text

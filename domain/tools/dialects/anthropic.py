"""The dialect of Anthropic.

Sources: Anthropic's pages on tool use, strict tool use and the limitations of JSON Schema (2026): strict tools take no
numeric or length bounds, no recursion, `minItems` of 0 or 1, no lookaround; 20 strict tools, and 16 schemas of several
types in all of them. Public error reports: property names at the root match `^[a-zA-Z0-9_.-]{1,64}$`, the schema
matches JSON Schema 2020-12. No limit on the number of tools is known; requests with over 600 are reported.
"""

import re

from domain.tools.dialects.dialect import Dialect, StrictLimits
from domain.tools.dialects.patterns import is_portable
from domain.tools.dialects.portable import portable
from domain.tools.dialects.words import described, keys_named
from domain.tools.measures import Measures
from domain.tools.schema_keywords import Schema

_KEY = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"})
_KEYWORDS = frozenset(
    [
        *("type", "enum", "const", "properties", "required", "additionalProperties", "items", "anyOf", "$ref", "$defs"),
        *("title", "description", "pattern", "format", "minItems"),
    ]
)


def form(root: Schema) -> Schema:
    """Return a sound schema in which properties whose names Anthropic refuses are named by a pattern each."""
    made = portable(root)
    odd = dict.fromkeys(name for name in made["properties"] if not _KEY.fullmatch(name))
    if not odd:
        return made
    properties = {name: part for name, part in made["properties"].items() if name not in odd}
    patterns = {f"^{re.escape(name)}$": made["properties"][name] for name in odd}
    return described(
        {**made, "properties": properties, "patternProperties": {**made.get("patternProperties", {}), **patterns}},
        keys_named(list(odd)),
    )


def _permits(measures: Measures) -> bool:
    return (
        measures.keywords <= _KEYWORDS
        and measures.formats <= _FORMATS
        and all(map(_KEY.fullmatch, measures.names))
        and not measures.recursive
        and measures.bounded_arrays <= 1
        and measures.listed <= 1_000
        and all(is_portable(pattern) and "\\b" not in pattern.lower() for pattern in measures.patterns)
    )


ANTHROPIC = Dialect("anthropic", form, _permits, most_tools=None, strict_limits=StrictLimits(tools=20, unions=16))

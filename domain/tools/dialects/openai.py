"""The dialect of OpenAI.

Sources: OpenAI's guide to structured outputs, supported schemas (October 2026): 10 levels, 5,000 properties, 1,000
listed values, 120,000 characters of names and values, 15,000 characters in a list of more than 250 values; no `allOf`,
`not`, `dependentRequired`, `dependentSchemas`, `if`, `then`, `else`; formats from a list. Function calling: 128 tools.
Public error reports: lookaround in a `pattern` is refused, strict or not ("regex lookaround is not supported"), and so
is an array without `items`.
"""

from domain.tools.dialects.dialect import Dialect
from domain.tools.dialects.patterns import is_portable
from domain.tools.dialects.portable import portable
from domain.tools.dialects.words import bounds, described
from domain.tools.measures import Measures
from domain.tools.schema_keywords import Schema, rebuilt

DEEPEST, MOST_PROPERTIES, MOST_LISTED, MOST_CHARACTERS = 10, 5_000, 1_000, 120_000
LONG_LIST, MOST_IN_LONG_LIST = 250, 15_000
FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})
_KEYWORDS = frozenset(
    [
        *("type", "enum", "const", "properties", "required", "additionalProperties", "items", "anyOf", "$ref", "$defs"),
        *("title", "description", "pattern", "format", "multipleOf", "minimum", "maximum", "exclusiveMinimum"),
        *("exclusiveMaximum", "minItems", "maxItems"),
    ]
)


def form(root: Schema) -> Schema:
    """Return a sound schema without the patterns that OpenAI refuses; descriptions name these."""
    return portable(rebuilt(root, without_odd_pattern))


def without_odd_pattern(node: Schema) -> Schema:
    """Return a schema without a pattern that is not portable; its description names the pattern."""
    if is_portable(str(node.get("pattern", ""))):
        return node
    return described({key: value for key, value in node.items() if key != "pattern"}, bounds(node, "pattern"))


def _permits(measures: Measures) -> bool:
    values, characters = measures.longest_list
    return (
        measures.keywords <= _KEYWORDS
        and measures.formats <= FORMATS
        and measures.depth <= DEEPEST
        and measures.properties <= MOST_PROPERTIES
        and measures.listed <= MOST_LISTED
        and measures.characters <= MOST_CHARACTERS
        and not (values > LONG_LIST and characters > MOST_IN_LONG_LIST)
        and all(map(is_portable, measures.patterns))
    )


OPENAI = Dialect("openai", form, _permits, most_tools=128)

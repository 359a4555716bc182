"""The dialect of Mistral, which compiles the schema of every tool into a grammar.

Sources: public error reports (2025, 2026): "Grammar error: failed to compile JSON schema" for `$id`, `$schema` and
keywords its grammar does not know, "Invalid tool schema" for what is not JSON Schema 2020-12; names of at most 64
characters. Its grammars know no `not`, conditions, `contains`, `uniqueItems` and counts of properties.
"""

from domain.tools.dialects.dialect import Dialect
from domain.tools.dialects.openai import without_odd_pattern
from domain.tools.dialects.plain import PLAIN
from domain.tools.dialects.portable import portable
from domain.tools.dialects.words import apart_from, bounds, described, shown
from domain.tools.measures import Measures
from domain.tools.schema_keywords import Schema, rebuilt

_BOUNDS = ("uniqueItems", "minProperties", "maxProperties")
_RULES = (
    *("not", "if", "then", "else", "contains", "minContains", "maxContains", "propertyNames", "dependentSchemas"),
    *("dependentRequired", "unevaluatedProperties", "unevaluatedItems"),
)


def form(root: Schema) -> Schema:
    """Return a sound schema without the keywords that Mistral's grammars lack; descriptions name them."""
    return portable(rebuilt(root, _without_unknown))


def _without_unknown(node: Schema) -> Schema:
    made = without_odd_pattern(node)
    rules = {key: made[key] for key in _RULES if key in made}
    said = bounds(made, *_BOUNDS)
    kept = {key: value for key, value in made.items() if key not in _RULES and key not in _BOUNDS}
    return described(kept, said, apart_from(shown(rules)) if rules else "")


def _permits(measures: Measures) -> bool:
    return PLAIN.permits is not None and PLAIN.permits(measures)


MISTRAL = Dialect("mistral", form, _permits, most_tools=128)

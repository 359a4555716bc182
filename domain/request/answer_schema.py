"""The schema of an answer -> the form that the maker of the model takes, with every value that the caller allows.

A schema is read as those of tools are: in any dialect, and an odd part costs only that part. Strict mode is kept where
the schema is closed. A keyword that the maker's strict mode refuses moves into the description; OpenAI: "'default' is
not permitted", "'minLength' is not permitted"; Anthropic: "properties minimum, maximum are not supported".
"""

from collections.abc import Callable

from domain.request.schemas import fitted, is_closed, is_sound
from domain.tools.dialects.choice import dialect_of
from domain.tools.dialects.dialect import Dialect
from domain.tools.dialects.portable import without_nulls
from domain.tools.dialects.words import bounds, default, described
from domain.tools.measures import measured
from domain.tools.schema_bounds import bounded
from domain.tools.schema_keywords import Schema, rebuilt
from domain.tools.sound_schema import sound
from ports.json_values import JsonObject

_WORDS = ("default", "examples", "deprecated", "readOnly", "writeOnly")
_SIZES = ("minLength", "maxLength", "uniqueItems", "minProperties", "maxProperties")
_LIMITS = (
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems"),
    *("pattern", "format", "contentEncoding", "contentMediaType"),
)
_HOPS = 16


def answer_schema(given: JsonObject, slug: str, *, strict: bool) -> tuple[Schema, bool] | None:
    """Return the schema that is sent, and whether in strict mode; None if what is asked is too large to be read."""
    fit = fitted(without_nulls(_rooted(dict(sound(bounded(given)).schema))), slug)
    if not fit or not is_sound(fit):
        return None
    if not strict or not is_closed(fit) or fit.get("type") != "object" or "properties" not in fit:
        return fit, False
    dialect = dialect_of(slug)
    if dialect.permits is None:
        return fit, True
    forms = (fit if change is None else rebuilt(fit, change) for change in _CHANGES)
    permitted = next((form for form in forms if _permits(dialect, form)), None)
    return (fit, False) if permitted is None else (permitted, True)


def _rooted(root: Schema) -> Schema:
    """Return a sound schema whose root is the object that it referred to: makers take no reference there."""
    for _ in range(_HOPS):
        target = root.get("$defs", {}).get(str(root.get("$ref", "")).removeprefix("#/$defs/"))
        if not isinstance(target, dict):
            return root
        root = {**target, **{key: value for key, value in root.items() if key != "$ref"}}
    return root


def _permits(dialect: Dialect, form: Schema) -> bool:
    measures, most = measured(form), dialect.strict_limits.unions
    return dialect.permits is not None and dialect.permits(measures) and (most is None or measures.unions <= most)


def _without_words(node: Schema) -> Schema:
    """Describe a default, and write a choice of one as a choice of any: what is generated follows one branch."""
    kept = {key: value for key, value in node.items() if key not in _WORDS}
    if "oneOf" in kept and "anyOf" not in kept:
        kept["anyOf"] = kept.pop("oneOf")
    return described(kept, default(node))


def _without(*keys: str) -> Callable[[Schema], Schema]:
    def change(node: Schema) -> Schema:
        bare = {key: value for key, value in node.items() if key not in keys}
        return described(_without_words(bare), bounds(node, *keys))

    return change


_CHANGES = (None, _without_words, _without(*_SIZES), _without(*_SIZES, *_LIMITS))
"""What strict mode may cost, the least first; the first form that the maker takes is sent."""

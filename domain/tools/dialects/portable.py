"""What every dialect needs: no nulls among the values of keywords, and arrays that say what they hold.

OpenRouter's reference advises against nulls at any depth of a request. OpenAI and Google refuse an array without
`items`, strict or not ("array schema missing items", "items: missing field").
"""

from domain.tools.dialects.root import flat_root
from domain.tools.schema_keywords import SINGLE, Schema, kinds_of, rebuilt

_WORDS = ("title", "description")


def portable(root: Schema) -> Schema:
    """Return a sound schema in the form that is closest to it and that makers without rules of their own take."""
    return flat_root(without_nulls(root))


def without_nulls(root: Schema) -> Schema:
    """Return a sound schema of any root without nulls among values, and with arrays that say what they hold."""
    return rebuilt(root, _portable)


def _portable(node: Schema) -> Schema:
    made = {key: value for key, value in node.items() if value is not None}
    if "examples" in made:
        made["examples"] = [example for example in made["examples"] if example is not None]
    for key in SINGLE:  # no maker needs them as truth values, and several refuse those
        if made.get(key) is True and key != "additionalProperties":
            del made[key]
    if ("array" in kinds_of(made) or "prefixItems" in made) and "items" not in made:
        made["items"] = {}
    if "const" in node and node["const"] is None:
        return {**made, "type": "null"}
    if None in made.get("enum", ()):
        return _with_null_apart(made)
    return made


def _with_null_apart(node: Schema) -> Schema:
    """Return a list of values whose null is a branch of its own."""
    spoken = [value for value in node["enum"] if value is not None]
    words = {key: node[key] for key in _WORDS if key in node}
    if not spoken:
        return {**words, "type": "null"}
    kinds = [kind for kind in kinds_of(node) if kind != "null"]
    bare = {key: value for key, value in node.items() if key not in ("enum", "type", "default", *_WORDS)}
    branch = {**bare, **({"type": kinds[0] if len(kinds) == 1 else kinds} if kinds else {}), "enum": spoken}
    nullable = not kinds_of(node) or "null" in kinds_of(node)
    return {**words, "anyOf": [branch, {"type": "null"}]} if nullable else {**words, **branch}

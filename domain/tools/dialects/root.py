"""Make the root of a schema a plain object: no maker takes a combination there.

OpenAI: "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level". Anthropic:
"input_schema does not support oneOf, allOf, or anyOf at the top level". The properties of all branches are offered
side by side; what one branch alone requires is said in the description. Arguments are checked by the original.
"""

from typing import Any

from domain.tools.dialects.words import alternatives, described
from domain.tools.schema_keywords import Schema

_COMBINED = ("allOf", "anyOf", "oneOf")
_REFUSED = (*_COMBINED, "enum", "const", "not")
_KEPT = frozenset(
    [
        *("title", "description", "default", "examples", "deprecated", "$defs", "properties", "required"),
        *("additionalProperties", "patternProperties", "unevaluatedProperties", "propertyNames", "if", "then", "else"),
        *("minProperties", "maxProperties", "dependentRequired", "dependentSchemas"),
    ]
)
_HOPS = 16


def flat_root(root: Schema) -> Schema:
    """Return a sound schema with an object at its root that has `properties` and no combination."""
    if root.get("type") == "object" and "properties" in root and not {"$ref", *_REFUSED} & root.keys():
        return root
    return flattened(root, root)


def flattened(node: Schema, root: Schema) -> Schema:
    """Return the schema of an object with the properties of all its branches; references lead into `root`."""
    properties, required, said = _Gathering(root).of(node, _HOPS)
    flat = {key: value for key, value in node.items() if key in _KEPT}
    if "$ref" in node or any(key in node for key in _COMBINED):
        flat.pop("additionalProperties", None)
        flat.pop("unevaluatedProperties", None)
    flat |= {"type": "object", "properties": properties}
    if required:
        flat["required"] = required
    return described(flat, *said)


class _Gathering:
    """Gathers the properties of one object. Each definition is read once: a second time it adds nothing."""

    def __init__(self, root: Schema) -> None:
        self._root = root
        self._read: set[str] = set()

    def of(self, node: Schema, hops: int) -> tuple[dict[str, Any], list[str], list[str]]:
        """Return all properties, those that are always required, and what to say about the others."""
        properties: dict[str, Any] = dict(node.get("properties", {}))
        required: list[str] = list(node.get("required", []))
        said: list[str] = []
        if hops == 0:
            return properties, required, said
        target = self._target(node)
        parts = [target] if target is not None else []
        for part in (*parts, *node.get("allOf", ())):
            inner, needed, more = self.of(part, hops - 1)
            _add(properties, inner)
            required += needed
            said += more
        for key in ("anyOf", "oneOf"):
            found = [self.of(part, hops - 1) for part in node.get(key, ()) if part.get("type") != "null"]
            for inner, _, _ in found:
                _add(properties, inner)
            groups = [needed for _, needed, _ in found]
            common = set(groups[0]).intersection(*groups[1:]) if groups else set()
            required += [name for name in (groups[0] if groups else ()) if name in common]
            rest = [[name for name in group if name not in common] for group in groups]
            if rest and all(rest):
                said.append(alternatives(rest))
        return properties, list(dict.fromkeys(required)), said

    def _target(self, node: Schema) -> Schema | None:
        reference = str(node.get("$ref", "#"))
        if reference == "#" or reference in self._read:
            return None
        self._read.add(reference)
        found = self._root.get("$defs", {}).get(reference.removeprefix("#/$defs/"))
        return found if isinstance(found, dict) else None


def _add(properties: dict[str, Any], more: dict[str, Any]) -> None:
    for name, part in more.items():
        known = properties.get(name)
        if known is None:
            properties[name] = part
        elif known != part:
            branches = known["anyOf"] if known.keys() == {"anyOf"} else [known]
            properties[name] = known if part in branches else {"anyOf": [*branches, part]}

"""The dialect of Google: a subset of the schema object of OpenAPI 3.0, and no strict mode.

Sources: Google's references of `Schema` (Gemini API and Vertex AI, 2026): one type per schema, `nullable`, texts as
listed values, no references, few formats. Public error reports: "Proto field is not repeating" for several types,
"(TYPE_STRING)" for listed numbers, "Cannot find field" for unknown keywords, "items: missing field", "property is not
defined" for a required name without a property, "When using any_of, it must be the only field set", "At most 512
function declarations", "exceeds the maximum allowed nesting depth". What the form cannot express is described.
"""

from typing import Any

from domain.tools.dialects import words
from domain.tools.dialects.dialect import Dialect
from domain.tools.dialects.merging import merged
from domain.tools.dialects.patterns import is_portable
from domain.tools.dialects.root import flat_root, flattened
from domain.tools.dialects.words import described
from domain.tools.schema_keywords import Schema, kinds_of

DEEPEST = 24
MOST_PARTS = 5_000
"""Parts of the form of one tool: references are copied in, which may multiply a schema."""
_FORMATS = {"string": ("date-time",), "number": ("float", "double"), "integer": ("int32", "int64")}
_KEPT = {
    "string": ("minLength", "maxLength"),
    "number": ("minimum", "maximum"),
    "integer": ("minimum", "maximum"),
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties"),
}
_SAID = {
    "string": ("contentEncoding", "contentMediaType"),
    "number": ("exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "integer": ("exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "array": ("uniqueItems",),
}
_RULES = (
    *("not", "if", "then", "else", "contains", "propertyNames", "dependentRequired", "dependentSchemas"),
    "patternProperties",
)
_SCALARS = ("string", "number", "boolean")


def form(root: Schema) -> Schema:
    """Return a sound schema with an object at its root as Google writes it."""
    flat = flat_root(root)
    return _Writing(flat).object(flat, DEEPEST, frozenset({"#"}))


class _Writing:
    """Writes one schema. A reference that leads into itself, or beyond the bounds, allows anything."""

    def __init__(self, root: Schema) -> None:
        self._root = root
        self._parts = 0

    def object(self, node: Schema, depth: int, open_: frozenset[str]) -> Schema:
        """Return the form of an object; required names without a property are left out."""
        properties = {name: self._form(part, depth - 1, open_) for name, part in node.get("properties", {}).items()}
        made: Schema = {"type": "object", **_kept(node, "object"), "properties": properties}
        required = [name for name in node.get("required", ()) if name in properties]
        if required:
            made["required"] = required
        others = node.get("additionalProperties")
        said = ""
        if isinstance(others, dict):
            kinds = kinds_of(self._resolved(others, open_)[0])
            said = words.values_are(" or ".join(kinds)) if kinds else ""
        return self._worded(made, node, said)

    def _form(self, given: Schema, depth: int, open_: frozenset[str]) -> Schema:
        self._parts += 1
        if depth <= 0 or self._parts > MOST_PARTS:
            return _anything(given)
        node, inner = self._resolved(given, open_)
        if node.get("$ref") is not None:
            return _anything(described(node, words.RECURSIVE))
        branches = [branch for key in ("anyOf", "oneOf") for branch in node.get(key, ())]
        if branches and node.get("properties"):
            node = flattened(node, self._root)
        elif branches:
            return self._choice(node, branches, depth, inner)
        kinds = kinds_of(node) or _implied(node)
        spoken = [kind for kind in kinds if kind != "null"]
        if not kinds:
            return self._worded(_anything({}), node, self._listed_words(node))
        if not spoken:
            return self._worded({"type": "string", "nullable": True}, node, words.one_of([None]))
        nullable = len(spoken) < len(kinds) or None in node.get("enum", ())
        if len(spoken) == 1:
            return _nulled(self._of_kind(node, spoken[0], depth, inner), nullable)
        parts = [self._of_kind(_bare(node), kind, depth, inner) for kind in spoken]
        return self._joined(node, parts, nullable=nullable)

    def _resolved(self, given: Schema, open_: frozenset[str]) -> tuple[Schema, frozenset[str]]:
        """Return a schema with its reference and `allOf` merged into it; a recursive reference stays."""
        node = given
        while self._parts <= MOST_PARTS:
            self._parts += 1 + len(node.get("properties", ())) // 8
            reference = node.get("$ref")
            if reference is not None:
                target = self._root.get("$defs", {}).get(str(reference).removeprefix("#/$defs/"))
                if reference in open_ or not isinstance(target, dict):
                    return node, open_
                open_ |= {str(reference)}
                node = merged({key: value for key, value in node.items() if key != "$ref"}, target)
            elif "allOf" in node:
                parts, node = node["allOf"], {key: value for key, value in node.items() if key != "allOf"}
                for part in parts:
                    inner, open_ = self._resolved(part, open_)
                    node = merged(node, {key: value for key, value in inner.items() if key != "$ref"})
            else:
                return node, open_
        return {key: value for key, value in node.items() if key not in ("$ref", "allOf")}, open_

    def _choice(self, node: Schema, branches: list[Schema], depth: int, open_: frozenset[str]) -> Schema:
        """Return the form of a choice: null becomes `nullable`, a single branch takes the place of the choice."""
        outer = {key: value for key, value in node.items() if key not in ("anyOf", "oneOf", *_WORDS)}
        spoken = [branch for branch in branches if branch.get("type") != "null"]
        nullable = len(spoken) < len(branches)
        if not spoken:
            return self._worded({"type": "string", "nullable": True}, node, words.one_of([None]))
        if len(spoken) == 1:
            single = merged({**outer, **{key: node[key] for key in _WORDS if key in node}}, spoken[0])
            return _nulled(self._form(single, depth, open_), nullable)
        parts: dict[str, Schema] = {}
        for branch in spoken:
            written = self._form(merged(outer, branch), depth - 1, open_)
            nullable = nullable or written.get("nullable") is True
            for part in written.get("anyOf", [written]):
                bare = {key: value for key, value in part.items() if key != "nullable"}
                parts.setdefault(repr(bare), bare)
        return self._joined(node, [*parts.values()], nullable=nullable)

    def _joined(self, node: Schema, parts: list[Schema], *, nullable: bool) -> Schema:
        """Return several forms as one: nothing may stand beside `anyOf`, so the first branch has the words."""
        first = self._worded(parts[0], node, "", before=True)
        if len(parts) == 1:
            return _nulled(first, nullable)
        return _nulled({"anyOf": [first, *parts[1:]]}, nullable)

    def _of_kind(self, node: Schema, kind: str, depth: int, open_: frozenset[str]) -> Schema:
        if kind == "object":
            return self.object(node, depth, open_)
        made: Schema = {"type": kind, **_kept(node, kind)}
        said: list[str] = []
        if kind == "array":
            made["items"], about = self._items(node, depth, open_)
            said.append(about)
        if node.get("format") in _FORMATS.get(kind, ()):
            made["format"] = node["format"]
        elif "format" in node and kind == "string":
            said.append(words.bounds(node, "format"))
        if kind == "string" and "pattern" in node:
            if is_portable(node["pattern"]):
                made["pattern"] = node["pattern"]
            else:
                said.append(words.bounds(node, "pattern"))
        said.append(words.bounds(node, *_SAID.get(kind, ())))
        values = [value for value in _values(node) if value is not None]
        if kind == "string" and values and all(isinstance(value, str) and value for value in values):
            made["enum"] = values
        elif values:
            said.append(words.one_of(_values(node)))
        return self._worded(made, node, *said)

    def _items(self, node: Schema, depth: int, open_: frozenset[str]) -> tuple[Schema, str]:
        """Return the form of an array's entries, and what to say about a tuple."""
        first = node.get("prefixItems")
        if not first:
            return self._form(node.get("items", {}), depth - 1, open_), ""
        kinds = [" or ".join(kinds_of(part)) or "any" for part in first]
        return self._form({"anyOf": first}, depth - 1, open_), words.entries(kinds)

    def _listed_words(self, node: Schema) -> str:
        return words.one_of(_values(node)) if _values(node) else ""

    def _worded(self, made: Schema, node: Schema, *said: str, before: bool = False) -> Schema:
        """Return a form with the words of its schema and with what it cannot express."""
        if "anyOf" in made:
            first, *others = made["anyOf"]
            return {**made, "anyOf": [self._worded(first, node, *said, before=before), *others]}
        own = str(node.get("description") or node.get("title") or "")
        rules = {key: node[key] for key in _RULES if key in node}
        known = str(made.get("description", ""))
        texts = [own, known] if before or not own.startswith(known) else [own]
        bare = {key: value for key, value in made.items() if key != "description"}
        joined = " ".join(text for text in dict.fromkeys(texts) if text)
        base = {**bare, "description": joined} if joined else bare
        return described(base, *said, words.default(node), words.apart_from(words.shown(rules)) if rules else "")


_WORDS = ("title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly")


def _bare(node: Schema) -> Schema:
    return {key: value for key, value in node.items() if key not in _WORDS}


def _kept(node: Schema, kind: str) -> Schema:
    return {key: node[key] for key in _KEPT.get(kind, ()) if key in node}


def _values(node: Schema) -> list[Any]:
    return list(node["enum"]) if "enum" in node else [node["const"]] if "const" in node else []


def _implied(node: Schema) -> tuple[str, ...]:
    """Return the type that a schema without one implies; Google wants one everywhere."""
    if "properties" in node:
        return ("object",)
    if "items" in node or "prefixItems" in node:
        return ("array",)
    values = _values(node)
    if not values:
        return ()
    kinds = {_kind_of(value) for value in values}
    return tuple(sorted(kinds)) if len(kinds - {"null"}) == 1 else ()


def _kind_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int | float):
        return "integer" if isinstance(value, int) else "number"
    return "object" if isinstance(value, dict) else "array"


def _anything(node: Schema) -> Schema:
    """Return the form that allows any value: every type, since Google has no schema without one."""
    scalars: list[Schema] = [{"type": kind} for kind in _SCALARS]
    entries = {"anyOf": [*scalars, {"type": "object"}]}
    branches: list[Schema] = [*scalars, {"type": "object"}, {"type": "array", "items": entries}]
    own = str(node.get("description") or "")
    return {"anyOf": [described({**branches[0], "nullable": True}, own), *branches[1:]]}


def _nulled(made: Schema, nullable: bool) -> Schema:
    """Allow null in a form; of a choice, in its first branch."""
    if not nullable:
        return made
    if "anyOf" in made:
        first, *others = made["anyOf"]
        return {**made, "anyOf": [{**first, "nullable": True}, *others]}
    return {**made, "nullable": True}


GOOGLE = Dialect("google", form, None, most_tools=512)

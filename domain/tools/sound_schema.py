"""A schema as a tool publishes it -> the same schema in JSON Schema 2020-12, whatever dialect it was written in.

Read are drafts 3 to 2020-12, OpenAPI 3.0, and what people write by hand: tuples (`items: [...]`), `required: true` on a
property, `nullable`, exclusive bounds of draft 4, types of other languages, `definitions`, anchors, references into any
part. One odd part costs that part: a part that is no schema allows anything, an odd keyword is left out. References
lead to the root or to `$defs`; one that leads elsewhere, or in a circle, allows anything.
"""

import re
from dataclasses import dataclass
from typing import Any

from domain.tools.schema_bounds import DEEPEST, MOST_PARTS
from domain.tools.schema_keywords import LISTS, OPENNESS, Schema
from domain.tools.sound_references import Steps, Targets, cut_circles
from domain.tools.sound_values import ODD, READERS, WORDS, allow_null, kind_of, moved_edges, names, plain
from ports.json_values import JsonObject

MOST_NAMED = 8
"""Odd parts that are named."""
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_SCHEMAS = ("then", "else", "propertyNames", "additionalProperties", "unevaluatedItems")
_OF_OBJECTS = frozenset(
    {"properties", "required", "patternProperties", "dependentSchemas", "dependencies", "dependentRequired"}
    | {*_SCHEMAS, "contains", "unevaluatedProperties"}
)
_OF_ARRAYS = frozenset({"items", "prefixItems"})
_OF_CHOICES = frozenset({"anyOf", "oneOf", "allOf", "not", "if", "then", "else"})
"""Keywords without which a part has nothing of objects, arrays or choices: most parts are plain values."""
_ILLEGAL = re.compile(r"[^A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class Sound:
    """A schema that is sound, and the paths of the first parts that were not."""

    schema: JsonObject
    odd: tuple[str, ...] = ()


def sound(given: object) -> Sound:
    """Return the sound form of a bounded JSON value; what is no object at all allows any object."""
    reading = _Reading(given if isinstance(given, dict) else {})
    schema = reading.whole()
    if not isinstance(given, dict):
        reading.odd.insert(0, "#")
    return Sound(schema, tuple(reading.odd[:MOST_NAMED]))


class _Reading:
    """Reads one schema. `odd` collects the paths of odd parts."""

    def __init__(self, root: Schema) -> None:
        self.odd: list[str] = []
        self._root = root
        self._targets = Targets(root)
        self._named: dict[Steps, str] = {}
        self._taken: set[str] = set()
        self._parts = 0
        self._waiting: list[tuple[str, Any]] = []

    def whole(self) -> Schema:
        root = self._schema(self._root, DEEPEST, "#")
        definitions: dict[str, Schema] = {}
        while self._waiting:
            name, target = self._waiting.pop(0)
            definitions[name] = self._schema(target, DEEPEST, f"#/$defs/{name}")
        if cut_circles(root, definitions):
            self.odd.append("$ref")
        return {**root, "$defs": definitions} if definitions else root

    def _schema(self, given: object, depth: int, where: str) -> Schema:
        if isinstance(given, bool):
            return {} if given else {"not": {}}
        kind = kind_of(given)
        if kind is not None:
            return {"type": kind}
        self._parts += 1
        if not isinstance(given, dict) or depth == 0 or self._parts > 2 * MOST_PARTS:
            self.odd.append(where)
            return {}
        node: Schema = {}
        before = len(self.odd)
        for key, value in given.items():
            if (key in READERS and value is not None) or key in ("const", "default"):
                read = READERS[key](value)
                if read is not ODD:
                    node[key] = read
                elif key not in WORDS and not isinstance(value, bool):
                    self.odd.append(f"{where}/{key}")
        moved_edges(node, given)
        if "example" in given and "examples" not in node and given["example"] is not None:
            node["examples"] = [plain(given["example"])]
        self._refer(given, node, where)
        if not _OF_OBJECTS.isdisjoint(given):
            self._objects(given, node, depth, where)
        if not _OF_ARRAYS.isdisjoint(given):
            self._arrays(given, node, depth, where)
        if not _OF_CHOICES.isdisjoint(given):
            self._combined(given, node, depth, where)
        if len(self.odd) > before:  # what was left out may have named the parts that these would forbid
            node.pop("unevaluatedProperties", None)
            node.pop("unevaluatedItems", None)
        return allow_null(node) if given.get("nullable") is True or given.get("x-nullable") is True else node

    def _refer(self, given: Schema, node: Schema, where: str) -> None:
        key = next((key for key in _REFERENCES if given.get(key) is not None), None)
        if key is None:
            return
        found = self._targets.find(given[key])
        if found is None:
            self.odd.append(f"{where}/{key}")
            return
        steps, target = found
        node["$ref"] = f"#/$defs/{self._name(steps, target)}" if steps else "#"

    def _name(self, steps: Steps, target: Any) -> str:
        """Return the name of a definition for a target, which is read later."""
        if steps not in self._named:
            stem = _ILLEGAL.sub("_", steps[-1])[:60].strip("_") or "part"
            number, name = 1, stem
            while name in self._taken:
                number += 1
                name = f"{stem}_{number}"
            self._taken.add(name)
            self._named[steps] = name
            self._waiting.append((name, target))
        return self._named[steps]

    # --- objects ------------------------------------------------------------------------------------------

    def _objects(self, given: Schema, node: Schema, depth: int, where: str) -> None:
        properties = _by_name(given.get("properties"))
        required = names(given.get("required"))
        needed: list[str] = [] if required is ODD else required
        if properties is not None:
            node["properties"] = {}
            for name, part in properties.items():
                node["properties"][name] = self._schema(part, depth - 1, f"{where}/properties/{name}")
                if isinstance(part, dict) and part.get("required") in (True, "true"):
                    needed.append(name)
        if needed:
            node["required"] = list(dict.fromkeys(needed))
        for key in ("patternProperties", "dependentSchemas"):
            value = given.get(key)
            if isinstance(value, dict):
                node[key] = {
                    name: self._schema(part, depth - 1, f"{where}/{key}/{name}") for name, part in value.items()
                }
        self._dependent(given, node, depth, where)
        for key in _SCHEMAS:
            self._single(given, node, key, depth, where)
        self._contained(given, node, depth, where)
        broken = any(given.get(key) is not None and key not in node for key in ("properties", "patternProperties"))
        if broken:
            self.odd.append(f"{where}/properties")
            for key in OPENNESS:
                node.pop(key, None)
        elif isinstance(given.get("unevaluatedProperties"), dict | bool):
            self._single(given, node, "unevaluatedProperties", depth, where)

    def _dependent(self, given: Schema, node: Schema, depth: int, where: str) -> None:
        """Read `dependentRequired`, and the `dependencies` of older drafts."""
        older = given.get("dependencies")
        entries = dict(older) if isinstance(older, dict) else {}
        newer = given.get("dependentRequired")
        entries |= newer if isinstance(newer, dict) else {}
        for name, value in entries.items():
            listed = names([value] if isinstance(value, str) else value)
            if listed is not ODD:
                node.setdefault("dependentRequired", {})[name] = listed
            elif isinstance(value, dict):
                part = self._schema(value, depth - 1, f"{where}/dependencies/{name}")
                node.setdefault("dependentSchemas", {})[name] = part

    def _contained(self, given: Schema, node: Schema, depth: int, where: str) -> None:
        before = len(self.odd)
        self._single(given, node, "contains", depth, where)
        if len(self.odd) > before:
            for key in ("contains", "minContains", "maxContains"):
                node.pop(key, None)

    def _single(self, given: Schema, node: Schema, key: str, depth: int, where: str) -> None:
        value = given.get(key)
        if isinstance(value, bool) and key in OPENNESS:
            node[key] = value
        elif isinstance(value, dict | bool):
            node[key] = self._schema(value, depth - 1, f"{where}/{key}")
        elif value is not None:
            self.odd.append(f"{where}/{key}")

    # --- arrays -------------------------------------------------------------------------------------------

    def _arrays(self, given: Schema, node: Schema, depth: int, where: str) -> None:
        """Read `items`; a list of schemas is the tuple of older drafts, with `additionalItems` for the rest."""
        items, first = given.get("items"), given.get("prefixItems")
        if isinstance(items, list):
            first = first if isinstance(first, list) and first else items
            items = given.get("additionalItems")
        if isinstance(first, list) and first:
            node["prefixItems"] = [
                self._schema(part, depth - 1, f"{where}/items/{place}") for place, part in enumerate(first)
            ]
        if items is False and "prefixItems" in node:
            node["maxItems"] = min(len(node["prefixItems"]), node.get("maxItems", len(node["prefixItems"])))
        elif items is not None:
            node["items"] = self._schema(items, depth - 1, f"{where}/items")

    # --- combinations -------------------------------------------------------------------------------------

    def _combined(self, given: Schema, node: Schema, depth: int, where: str) -> None:
        for key in ("anyOf", "oneOf", "allOf"):
            value = given.get(key)
            branches = [value] if isinstance(value, dict) else value
            if isinstance(branches, list) and branches and key in LISTS:
                self._choice(key, branches, node, depth, where)
            elif value is not None and value != []:
                self.odd.append(f"{where}/{key}")
        for key in ("not", "if"):  # what an odd part loosens here would forbid or force something elsewhere
            before = len(self.odd)
            self._single(given, node, key, depth, where)
            if len(self.odd) > before:
                node.pop(key, None)
        if "if" not in node:
            node.pop("then", None)
            node.pop("else", None)

    def _choice(self, key: str, branches: list[Any], node: Schema, depth: int, where: str) -> None:
        """Read the branches of a combination; a null among them means the type null."""
        before = len(self.odd)
        read = [
            {"type": "null"} if branch is None else self._schema(branch, depth - 1, f"{where}/{key}/{place}")
            for place, branch in enumerate(branches)
            if key != "allOf" or branch is not None
        ]
        if not read:
            return
        loosened = key == "oneOf" and len(self.odd) > before
        if not loosened:
            node[key] = read
        elif "anyOf" not in node:
            node["anyOf"] = read


def _by_name(value: object) -> dict[str, Any] | None:
    """Return properties by name: a mapping, or a list of schemas that each have a `name`."""
    if isinstance(value, dict):
        return {str(plain(str(name))): part for name, part in value.items()}
    listed = value if isinstance(value, list) else []
    named = [one for one in listed if isinstance(one, dict) and isinstance(one.get("name"), str)]
    return {str(plain(one["name"])): one for one in named} or None

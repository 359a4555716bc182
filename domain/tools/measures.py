"""Count in a closed schema what the strict modes of makers limit."""

from dataclasses import dataclass
from typing import Any

from domain.tools.schema_keywords import Schema, kinds_of, schemas_in

FAR = 1_000
"""The depth of a schema whose definitions are too tangled to follow."""
_HOPS = 2_000


@dataclass(frozen=True, slots=True)
class Measures:
    """What a schema contains.

    `names`: the properties of the root. `depth`: schemas inside one another on the way to the deepest value; a
    recursive reference ends the way.
    `characters`: of all names and listed texts; `longest_list`: values and characters of the enumeration with most.
    `keywords`, `patterns` and `formats` are all that occur; `bounded_arrays`: the highest `minItems`.
    """

    names: tuple[str, ...]
    depth: int
    properties: int
    listed: int
    characters: int
    longest_list: tuple[int, int]
    unions: int
    recursive: bool
    bounded_arrays: int
    keywords: frozenset[str]
    patterns: tuple[str, ...]
    formats: frozenset[str]


def measured(root: Schema) -> Measures:
    """Return the measures of a sound schema."""
    nodes = list(schemas_in(root))
    lists = [_texts(node) for node in nodes]
    names = sum(len(name) for node in nodes for key in ("properties", "$defs") for name in node.get(key, ()))
    way = _Depth(root)
    depth = way.of(root)
    return Measures(
        names=tuple(root.get("properties", ())),
        depth=depth,
        properties=sum(len(node.get("properties", ())) for node in nodes),
        listed=sum(count for count, _ in lists),
        characters=names + sum(length for _, length in lists),
        longest_list=max(lists, default=(0, 0)),
        unions=sum("anyOf" in node or len(kinds_of(node)) > 1 for node in nodes),
        recursive=way.recursive,
        bounded_arrays=max((int(node.get("minItems", 0)) for node in nodes), default=0),
        keywords=frozenset(key for node in nodes for key in node),
        patterns=tuple(str(node["pattern"]) for node in nodes if "pattern" in node),
        formats=frozenset(str(node["format"]) for node in nodes if "format" in node),
    )


def _texts(node: Schema) -> tuple[int, int]:
    values: list[Any] = node.get("enum", [node["const"]] if "const" in node else [])
    return len(values), sum(len(value) for value in values if isinstance(value, str))


class _Depth:
    """Follows the references of one schema; the depth of each definition is worked out once."""

    def __init__(self, root: Schema) -> None:
        self.recursive = False
        self._root = root
        self._known: dict[str, int] = {}
        self._open = {"#"}
        self._hops = 0

    def of(self, node: Any) -> int:
        if not isinstance(node, dict):
            return 1
        reference = node.get("$ref")
        if isinstance(reference, str):
            return self._of_reference(reference)
        branches = [branch for key in ("anyOf", "oneOf", "allOf") for branch in node.get(key, ())]
        inner = [*node.get("properties", {}).values(), *node.get("prefixItems", ())]
        inner += [node[key] for key in ("items", "additionalProperties") if isinstance(node.get(key), dict)]
        deepest = max((self.of(part) for part in inner), default=0)
        return max([deepest + 1, *(self.of(branch) for branch in branches)])

    def _of_reference(self, reference: str) -> int:
        if reference in self._open:
            self.recursive = True
            return 1
        if reference in self._known:
            return self._known[reference]
        self._hops += 1
        target = self._root.get("$defs", {}).get(reference.removeprefix("#/$defs/"))
        if target is None or self._hops > _HOPS or len(self._open) > 40:
            return FAR
        self._open.add(reference)
        depth = self.of(target)
        self._open.discard(reference)
        self._known[reference] = depth
        return depth

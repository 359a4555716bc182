"""Find what the references of a published schema mean, and cut those that lead in a circle."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from domain.tools.schema_keywords import Schema

_PLACES = (("$defs",), ("definitions",), ("components", "schemas"))
_IN_PLACE_LISTS, _IN_PLACE = ("anyOf", "oneOf", "allOf"), ("not", "if", "then", "else")
Steps = tuple[str, ...]


class Targets:
    """The schemas that references of one document name. Nothing is ever fetched."""

    def __init__(self, root: Schema) -> None:
        self._root = root
        address = root.get("$id")
        self._base = address.partition("#")[0] if isinstance(address, str) else ""
        self._anchors: dict[str, tuple[Steps, Any]] | None = None

    def find(self, reference: object) -> tuple[Steps, Any] | None:
        """Return the steps to a target, and the target; None if it is elsewhere, or nothing."""
        if not isinstance(reference, str):
            return None
        address, mark, fragment = reference.partition("#")
        if address and address != self._base:
            return self._named(address) if not mark else None
        if fragment.startswith("/"):
            steps = tuple(unquote(step).replace("~1", "/").replace("~0", "~") for step in fragment.split("/")[1:])
            found = self._at(steps)
            return (steps, found) if isinstance(found, dict | bool) else self._named(steps[-1])
        if not fragment:
            return (), self._root
        return self._anchored().get(fragment) or self._named(fragment)

    def _named(self, name: str) -> tuple[Steps, Any] | None:
        """Return a definition by its bare name: references are often written for another place of the definitions."""
        for place in _PLACES:
            found = self._at((*place, name))
            if isinstance(found, dict):
                return (*place, name), found
        return None

    def _at(self, steps: Steps) -> Any:
        node: Any = self._root
        for step in steps:
            if isinstance(node, list):
                node = node[int(step)] if step.isascii() and step.isdigit() and int(step[:9]) < len(node) else None
            else:
                node = node.get(step) if isinstance(node, dict) else None
        return node

    def _anchored(self) -> dict[str, tuple[Steps, Any]]:
        if self._anchors is None:
            self._anchors = {}
            waiting: list[tuple[Steps, Any]] = [((), self._root)]
            while waiting:
                steps, node = waiting.pop()
                if isinstance(node, list):
                    waiting += (((*steps, str(place)), inner) for place, inner in enumerate(node))
                if not isinstance(node, dict):
                    continue
                for key in ("$anchor", "$dynamicAnchor", "$id", "id"):
                    name = node.get(key)
                    if isinstance(name, str) and (key.endswith("nchor") or name.startswith("#")):
                        self._anchors.setdefault(name.lstrip("#"), (steps, node))
                waiting += (((*steps, str(key)), inner) for key, inner in node.items())
        return self._anchors


def cut_circles(root: Schema, definitions: Mapping[str, Schema]) -> int:
    """Remove, in place, the references by which a schema applies to a value only through itself; return how many."""
    nodes = {"#": root, **{f"#/$defs/{name}": node for name, node in definitions.items()}}
    done: set[str] = set()
    cut = 0
    for start, first in nodes.items():
        if start in done:
            continue
        open_, path = {start}, [(start, _referring(first))]
        while path:
            name, referring = path[-1]
            node = next(referring, None)
            if node is None:
                path.pop()
                open_.discard(name)
                done.add(name)
                continue
            target = node["$ref"]
            if target in open_:
                del node["$ref"]
                cut += 1
            elif target in nodes and target not in done:
                open_.add(target)
                path.append((target, _referring(nodes[target])))
    return cut


def _referring(root: Schema) -> Iterator[Schema]:
    """Yield the schemas with a reference that apply to the same value as `root`."""
    waiting: list[Any] = [root]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, dict):
            continue
        for key in _IN_PLACE_LISTS:
            waiting += node.get(key, ())
        waiting += (node[key] for key in _IN_PLACE if key in node)
        waiting += node.get("dependentSchemas", {}).values()
        if "$ref" in node:
            yield node
